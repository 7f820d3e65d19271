import type { Defect } from './defect.ts'

export const widenInSyncEarly: Defect = {
  describes: 'Takes a follower into the in-sync set once it has fetched, although it still lacks some of what is committed.',
  imitates: 'KAFKA-7128: with a lagging high watermark a follower joined the in-sync set without all that was committed, and could be elected.',
  anomalies: ['lost-write', 'unseen', 'inconsistent-offsets', 'vanished-read'],
  decisions: { mayJoinInSync: ({ followerEnd }) => followerEnd >= 0 },
}
