import type { Defect } from './defect.ts'

export const forgetDuplicates: Defect = {
  describes: 'Appends every batch of an idempotent producer, whether or not it was there before.',
  imitates: 'Redpanda #3039: a retried batch was not de-duplicated.',
  anomalies: ['duplicate'],
  onProcesses: 'cut-links',
  decisions: { classifyBatch: () => ({ kind: 'append' }) },
}
