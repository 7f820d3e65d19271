/**
 * The workloads of consumer groups as parts of a trial: members that come and go, how they commit, what they cannot process, how
 * slow they are. Simulated seeds draw what they leave open; on processes one of each runs beside the plain traffic.
 */
import { randomBetween, randomPick, type Random } from '../ports/random.ts'
import type { DeadLetterConfig } from '../history/group-op.ts'
import type { NewTopic } from '../workloads/client/client.ts'
import { commitStrategies } from '../workloads/commit-strategies/commit-strategies.ts'
import { groupChurn, type GroupChurnOptions } from '../workloads/group-churn/group-churn.ts'
import type { ConsumingOptions } from '../workloads/groups/consuming.ts'
import { drains, groupConfig, rebalanceBound, type GroupPlan } from '../workloads/groups/group-plan.ts'
import type { KeyedAppendOptions } from '../workloads/keyed-append/options.ts'
import { poisonPill } from '../workloads/poison-pill/poison-pill.ts'
import { slowConsumer } from '../workloads/slow-consumer/slow-consumer.ts'
import type { Workload } from '../workloads/workload.ts'
import { comingBackMs } from './group-swarm.ts'
import { groupTimesOf } from './group-times.ts'
import type { Profile } from './profile.ts'
import { nameOn, topicOn, type Site } from './site.ts'
import type { TrialPart } from './trial-part.ts'

export interface GroupWorkPlace {
  readonly random: Random
  readonly profile: Profile
  readonly site: Site
  readonly traffic: KeyedAppendOptions
  /** After the traffic, and before groups are to come to their ends: to be judged at rest. */
  readonly isLeftAlone: boolean
  /** One of them: of so many records of a producer one cannot be processed. */
  readonly onePoisonIn: readonly number[]
  /** What a batch takes a consumer that is too slow. */
  readonly slowMs: { readonly min: number; readonly max: number }
}

interface Work {
  readonly workload: Workload
  readonly topics: readonly NewTopic[]
  readonly groups: readonly GroupPlan[]
  readonly options: GroupChurnOptions
  readonly deadLetters?: readonly DeadLetterConfig[]
  /** Traffic goes on until so many sends are ok. */
  readonly acknowledgedMin?: number
  /** Below them the run showed nothing of what it is for. */
  readonly floors: Readonly<Record<string, number>>
}

const acknowledgedFloor = 300

const consuming: Omit<ConsumingOptions, 'delivery'> = {
  commits: 'sync',
  autoCommitIntervalMs: 500,
  maxRecordsPerPoll: 50,
  pollTimeoutMs: 500,
  processMs: { min: 0, max: 20 },
  commitTimeoutMs: 5000,
}

function partOf({ profile, site }: GroupWorkPlace, { workload, topics, groups, options, deadLetters, acknowledgedMin = acknowledgedFloor, floors }: Work): TrialPart {
  const { traffic, quietTopics } = options
  const { recoveryMs } = profile
  const takenBy = (group: string): number => options.consumingOf?.[group]?.maxRecordsPerPoll ?? options.consuming.maxRecordsPerPoll
  return {
    workload,
    topics,
    ...(quietTopics !== undefined && { quietTopics }),
    acknowledgedMin,
    config: {
      acks: -1,
      idempotence: traffic.idempotence,
      isolation: traffic.isolation,
      minInSyncReplicas: site.minInSyncReplicas,
      replicationFactor: site.replicationFactor,
      uncleanLeaderElection: false,
      recoveryMs,
      profile: profile.name,
      groups: groups.map((plan) => ({ ...groupConfig(plan), maxPollRecords: takenBy(plan.group) })),
      ...(deadLetters !== undefined && { deadLetters }),
      rebalanceBoundMs: rebalanceBound(groups, profile.clients),
      floors: { 'acknowledged': acknowledgedFloor, 'coverage.op.drained': options.groups.filter(drains).length, ...floors },
    },
  }
}

const protocols = [
  { protocol: 'classic', assignors: ['range'] },
  { protocol: 'classic', assignors: ['cooperative-sticky'] },
  { protocol: 'consumer', assignors: [] },
] as const

/** Where it is not known how long a member of KIP-848 is missed (its brokers' setting), those that die are of the classic protocol. */
function knowsSessions({ name }: Profile): boolean {
  return name !== 'attached'
}

function planOf({ random, profile }: GroupWorkPlace, group: string, topic: string, more: Partial<GroupPlan> = {}): GroupPlan {
  return {
    group,
    ...randomPick(random, knowsSessions(profile) ? protocols : protocols.filter(({ protocol }) => protocol === 'classic')),
    topics: [topic],
    members: 2,
    staticMembers: 0,
    delivery: 'at-least-once',
    resetPolicy: 'earliest',
    times: groupTimesOf(profile),
    ...more,
  }
}

function optionsOf({ traffic, profile, isLeftAlone }: GroupWorkPlace, groups: readonly GroupPlan[]): GroupChurnOptions {
  const restMs = isLeftAlone ? rebalanceBound(groups, profile.clients) + comingBackMs : 0
  return { traffic, groups, consuming, churnMs: 2000, growMs: 0, growthMax: 0, watchMs: 1000, restMs }
}

/**
 * A classic eager, a cooperative and a KIP-848 group of three members each, which come and go; `protocols` that the cluster serves.
 * Where sessions are not known, nobody dies or freezes.
 */
export function churnPart(place: GroupWorkPlace, isServed: (protocol: GroupPlan['protocol']) => boolean = () => true): TrialPart {
  const { site, profile } = place
  const topic = nameOn(site, 'groups')
  const names = ['eager', 'cooperative', 'consumer'] as const
  const kinds = names.map((name, at) => ({ name, ...protocols[at]! })).filter(({ protocol }) => isServed(protocol))
  const groups = kinds.map(({ name, ...kind }) => {
    // Who has an instance id and leaves is kept for a session.
    const staticMembers = kind.protocol === 'classic' || knowsSessions(profile) ? 1 : 0
    return planOf(place, nameOn(site, name), topic, { ...kind, members: 3, staticMembers, times: groupTimesOf(profile, kind.protocol) })
  })
  const churn: GroupChurnOptions = { ...optionsOf(place, groups), ...(!knowsSessions(profile) && { events: ['leave'] }) }
  return partOf(place, { workload: groupChurn(churn), topics: [topicOn(site, topic, 12)], groups, options: churn, floors: {} })
}

function crashing(options: GroupChurnOptions): GroupChurnOptions {
  return { ...options, events: ['crash-at-work'] }
}

/** Each way to commit, and each reset policy, in a group of its own. */
export function commitStrategiesPart(place: GroupWorkPlace): TrialPart {
  const { random, site } = place
  const topic = nameOn(site, 'committed')
  const plan = (group: string, more?: Partial<GroupPlan>): GroupPlan => planOf(place, nameOn(site, group), topic, more)
  const groups = [
    plan('sync'),
    plan('async'),
    plan('auto'),
    plan('before', { delivery: 'at-most-once' }),
    plan('from-the-end', { resetPolicy: 'latest', delivery: 'at-most-once', joinsAfterMs: 5000 }),
  ]
  const led = [plan('replayed', { resetPolicy: randomPick(random, ['earliest', 'latest']) }), plan('from-nowhere', { resetPolicy: 'none' })]
  const options: GroupChurnOptions = { ...crashing(optionsOf(place, groups)), consumingOf: { [nameOn(site, 'async')]: { commits: 'async' }, [nameOn(site, 'auto')]: { commits: 'auto' } } }
  const replays = led.map((each) => ({ plan: each, consuming: { ...consuming, delivery: each.delivery }, readMs: randomBetween(random, 3000, 6000) }))
  return partOf(place, {
    workload: commitStrategies({ ...options, replays }),
    topics: [topicOn(site, topic, randomBetween(random, 2, 4))],
    groups: [...groups, ...led],
    options,
    floors: { 'coverage.op.crash': 5, 'coverage.op.reset-offsets': 1 },
  })
}

/** Nobody waits longer than this with one record: its retries, the send of its letter, and what is committed then. */
const blocksForMs = 30_000

export function poisonPillPart(place: GroupWorkPlace): TrialPart {
  const { random, profile, site } = place
  const topic = nameOn(site, 'poisoned')
  const deadLetterTopic = `${topic}.DLQ`
  const [workers, readers] = [nameOn(site, 'workers'), nameOn(site, 'reprocessing')]
  const groups = [planOf(place, workers, topic), planOf(place, readers, deadLetterTopic)]
  const crashed = crashing(optionsOf(place, groups))
  // At rest so long that whoever never gets past a record is seen not to.
  const options: GroupChurnOptions = { ...crashed, quietTopics: [deadLetterTopic], ...(place.isLeftAlone && { restMs: crashed.restMs + blocksForMs }) }
  const deadLetters = {
    group: workers,
    readers,
    topic: deadLetterTopic,
    onePoisonIn: randomPick(random, place.onePoisonIn),
    retries: 3,
    backoffMs: 100,
    deliveryTimeoutMs: profile.clients.deliveryTimeoutMs,
  }
  return partOf(place, {
    workload: poisonPill({ ...options, deadLetters }),
    topics: [topicOn(site, topic, randomBetween(random, 2, 4)), topicOn(site, deadLetterTopic, 1)],
    groups,
    options,
    deadLetters: [{ group: workers, topic: deadLetterTopic, blocksForMs }],
    acknowledgedMin: Math.max(acknowledgedFloor, 4 * deadLetters.onePoisonIn),
    floors: { 'coverage.putAside': 3, 'coverage.deadLetters': 3 },
  })
}

/** Slower than what they read is written. */
export function slowConsumerPart(place: GroupWorkPlace): TrialPart {
  const { random, slowMs, site } = place
  const topic = nameOn(site, 'piled-up')
  const group = nameOn(site, 'slow')
  const fetch = {
    partitionMaxBytes: randomPick(random, [200, 2000]),
    maxBufferedRecords: randomPick(random, [10, 40]),
    minBytes: randomPick(random, [1, 1000]),
    maxWaitMs: 200,
  }
  const groups = [planOf(place, group, topic, { fetch, members: randomBetween(random, 1, 2) })]
  const slow: Partial<ConsumingOptions> = { maxRecordsPerPoll: randomPick(random, [5, 10]), processMs: slowMs, pauseMs: 1000 }
  const options: GroupChurnOptions = { ...crashing(optionsOf(place, groups)), consumingOf: { [group]: slow }, churnMs: 10_000 }
  return partOf(place, {
    workload: slowConsumer(options),
    topics: [topicOn(site, topic, randomBetween(random, 2, 4))],
    groups,
    options,
    floors: { groupLagMax: 100 },
  })
}
