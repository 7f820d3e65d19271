/** What a seed of a pipeline draws: the swarm's cluster and faults under workers of a group, at each level of delivery. */
import type { Delivery } from '../history/group-op.ts'
import { randomBetween, randomPick, type Random } from '../ports/random.ts'
import { simRandom } from '../simulator/sim-random.ts'
import type { NewTopic } from '../workloads/client/client.ts'
import { consumeTransformProduce } from '../workloads/consume-transform-produce/consume-transform-produce.ts'
import { pipelineConfig, type PipelineOptions } from '../workloads/consume-transform-produce/pipeline-options.ts'
import { groupConfig, rebalanceBound } from '../workloads/groups/group-plan.ts'
import type { KeyedAppendOptions } from '../workloads/keyed-append/options.ts'
import type { Profile } from './profile.ts'
import { drawSwarm, type Swarm } from './swarm.ts'
import { coordinated, drawProducer, transactionFloors, transactionsMin, transactionsMostMs } from './transaction-swarm.ts'

export interface PipelineKind {
  readonly delivery: Delivery
  readonly sideEffects?: 'plain' | 'idempotent'
}

interface RecordsPerSecond {
  readonly min: number
  readonly max: number
}

const input = 'inputs'
const outputs = ['outputs', 'audit']

/** What workers keep up with, if nothing is broken: what is left over they only do after all faults. */
const keptUpWith: RecordsPerSecond = { min: 6, max: 12 }

/** A pipeline of this kind. */
export function drawPipeline(kind: PipelineKind, recordsPerSecond: RecordsPerSecond = keptUpWith): (seed: number) => Swarm {
  return (seed) => {
    const random = simRandom(seed).fork('pipeline')
    const swarm = drawSwarm(seed)
    const { plan } = swarm
    const [part] = plan.parts
    const options = { ...drawOptions(random, { profile: plan.profile, recordsPerSecond }), ...kind }
    const topics = pipelineTopics(part!.topics[0]!, random)
    const transactionVersion = randomPick(random, [1, 2, 2])
    const faultsMs = randomPick(random, [10_000, 10_000, 20_000, plan.faultsMs])
    const groups = [{ ...options.group, members: options.workers, staticMembers: 0, delivery: 'at-least-once' as const }]
    const { requestTimeoutMs } = plan.profile.clients
    const isExact = kind.delivery === 'exactly-once'
    return coordinated({
      ...swarm,
      plan: {
        ...plan,
        faultsMs,
        faultsMostMs: transactionsMostMs,
        parts: [{
          workload: consumeTransformProduce(options),
          topics,
          quietTopics: outputs,
          acknowledgedMin: 450,
          ...(isExact && { transactionsMin }),
          config: {
            ...part!.config,
            acks: -1,
            idempotence: true,
            isolation: 'read_committed',
            delivery: kind.delivery,
            ...(isExact && { transactional: true, transactionVersion, transactionTimeoutMs: options.producer.transactionTimeoutMs }),
            ...(kind.sideEffects !== undefined && { sideEffects: kind.sideEffects }),
            pipeline: pipelineConfig(options, topics),
            groups: groups.map((group) => ({ ...groupConfig(group), delivery: kind.delivery })),
            rebalanceBoundMs: rebalanceBound(groups, { requestTimeoutMs }),
            floors: isExact ? pipelineFloors : { acknowledged: 200 },
          },
        }],
        features: { 'transaction.version': transactionVersion },
        finalMs: 2 * plan.finalMs,
      },
    }, pipelinePace)
  }
}

/** Sessions end, the others give up and take over, and then a transaction begins: without that much quiet workers only rebalance. */
const pipelinePace = { quietLeastMs: 8000, lanesMax: 1 }

const pipelineFloors = { ...transactionFloors, acknowledged: 400 }

function pipelineTopics(like: NewTopic, random: Random): NewTopic[] {
  return [input, ...outputs].map((name) => ({ ...like, name, partitions: randomBetween(random, 2, 3) }))
}

function drawOptions(random: Random, { profile, recordsPerSecond }: { readonly profile: Profile; readonly recordsPerSecond: RecordsPerSecond }): Omit<PipelineOptions, 'delivery'> {
  const isConsumer = profile.name !== 'defaults' && random.next() < 0.5
  const sessionTimeoutMs = profile.name === 'defaults' ? 10_000 : 3000
  return {
    traffic: drawTraffic(random, profile, recordsPerSecond),
    group: {
      group: 'pipeline',
      protocol: isConsumer ? 'consumer' : 'classic',
      assignors: isConsumer ? [] : [randomPick(random, ['range', 'cooperative-sticky', 'sticky'])],
      topics: [input],
      resetPolicy: 'earliest',
      times: {
        sessionTimeoutMs,
        heartbeatIntervalMs: 300,
        rebalanceTimeoutMs: 5000,
        maxPollIntervalMs: 15_000,
        metadataMaxAgeMs: 10_000,
      },
    },
    outputs,
    workers: randomBetween(random, 2, 4),
    recordsPerPoll: randomBetween(random, 3, 10),
    pollTimeoutMs: 200,
    crashChance: randomPick(random, [0.01, 0.02, 0.05]),
    pauseChance: randomPick(random, [0, 0.01, 0.02]),
    pauseMs: sessionTimeoutMs * 1.5,
    freshIdChance: randomPick(random, [0, 0.2]),
    abortChance: 0.15 + 0.15 * random.next(),
    takenForDeadMs: randomBetween(random, 5, 10) * 1000,
    producer: drawProducer(random, profile),
    watchMs: 5000,
  }
}

export function drawTraffic(random: Random, { clients }: Profile, { min, max }: RecordsPerSecond = keptUpWith): KeyedAppendOptions {
  return {
    producers: 2,
    consumers: 1,
    recordsPerSecond: randomBetween(random, min, max),
    recordKeysPerPartition: 8,
    openSendsPerProducer: 100,
    acks: -1,
    idempotence: true,
    isolation: 'read_committed',
    lingerMs: 5,
    batchSizeBytes: 16_384,
    maxInFlight: 5,
    valueSizeBytes: { min: 10, max: 100 },
    compression: 'none',
    deliveryTimeoutMs: clients.deliveryTimeoutMs,
    maxRecordsPerPoll: 500,
    replaceConsumerMs: 20_000,
  }
}
