import type { Defect } from './defect.ts'

export const appendUnasked: Defect = {
  describes: 'Appends the first record of a transaction without asking its coordinator whether the partition is in it.',
  imitates: 'KAFKA-14402, before KIP-890: a late record opened a transaction that nobody ever ended.',
  anomalies: ['stuck-transaction', 'zombie-write'],
  race: 'hanging-transaction',
  decisions: { mustAskMembership: () => false },
}
