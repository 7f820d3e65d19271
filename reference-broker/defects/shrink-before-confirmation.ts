import type { Defect } from './defect.ts'

export const shrinkBeforeConfirmation: Defect = {
  describes: 'A leader stops waiting for a follower when it proposes to drop it, before the controller has agreed.',
  imitates: 'Leaders that changed the in-sync set by themselves (before KIP-497): a deposed one acknowledged with nobody left to wait for.',
  anomalies: ['lost-write', 'unseen', 'inconsistent-offsets', 'vanished-read'],
  decisions: { membersThatCount: ({ proposed }) => proposed },
}
