/**
 * What one seed draws: the cluster, its network and disks, the traffic, the faults. Swarm testing: most seeds leave
 * something out or push something far, because bugs hide where everything is on at once (Groce et al., ISSTA 2012).
 */
import { randomBetween, randomChance, randomPick, type Random } from '../ports/random.ts'
import { aims, type Aim } from '../nemesis/aim.ts'
import type { Fault } from '../nemesis/fault.ts'
import { diskError } from '../nemesis/disk-error.ts'
import { kill } from '../nemesis/kill.ts'
import type { NemesisPlan } from '../nemesis/nemesis.ts'
import { pause } from '../nemesis/pause.ts'
import { powerLoss } from '../nemesis/power-loss.ts'
import { faults, onContainersOnly } from '../nemesis/registry.ts'
import { calmDisk, type DiskOptions } from '../simulator/sim-disk.ts'
import { calmNetwork, type NetworkOptions } from '../simulator/sim-wire.ts'
import { simRandom } from '../simulator/sim-random.ts'
import type { Compression } from '../protocol/compression.ts'
import type { NewTopic } from '../workloads/client/client.ts'
import { keyedAppend } from '../workloads/keyed-append/keyed-append.ts'
import type { KeyedAppendOptions } from '../workloads/keyed-append/options.ts'
import { profiles, type Profile } from './profile.ts'
import type { TrialPlan } from './trial.ts'

export interface Swarm {
  readonly brokers: number
  /** Of the brokers, over those of the profile. */
  readonly settings: Readonly<Record<string, string>>
  readonly network: NetworkOptions
  readonly disk: DiskOptions
  readonly plan: TrialPlan
}

/** What a seed is about: mostly anything, and now and then a scene that chance hardly ever sets. */
export type Theme = 'anything' | 'last replica standing' | 'everything synced' | 'slow return'

const themes: readonly Theme[] = [
  ...Array<Theme>(6).fill('anything'),
  'last replica standing',
  'everything synced',
  'slow return',
]

const faultsMs = 60_000
const acknowledgedMin = 1000
/** What is acknowledged in six times the time, in the worst of thousands of seeds, is more. */
const acknowledgedFloor = 500

export function drawTheme(seed: number): Theme {
  return randomPick(simRandom(seed).fork('theme'), themes)
}

export function drawSwarm(seed: number): Swarm {
  const random = simRandom(seed).fork('swarm')
  const theme = drawTheme(seed)
  const isLastStand = theme === 'last replica standing'
  const profile = drawProfile(random, theme)
  const minInSyncReplicas = isLastStand || randomChance(random, 0.75) ? 2 : 1
  const topics = drawTopics(random, theme, minInSyncReplicas)
  const workloadOptions = drawWorkload(random, profile)
  return {
    settings: drawSettings(simRandom(seed).fork('broker settings')),
    brokers: isLastStand || randomChance(random, 1 / 8) ? 5 : 3,
    network: drawNetwork(random, theme),
    disk: randomChance(random, 0.5) ? calmDisk : { writeMsMin: 0.05, writeMsMax: 5, syncMsMin: 0.5, syncMsMax: 20 },
    plan: {
      parts: [{
        workload: keyedAppend(workloadOptions),
        topics,
        acknowledgedMin,
        config: {
          acks: workloadOptions.acks,
          idempotence: workloadOptions.idempotence,
          isolation: workloadOptions.isolation,
          minInSyncReplicas,
          replicationFactor: 3,
          uncleanLeaderElection: false,
          recoveryMs: profile.recoveryMs,
          profile: profile.name,
          theme,
          floors: { acknowledged: acknowledgedFloor },
        },
      }],
      nemesis: nemesisOf[theme](random, profile),
      profile,
      faultsMs,
      healOnlyCore: randomChance(random, 0.5),
      observeIntervalMs: 500,
      finalMs: 60_000,
    },
  }
}

/** Snapshots of the metadata every few records, in pieces: a broker that was away finds the log gone it would go on from. */
export function drawSettings(random: Random): Readonly<Record<string, string>> {
  if (randomChance(random, 0.5)) return {}
  return {
    'metadata.log.max.record.bytes.between.snapshots': randomPick(random, ['500', '2000', '10000']),
    'controller.quorum.fetch.snapshot.max.bytes': randomPick(random, ['100', '1000', '1048576']),
  }
}

/** One batch a fetch: a follower that was away then needs long to have all that it missed. */
const smallFetches = { 'replica.fetch.max.bytes': '0' }

function drawProfile(random: Random, theme: Theme): Profile {
  const byDefault = randomChance(random, 1 / 8) && (theme === 'anything' || theme === 'everything synced')
  const profile = byDefault ? profiles.defaults : profiles.trial
  return theme === 'slow return' ? { ...profile, settings: { ...profile.settings, ...smallFetches } } : profile
}

/** Where one replica in sync is enough, power may only be lost if everything is synced first: half of those seeds. */
function drawTopics(random: Random, theme: Theme, minInSyncReplicas: number): NewTopic[] {
  const syncsAll = theme === 'everything synced' || (minInSyncReplicas === 1 && randomChance(random, 0.5))
  const syncsSome = theme === 'anything' ? 0.25 : 0
  return Array.from({ length: randomBetween(random, 1, 2) }, (_, i) => ({
    name: `trial-${i + 1}`,
    partitions: randomBetween(random, 1, 3),
    replicationFactor: 3,
    configs: {
      'min.insync.replicas': String(minInSyncReplicas),
      ...((syncsAll || randomChance(random, syncsSome)) && { 'flush.messages': '1' }),
      ...drawTimestamps(random),
      ...drawSegments(random),
    },
  }))
}

/** The clock faults go beyond the smaller bounds: what is refused then is refused for sure. */
function drawTimestamps(random: Random): Readonly<Record<string, string>> {
  if (randomChance(random, 0.5)) return { 'message.timestamp.type': 'LogAppendTime' }
  return randomChance(random, 0.5) ? { 'message.timestamp.after.max.ms': randomPick(random, ['1000', '60000']) } : {}
}

/** Small segments: what a truncation or a loss of power leaves is then more than one file. */
function drawSegments(random: Random): Readonly<Record<string, string>> {
  return randomPick(random, [
    {},
    {},
    { 'segment.ms': '1000' },
    { 'index.interval.bytes': '500', 'segment.index.bytes': '48' },
  ])
}

/**
 * Most or all brokers lose power at once, and nothing was synced before it counted: more than is promised. What was
 * acknowledged can be lost; the run tells what was.
 */
export function drawPowerLossOfMost(seed: number): Swarm {
  const swarm = drawSwarm(seed)
  const { plan } = swarm
  const parts = plan.parts.map((part) => ({
    ...part,
    topics: part.topics.map((topic) => ({ ...topic, configs: { ...topic.configs, 'flush.messages': neverSynced } })),
    config: { ...part.config, beyondPromises: 'most brokers lost power at once, and nothing was synced', floors: beyondFloors },
  }))
  const attacks: NemesisPlan['attacks'] = [
    { fault: powerLoss, aim: 'majority' },
    { fault: powerLoss, aim: 'all' },
    { fault: kill, aim: 'leader' },
  ]
  return { ...swarm, plan: { ...plan, parts, nemesis: { ...plan.nemesis, attacks } } }
}

/** Much of the time nobody is there to acknowledge anything. */
const beyondFloors = { acknowledged: 200 }

/** Kafka's own default. */
const neverSynced = '9223372036854775807'

export function drawNetwork(random: Random, theme: Theme): NetworkOptions {
  const delayMsMax = randomPick(random, theme === 'slow return' ? [20] : [1, 1, 5, 20])
  const network = { ...calmNetwork, delayMsMax }
  return {
    ...network,
    stallProbability: randomPick(random, [0, 0, 0.0005, 0.002]),
    stallMsMax: randomPick(random, [200, 1000, 3000]),
    closeProbability: randomPick(random, [0, 0, 0.0005, 0.002]),
    resetOnHealProbability: randomPick(random, [0, 0.5, 1]),
  }
}

const codecs: readonly Compression[] = ['gzip', 'snappy', 'lz4', 'zstd']

export function drawWorkload(random: Random, profile: Profile): KeyedAppendOptions {
  return {
    producers: randomBetween(random, 2, 4),
    consumers: 2,
    recordsPerSecond: randomBetween(random, 50, 100),
    recordKeysPerPartition: 8,
    openSendsPerProducer: 100,
    acks: -1,
    idempotence: randomChance(random, 0.5),
    isolation: randomPick(random, ['read_uncommitted', 'read_committed']),
    lingerMs: randomPick(random, [0, 5, 20]),
    batchSizeBytes: 16_384,
    maxInFlight: randomBetween(random, 1, 5),
    valueSizeBytes: { min: 10, max: randomPick(random, [50, 200, 2000]) },
    compression: randomChance(random, 0.25) ? randomPick(random, codecs) : 'none',
    deliveryTimeoutMs: profile.clients.deliveryTimeoutMs,
    maxRecordsPerPoll: 500,
    replaceConsumerMs: 20_000,
  }
}

/** Nobody is a coordinator where there are neither groups nor transactions. */
const anyAim = (Object.keys(aims) as Aim[]).filter((aim) => aim !== 'coordinator')

export function attacksWith(fault: Fault): NemesisPlan['attacks'] {
  return (fault.aims ?? anyAim).map((aim) => ({ fault, aim }))
}

export const simulatedFaults: readonly Fault[] = Object.values(faults).filter((fault) => !onContainersOnly.has(fault))

/** Whatever the cluster is like, it can be done. */
function isAlwaysPossible({ fault, aim }: NemesisPlan['attacks'][number]): boolean {
  return fault.losesUnsynced === undefined && aim !== 'last-in-sync'
}

function anything(random: Random, profile: Profile): NemesisPlan {
  const slow = profile.name === 'defaults' ? 3 : 1
  const share = randomPick(random, [0.15, 0.3, 0.5])
  const all = simulatedFaults.filter(() => randomChance(random, share)).flatMap(attacksWith)
  const some = all.filter(() => randomChance(random, 0.5))
  return {
    attacks: some.some(isAlwaysPossible) ? some : [...some, ...attacksWith(kill)],
    ...(randomChance(random, 0.5) && { rotateMs: [10_000, 20_000] }),
    lanes: randomPick(random, [1, 1, 2, 2, 3]),
    quietMs: [1000 * slow, randomBetween(random, 2, 8) * 1000 * slow],
    holdMs: [200, randomBetween(random, 1, 8) * 1000],
  }
}

/**
 * Followers leave one after the other, the cluster notices, and the leader that is left loses power (KIP-966). It takes
 * more brokers than one partition has replicas: a majority of the controllers must stay.
 */
function lastReplicaStanding(): NemesisPlan {
  return {
    attacks: [
      { fault: kill, aim: 'in-sync-follower' },
      { fault: pause, aim: 'in-sync-follower' },
      { fault: powerLoss, aim: 'last-in-sync' },
    ],
    lanes: 3,
    quietMs: [200, 800],
    holdMs: [2000, 5000],
  }
}

/** Any number of machines may go dark at once, also while one that is dead has missed what was decided. */
function everythingSynced(): NemesisPlan {
  return {
    attacks: [
      { fault: powerLoss, aim: 'all' },
      { fault: powerLoss, aim: 'majority' },
      { fault: powerLoss, aim: 'controller' },
      { fault: kill, aim: 'leader' },
      { fault: kill, aim: 'in-sync-follower' },
      { fault: diskError, aim: 'one' },
    ],
    lanes: 2,
    quietMs: [300, 2000],
    holdMs: [500, 4000],
  }
}

/** Somebody is away for long, comes back, and has not caught up when whoever has everything goes. */
function slowReturn(): NemesisPlan {
  return {
    attacks: [
      { fault: kill, aim: 'in-sync-follower' },
      { fault: kill, aim: 'leader' },
      { fault: pause, aim: 'leader' },
    ],
    lanes: 2,
    quietMs: [100, 1500],
    holdMs: [2000, 5000],
  }
}

const nemesisOf: Readonly<Record<Theme, (random: Random, profile: Profile) => NemesisPlan>> = {
  anything,
  'last replica standing': lastReplicaStanding,
  'everything synced': everythingSynced,
  'slow return': slowReturn,
}
