/** Creating and deleting topics, and handing out producer ids: what the metadata log is asked to hold. */
import type { CreateTopicsRequest } from '../../../protocol/apis/19-create-topics.ts'
import type { ErrorName } from '../../../protocol/errors.ts'
import { toBigInt } from '../../../protocol/int64.ts'
import { readUuid } from '../../../protocol/uuid.ts'
import { randomBytes } from '../../../ports/random.ts'
import { topicConfig } from '../config/broker-config.ts'
import type { TopicImage } from '../metadata/image.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import type { Controller } from './controller.ts'
import { placeReplicas } from './placement.ts'
import { topicNameError } from './topic-name.ts'

export type AskedTopic = CreateTopicsRequest['topics'][number]

export interface TopicAnswer {
  readonly name: string
  readonly error: ErrorName
  readonly message: string | null
  /** The topic as created, or as it would be (validateOnly). */
  readonly topic: TopicImage | undefined
}

type Planned = { readonly topic: TopicImage } | { readonly error: ErrorName; readonly message: string }

/** `done` comes when the log has committed them, which is before every broker knows. */
export function createTopics(
  controller: Controller,
  request: CreateTopicsRequest,
  done: (answers: readonly TopicAnswer[]) => void,
): void {
  const names = request.topics.map(({ name }) => name)
  const records: MetadataRecord[] = []
  const answers = request.topics.map((asked): TopicAnswer => {
    const twice = names.filter((name) => name === asked.name).length > 1
    const planned: Planned = twice
      ? { error: 'INVALID_REQUEST', message: 'The topic is named twice in the request.' }
      : planTopic(controller, asked)
    if ('error' in planned) return { name: asked.name, ...planned, topic: undefined }
    if (!request.validateOnly) records.push(...recordsOf(planned.topic))
    return { name: asked.name, error: 'NONE', message: null, topic: planned.topic }
  })
  if (records.length === 0) return done(answers)
  controller.propose(records, (committed) => {
    if (committed) return done(answers)
    const lost = { error: 'NOT_CONTROLLER', message: null, topic: undefined } as const
    done(answers.map((answer) => (answer.error === 'NONE' ? { ...answer, ...lost } : answer)))
  })
}

function recordsOf(topic: TopicImage): MetadataRecord[] {
  const configs = [...topic.configs].map(([name, value]) => ({ name, value }))
  return [
    { kind: 'topic-created', name: topic.name, topicId: topic.id, configs },
    ...topic.partitions.map((partition, partitionIndex): MetadataRecord => ({
      kind: 'partition',
      topicId: topic.id,
      partitionIndex,
      ...partition,
      replicas: [...partition.replicas],
      inSyncReplicas: [...partition.inSyncReplicas],
      eligibleLeaderReplicas: [],
    })),
  ]
}

function planTopic(controller: Controller, asked: AskedTopic): Planned {
  const nameError = topicNameError(asked.name, controller.image.topicsByName)
  if (nameError !== undefined) return nameError
  const configs = new Map(asked.configs.flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const])))
  const config = topicConfig(controller.options.config.topicDefaults, Object.fromEntries(configs))
  if ('error' in config) return { error: 'INVALID_CONFIG', message: config.error }
  const placed = planReplicas(controller, asked)
  if ('error' in placed) return placed
  const { image, options } = controller
  const partitions = placed.replicas.map((replicas) => {
    const inSyncReplicas = replicas.filter((id) => image.isLive(id))
    const leader = inSyncReplicas[0]!
    const epochs = { leaderEpoch: 0, partitionEpoch: 0 }
    return { replicas, inSyncReplicas, leader, ...epochs, eligibleLeaderReplicas: [], lastKnownLeader: leader }
  })
  const id = readUuid(randomBytes(options.loop.ports.random, 16), 0)
  return { topic: { name: asked.name, id, configs, partitions } }
}

type Placed = { readonly replicas: readonly number[][] } | { readonly error: ErrorName; readonly message: string }

function planReplicas(controller: Controller, asked: AskedTopic): Placed {
  if (asked.assignments.length > 0) return manualReplicas(controller, asked)
  const { config, loop } = controller.options
  const partitions = asked.numPartitions === -1 ? config.numPartitions : asked.numPartitions
  const replicationFactor = asked.replicationFactor === -1 ? config.defaultReplicationFactor : asked.replicationFactor
  if (partitions <= 0) return { error: 'INVALID_PARTITIONS', message: 'A topic needs at least one partition.' }
  if (replicationFactor <= 0) {
    return { error: 'INVALID_REPLICATION_FACTOR', message: 'The replication factor must be at least 1.' }
  }
  const { image } = controller
  const registered = [...image.brokers.values()].filter((broker) => !broker.inControlledShutdown)
  if (replicationFactor > registered.length || !registered.some(({ fenced }) => !fenced)) {
    const message = `The replication factor is ${replicationFactor}, but ${registered.length} brokers are registered.`
    return { error: 'INVALID_REPLICATION_FACTOR', message }
  }
  const live = registered.filter(({ fenced }) => !fenced)
  const candidates = live.length >= replicationFactor ? live : registered
  const replicas = placeReplicas(candidates, { partitions, replicationFactor }, loop.ports.random)
  return { replicas: replicas.map((ids) => liveFirst(ids, (id) => image.isLive(id))) }
}

/** A partition must start with somebody to lead it. */
function liveFirst(ids: readonly number[], isLive: (id: number) => boolean): number[] {
  return [...ids.filter(isLive), ...ids.filter((id) => !isLive(id))]
}

function manualReplicas(controller: Controller, asked: AskedTopic): Placed {
  const refuse = (message: string): Placed => ({ error: 'INVALID_REPLICA_ASSIGNMENT', message })
  if (asked.numPartitions !== -1 || asked.replicationFactor !== -1) {
    return { error: 'INVALID_REQUEST', message: 'Give either an assignment or partition count and replication factor.' }
  }
  const byPartition = new Map(asked.assignments.map(({ partitionIndex, brokerIds }) => [partitionIndex, brokerIds]))
  const replicas: number[][] = []
  for (let index = 0; index < asked.assignments.length; index++) {
    const ids = byPartition.get(index)
    if (ids === undefined) return refuse('Partitions must be numbered from 0 without gaps.')
    if (ids.length === 0 || new Set(ids).size !== ids.length) return refuse('Each partition needs distinct brokers.')
    if (ids.length !== asked.assignments[0]!.brokerIds.length) return refuse('All partitions need as many replicas.')
    if (ids.some((id) => !controller.image.brokers.has(id))) return refuse('A broker of the assignment is not registered.')
    if (!ids.some((id) => controller.image.isLive(id))) return refuse(`No live broker for partition ${index}.`)
    replicas.push([...ids])
  }
  return { replicas }
}

/** One topic to delete, by name or by id. */
export interface DeletedTopic {
  readonly name: string | null
  readonly topicId: string
  readonly error: ErrorName
}

export function deleteTopics(
  controller: Controller,
  asked: readonly { readonly name: string | null; readonly topicId: string }[],
  done: (answers: readonly DeletedTopic[]) => void,
): void {
  const records: MetadataRecord[] = []
  const seen = new Set<string>()
  const answers = asked.map(({ name, topicId }): DeletedTopic => {
    const { topicsByName, topicsById } = controller.image
    const topic = name === null ? topicsById.get(topicId) : topicsByName.get(name)
    if (topic === undefined) {
      return { name, topicId, error: name === null ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION' }
    }
    if (seen.has(topic.id)) return { name, topicId, error: 'INVALID_REQUEST' }
    seen.add(topic.id)
    records.push({ kind: 'topic-removed', topicId: topic.id })
    return { name: topic.name, topicId: topic.id, error: 'NONE' }
  })
  if (records.length === 0) return done(answers)
  controller.propose(records, (committed) => {
    const lost = (answer: DeletedTopic): DeletedTopic =>
      answer.error === 'NONE' ? { ...answer, error: 'NOT_CONTROLLER' } : answer
    done(committed ? answers : answers.map(lost))
  })
}

const producerIdBlock = 1000

/** A block of producer ids nobody was ever given. */
export function allocateProducerIds(
  controller: Controller,
  done: (block: { readonly start: number; readonly length: number } | undefined) => void,
): void {
  const start = controller.image.nextProducerId
  const nextProducerId = toBigInt(start + producerIdBlock)
  controller.propose([{ kind: 'producer-ids', nextProducerId }], (committed) => {
    done(committed ? { start, length: producerIdBlock } : undefined)
  })
}
