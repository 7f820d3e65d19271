import type { Defect } from './defect.ts'

export const ignoreFlush: Defect = {
  describes: 'Acknowledges what is only written, although flush.messages=1 promises that it is synced.',
  imitates: 'The relaxed-durability write path of several brokers, applied to a topic that asked for the strict one.',
  anomalies: ['lost-write', 'unseen', 'inconsistent-offsets', 'vanished-read'],
  decisions: { safeOffset: ({ writtenOffset }) => writtenOffset },
}
