/**
 * What one seed draws: the cluster, its network and disks, the traffic, the faults. Swarm testing: most seeds leave
 * something out or push something far, because bugs hide where everything is on at once (Groce et al., ISSTA 2012).
 */
import { randomBetween, randomChance, randomPick, type Random } from '../ports/random.ts'
import { aims, type Aim } from '../nemesis/aim.ts'
import { faults } from '../nemesis/registry.ts'
import type { NemesisPlan } from '../nemesis/nemesis.ts'
import { calmDisk, type DiskOptions } from '../simulator/sim-disk.ts'
import { calmNetwork, type NetworkOptions } from '../simulator/sim-wire.ts'
import { simRandom } from '../simulator/sim-random.ts'
import type { Compression } from '../protocol/compression.ts'
import type { NewTopic } from '../workloads/client/client.ts'
import { keyedAppend } from '../workloads/keyed-append/keyed-append.ts'
import type { WorkloadOptions } from '../workloads/workload.ts'
import { profiles, type Profile } from './profile.ts'
import type { TrialPlan } from './trial.ts'

export interface Swarm {
  readonly brokers: number
  readonly network: NetworkOptions
  readonly disk: DiskOptions
  readonly plan: TrialPlan
}

const faultsMs = 60_000
const acknowledgedMin = 1000

export function drawSwarm(seed: number): Swarm {
  const random = simRandom(seed).fork('swarm')
  const profile = randomChance(random, 1 / 8) ? profiles.defaults : profiles.trial
  const minInSyncReplicas = randomChance(random, 0.75) ? 2 : 1
  const topics = drawTopics(random, minInSyncReplicas)
  const workloadOptions = drawWorkload(random, profile)
  return {
    brokers: randomChance(random, 1 / 8) ? 5 : 3,
    network: drawNetwork(random),
    disk: randomChance(random, 0.5) ? calmDisk : { writeMsMin: 0.05, writeMsMax: 5, syncMsMin: 0.5, syncMsMax: 20 },
    plan: {
      workload: keyedAppend,
      workloadOptions,
      topics,
      nemesis: drawNemesis(random, profile),
      profile,
      faultsMs,
      acknowledgedMin,
      healOnlyCore: randomChance(random, 0.5),
      observeIntervalMs: 500,
      finalMs: 60_000,
      config: {
        acks: workloadOptions.acks,
        idempotence: workloadOptions.idempotence,
        isolation: workloadOptions.isolation,
        minInSyncReplicas,
        replicationFactor: 3,
        uncleanLeaderElection: false,
        recoveryMs: profile.recoveryMs,
        profile: profile.name,
        floors: { acknowledged: acknowledgedMin, faults: 1 },
      },
    },
  }
}

function drawTopics(random: Random, minInSyncReplicas: number): NewTopic[] {
  const configs = { 'min.insync.replicas': String(minInSyncReplicas) }
  return Array.from({ length: randomBetween(random, 1, 2) }, (_, i) => ({
    name: `trial-${i + 1}`,
    partitions: randomBetween(random, 1, 3),
    replicationFactor: 3,
    configs,
  }))
}

function drawNetwork(random: Random): NetworkOptions {
  const network = { ...calmNetwork, delayMsMax: randomPick(random, [1, 1, 5, 20]) }
  return {
    ...network,
    stallProbability: randomPick(random, [0, 0, 0.0005, 0.002]),
    stallMsMax: randomPick(random, [200, 1000, 3000]),
    closeProbability: randomPick(random, [0, 0, 0.0005, 0.002]),
    resetOnHealProbability: randomPick(random, [0, 0.5, 1]),
  }
}

const codecs: readonly Compression[] = ['gzip', 'snappy', 'lz4', 'zstd']

function drawWorkload(random: Random, profile: Profile): WorkloadOptions {
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

function drawNemesis(random: Random, profile: Profile): NemesisPlan {
  const slow = profile.name === 'defaults' ? 3 : 1
  const all = Object.values(faults).flatMap((fault) => (fault.aims ?? (Object.keys(aims) as Aim[])).map((aim) => ({ fault, aim })))
  const some = all.filter(() => randomChance(random, 0.5))
  return {
    attacks: some.length > 0 ? some : all,
    lanes: randomChance(random, 0.25) ? 2 : 1,
    quietMs: [1000 * slow, randomBetween(random, 2, 8) * 1000 * slow],
    holdMs: [200, randomBetween(random, 1, 8) * 1000],
  }
}
