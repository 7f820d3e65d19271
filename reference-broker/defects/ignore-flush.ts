import type { Defect } from './defect.ts'

export const ignoreFlush: Defect = {
  describes: 'Never syncs, and acknowledges what is only written, although flush.messages=1 promises that it is synced.',
  imitates: 'RocketMQ #5235: with synchronous flush asked for, PUT_OK was answered although the record had not reached the disk.',
  anomalies: ['lost-write', 'unseen', 'inconsistent-offsets', 'vanished-read'],
  decisions: { safeOffset: ({ writtenOffset }) => writtenOffset, mustFlush: () => false },
}
