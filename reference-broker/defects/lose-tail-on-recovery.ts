import type { Defect } from './defect.ts'

export const loseTailOnRecovery: Defect = {
  describes: 'Cuts the last records off a log that was not closed in order, although they are sound.',
  imitates: 'Log recovery that stops one batch early; the loss shows once such a replica leads.',
  anomalies: ['lost-write', 'unseen', 'inconsistent-offsets', 'vanished-read'],
  decisions: { recoveredEnd: (logEndOffset) => Math.max(0, logEndOffset - 5) },
}
