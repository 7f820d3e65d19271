import type { Defect } from './defect.ts'

export const widenInSyncEarly: Defect = {
  describes: 'Takes a follower into the in-sync set as soon as it fetches, however far behind it is.',
  imitates: 'KAFKA-7128: a lagging replica could join the in-sync set below the committed end and then be elected.',
  anomalies: ['lost-write', 'unseen', 'inconsistent-offsets', 'vanished-read'],
  decisions: { mayJoinInSync: ({ followerEnd }) => followerEnd >= 0 },
}
