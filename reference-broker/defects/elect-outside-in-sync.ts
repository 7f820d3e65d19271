import type { Defect } from './defect.ts'

export const electOutsideInSync: Defect = {
  describes: 'Elects the first live replica, whether or not it is in sync.',
  imitates: 'Kafka before 0.11, where unclean leader election was on by default (KAFKA-1028, KIP-106): a stale replica led and the rest truncated to it.',
  anomalies: ['lost-write', 'unseen', 'inconsistent-offsets'],
  decisions: {
    electLeader: ({ replicas, inSyncReplicas, isLive }) => {
      const leader = replicas.find(isLive)
      if (leader === undefined) return { leader: -1, inSyncReplicas, unclean: false }
      return { leader, inSyncReplicas: [...new Set([leader, ...inSyncReplicas])], unclean: false }
    },
  },
}
