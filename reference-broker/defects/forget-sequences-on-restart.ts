import type { Defect } from './defect.ts'

export const forgetSequencesOnRestart: Defect = {
  describes: 'Starts with an empty producer state instead of the one its log tells of, so a retried batch is appended again.',
  imitates: 'Redpanda #3039: a retry after a restart was not recognised as a duplicate.',
  anomalies: ['duplicate'],
  decisions: { recoveredProducers: () => [] },
}
