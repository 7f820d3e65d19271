import type { Defect } from './defect.ts'

export const rebalanceForStatic: Defect = {
  describes: 'A static member that comes back makes the group rebalance.',
  imitates: 'what KIP-345 (KAFKA-7862) put an end to: whoever came back was a new member.',
  anomalies: ['static-rebalance'],
  scenario: 'static-members',
  decisions: { mayTakeOver: () => false },
}
