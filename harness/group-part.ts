/**
 * Consumer groups as a further part of a process scenario: a classic eager, a cooperative and a KIP-848 group of three members
 * each on one topic of twelve partitions, under whatever the scenario breaks.
 */
import type { NewTopic } from '../workloads/client/client.ts'
import { groupChurn } from '../workloads/group-churn/group-churn.ts'
import { groupConfig, rebalanceBound, type GroupPlan, type GroupTimes } from '../workloads/groups/group-plan.ts'
import type { KeyedAppendOptions } from '../workloads/keyed-append/options.ts'
import { jvmTimes, type Profile } from './profile.ts'
import type { TrialPart } from './trial-part.ts'

/** What the brokers of a trial have for the members of consumer groups; classic members ask for the same. */
export const trialGroupTimes: GroupTimes = {
  sessionTimeoutMs: 3000,
  heartbeatIntervalMs: 300,
  rebalanceTimeoutMs: 3000,
  maxPollIntervalMs: 30_000,
  metadataMaxAgeMs: 1000,
}

const acknowledgedFloor = 500
const recordsPerSecond = 150

const kinds: readonly Pick<GroupPlan, 'group' | 'protocol' | 'assignors'>[] = [
  { group: 'eager', protocol: 'classic', assignors: ['range'] },
  { group: 'cooperative', protocol: 'classic', assignors: ['cooperative-sticky'] },
  { group: 'consumer', protocol: 'consumer', assignors: [] },
]

export function groupTimesOf({ name }: Profile): GroupTimes {
  const factor = name === 'trial-of-jvm' ? jvmTimes : 1
  return { ...trialGroupTimes, sessionTimeoutMs: 3000 * factor, rebalanceTimeoutMs: 3000 * factor }
}

export function groupPart(traffic: KeyedAppendOptions, profile: Profile): TrialPart {
  const topic: NewTopic = { name: 'groups', partitions: 12, replicationFactor: 3, configs: { 'min.insync.replicas': '2' } }
  const times = groupTimesOf(profile)
  const groups = kinds.map((kind): GroupPlan => ({
    ...kind, topics: [topic.name], members: 3, staticMembers: 1, delivery: 'at-least-once', resetPolicy: 'earliest', times,
  }))
  const { requestTimeoutMs } = profile.clients
  return {
    workload: groupChurn({
      traffic: { ...traffic, producers: 1, recordsPerSecond },
      groups,
      consuming: {
        commits: 'sync',
        autoCommitIntervalMs: 1000,
        maxRecordsPerPoll: 200,
        pollTimeoutMs: 500,
        processMs: { min: 0, max: 20 },
        commitTimeoutMs: 5000,
      },
      churnMs: 3000,
      growMs: 0,
      growthMax: 0,
      watchMs: 2000,
      restMs: 0,
    }),
    topics: [topic],
    acknowledgedMin: acknowledgedFloor,
    config: {
      acks: -1,
      idempotence: traffic.idempotence,
      isolation: traffic.isolation,
      minInSyncReplicas: 2,
      replicationFactor: 3,
      uncleanLeaderElection: false,
      recoveryMs: profile.recoveryMs,
      profile: profile.name,
      groups: groups.map(groupConfig),
      rebalanceBoundMs: rebalanceBound(groups, { requestTimeoutMs }),
      floors: { acknowledged: acknowledgedFloor },
    },
  }
}
