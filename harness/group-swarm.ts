/**
 * What one seed of `group-churn` draws: groups of every protocol and assignor, some of them on the same topics, members that come
 * and go, and faults of which the coordinators of the groups get more than their share. No power is cut: what a group commits
 * lies on topics whose safety against that is a matter of settings, and keyed-append tries those.
 */
import type { GroupConfig } from '../history/group-op.ts'
import type { Fault } from '../nemesis/fault.ts'
import { cutClients } from '../nemesis/cut-clients.ts'
import { isolate } from '../nemesis/isolate.ts'
import { kill } from '../nemesis/kill.ts'
import type { NemesisPlan } from '../nemesis/nemesis.ts'
import { pause } from '../nemesis/pause.ts'
import { randomBetween, randomChance, randomPick, type Random } from '../ports/random.ts'
import { calmDisk } from '../simulator/sim-disk.ts'
import { simRandom } from '../simulator/sim-random.ts'
import type { GroupProtocol, NewTopic } from '../workloads/client/client.ts'
import { groupChurn, type GroupChurnOptions } from '../workloads/group-churn/group-churn.ts'
import { groupConfig, rebalanceBound, type GroupPlan } from '../workloads/groups/group-plan.ts'
import { trialGroupTimes } from './group-times.ts'
import { profiles, type Profile } from './profile.ts'
import { attacksWith, drawNetwork, drawSettings, drawWorkload, simulatedFaults, type Swarm } from './swarm.ts'

const faultsMs = 45_000
const acknowledgedMin = 500
/** Whoever is away when the churn ends is back by then, and the session of who never comes back is over. */
export const comingBackMs = 12_000

const kinds: readonly { readonly protocol: GroupProtocol; readonly assignors: readonly string[] }[] = [
  { protocol: 'classic', assignors: ['range'] },
  { protocol: 'classic', assignors: ['roundrobin'] },
  { protocol: 'classic', assignors: ['sticky'] },
  { protocol: 'classic', assignors: ['cooperative-sticky'] },
  { protocol: 'classic', assignors: ['cooperative-sticky'] },
  { protocol: 'consumer', assignors: [] },
  { protocol: 'consumer', assignors: [] },
  { protocol: 'consumer', assignors: ['range'] },
]

export function drawGroupChurn(seed: number): Swarm {
  const random = simRandom(seed).fork('groups')
  const profile = profiles.trial
  const topics = drawTopics(random)
  const names = randomPick(simRandom(seed).fork('group names'), groupNames)
  const drawn = drawChurn(random, { profile, topics, names })
  const rebalanceBoundMs = rebalanceBound(drawn.groups, profile.clients)
  const options: GroupChurnOptions = { ...drawn, restMs: rebalanceBoundMs + comingBackMs }
  return {
    settings: { ...drawSettings(simRandom(seed).fork('broker settings')), ...fewShards },
    brokers: 3,
    network: drawNetwork(random, 'anything'),
    disk: randomChance(random, 0.7) ? calmDisk : { writeMsMin: 0.05, writeMsMax: 5, syncMsMin: 0.5, syncMsMax: 20 },
    plan: {
      parts: [{
        workload: groupChurn(options),
        topics,
        acknowledgedMin,
        config: {
          acks: -1,
          idempotence: options.traffic.idempotence,
          isolation: options.traffic.isolation,
          minInSyncReplicas: 2,
          replicationFactor: 3,
          uncleanLeaderElection: false,
          recoveryMs: profile.recoveryMs,
          profile: profile.name,
          groups: configsOf(options),
          rebalanceBoundMs,
          floors: { acknowledged: acknowledgedMin },
        },
      }],
      nemesis: drawGroupNemesis(random),
      profile,
      faultsMs,
      healOnlyCore: randomChance(random, 0.3),
      observeIntervalMs: 500,
      finalMs: 90_000,
    },
  }
}

function configsOf({ groups, consuming }: Pick<GroupChurnOptions, 'groups' | 'consuming'>): GroupConfig[] {
  return groups.map((plan) => ({ ...groupConfig(plan), maxPollRecords: consuming.maxRecordsPerPoll }))
}

function drawTopics(random: Random): NewTopic[] {
  return Array.from({ length: randomBetween(random, 1, 2) }, (_, i) => ({
    name: `trial-${i + 1}`,
    partitions: randomBetween(random, 1, 6),
    replicationFactor: 3,
    configs: { 'min.insync.replicas': '2' },
  }))
}

/** Slow, or a few at a time; both together would never end. */
const paces = [
  { maxRecordsPerPoll: 5, processMs: { min: 0, max: 10 } },
  { maxRecordsPerPoll: 50, processMs: { min: 0, max: 50 } },
  { maxRecordsPerPoll: 500, processMs: { min: 0, max: 5 } },
  { maxRecordsPerPoll: 500, processMs: { min: 50, max: 300 } },
]

/** What one shard does, the others do too. */
export const fewShards = { 'offsets.topic.num.partitions': '5' }

/** The second has two that lie on one of the five partitions of the offsets topic: one coordinator, one state. */
const groupNames = [['group-1', 'group-2', 'group-3'], ['group-1', 'group-c', 'group-2']] as const

interface Drawn {
  readonly profile: Profile
  readonly topics: readonly NewTopic[]
  readonly names: readonly string[]
}

const eventful = ['range', 'roundrobin', 'sticky', 'cooperative-sticky'] as const
/** Between two deaths of a group, so that it comes to rest in between. */
const inPeaceMs = 5000

/**
 * What one seed of `static-members` draws: groups of static members only, of which one after the other dies and comes back, mostly
 * within its session, under faults few enough to leave them alone at times.
 */
export function drawStaticMembers(seed: number): Swarm {
  const swarm = drawGroupChurn(seed)
  const random = simRandom(seed).fork('static members')
  const { profile, parts: [part] } = swarm.plan
  const topics = drawTopics(random)
  const options = drawChurn(random, { profile, topics, names: groupNames[0] })
  const groups = options.groups.map((group): GroupPlan => {
    const members = randomBetween(random, 2, 4)
    return { ...group, protocol: 'classic', assignors: [randomPick(random, eventful)], members, staticMembers: members }
  })
  const rebalanceBoundMs = rebalanceBound(groups, profile.clients)
  const config = {
    ...part!.config,
    idempotence: options.traffic.idempotence,
    isolation: options.traffic.isolation,
    groups: configsOf({ ...options, groups }),
    rebalanceBoundMs,
  }
  const workload = groupChurn({ ...options, groups, events: ['crash'], churnMs: inPeaceMs, growMs: 0, restMs: rebalanceBoundMs + comingBackMs })
  return {
    ...swarm,
    plan: {
      ...swarm.plan,
      parts: [{ ...part!, workload, topics, config }],
      nemesis: { ...swarm.plan.nemesis, lanes: 1, quietMs: [5000, 12_000], holdMs: [200, 3000] },
    },
  }
}

function drawChurn(random: Random, { profile, topics, names }: Drawn): Omit<GroupChurnOptions, 'restMs'> {
  return {
    traffic: { ...drawWorkload(random, profile), recordsPerSecond: randomBetween(random, 30, 80), valueSizeBytes: { min: 10, max: 50 } },
    groups: Array.from({ length: randomPick(random, [1, 2, 2, 3]) }, (_, i) => drawGroup(random, names[i]!, topics)),
    consuming: {
      commits: randomPick(random, ['sync', 'sync', 'sync', 'async', 'auto']),
      autoCommitIntervalMs: randomPick(random, [200, 1000]),
      ...randomPick(random, paces),
      pollTimeoutMs: 500,
      commitTimeoutMs: 5000,
    },
    churnMs: randomPick(random, [500, 2000, 5000]),
    growMs: randomPick(random, [0, 8000, 15_000]),
    growthMax: 3,
    watchMs: randomPick(random, [500, 2000]),
  }
}

function drawGroup(random: Random, group: string, topics: readonly NewTopic[]): GroupPlan {
  const members = randomBetween(random, 1, 4)
  return {
    group,
    ...randomPick(random, kinds),
    topics: topics.map(({ name }) => name),
    members,
    staticMembers: randomChance(random, 0.4) ? randomBetween(random, 1, members) : 0,
    delivery: randomChance(random, 0.8) ? 'at-least-once' : 'at-most-once',
    resetPolicy: 'earliest',
    times: { ...trialGroupTimes, ...(randomChance(random, 0.2) && { rebalanceTimeoutMs: 1500 }) },
  }
}

const keepsWhatIsWritten = ({ losesUnsynced }: Fault): boolean => losesUnsynced === undefined

export function drawGroupNemesis(random: Random): NemesisPlan {
  const share = randomPick(random, [0, 0.15, 0.3])
  const others = simulatedFaults.filter((fault) => keepsWhatIsWritten(fault) && randomChance(random, share)).flatMap(attacksWith)
  return {
    attacks: [
      { fault: kill, aim: 'coordinator' },
      { fault: pause, aim: 'coordinator' },
      { fault: isolate, aim: 'coordinator' },
      { fault: cutClients, aim: 'coordinator' },
      ...others.filter(({ aim }) => aim !== 'last-in-sync'),
    ],
    lanes: randomPick(random, [1, 1, 2]),
    quietMs: [500, randomBetween(random, 2, 8) * 1000],
    holdMs: [200, randomBetween(random, 1, 6) * 1000],
  }
}
