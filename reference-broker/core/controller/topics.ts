/** Creating and deleting topics, and handing out producer ids: what the metadata log is asked to hold. */
import type { CreateTopicsRequest } from '../../../protocol/apis/19-create-topics.ts'
import type { ErrorName } from '../../../protocol/errors.ts'
import { toBigInt } from '../../../protocol/int64.ts'
import { readUuid, zeroUuid } from '../../../protocol/uuid.ts'
import { randomBytes } from '../../../ports/random.ts'
import { topicConfig } from '../config/broker-config.ts'
import type { TopicImage } from '../metadata/image.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import { assignmentError, newPartition, newPartitionRecord, partitionsMax, spreadReplicas, type Assigned, type Refusal } from './assignments.ts'
import type { Controller } from './controller.ts'
import { topicNameError } from './topic-name.ts'

export type AskedTopic = CreateTopicsRequest['topics'][number]

export interface TopicAnswer {
  readonly name: string
  readonly error: ErrorName
  readonly message: string | null
  /** The topic as created, or as it would be (validateOnly). */
  readonly topic: TopicImage | undefined
}

type Planned = { readonly topic: TopicImage } | Refusal

/** `done` comes when the log has committed them, which is before every broker knows. */
export function createTopics(
  controller: Controller,
  request: CreateTopicsRequest,
  done: (answers: readonly TopicAnswer[]) => void,
): void {
  const partitions = request.topics.reduce((sum, { numPartitions, assignments }) => sum + Math.max(numPartitions, assignments.length), 0)
  if (partitions > partitionsMax) {
    const message = `The request asks for more than ${partitionsMax} partitions.`
    return done(request.topics.map(({ name }) => ({ name, error: 'POLICY_VIOLATION', message, topic: undefined })))
  }
  const twice = repeated(request.topics.map(({ name }) => name))
  const names = new Map<string, unknown>(controller.image.topicsByName)
  const records: MetadataRecord[] = []
  const topics = [...new Map(request.topics.map((asked) => [asked.name, asked])).values()]
  const answers = topics.map((asked): TopicAnswer => {
    const planned: Planned = twice.has(asked.name)
      ? { error: 'INVALID_REQUEST', message: 'The topic is named twice in the request.' }
      : planTopic(controller, asked, names)
    if ('error' in planned) return { name: asked.name, ...planned, topic: undefined }
    names.set(asked.name, planned.topic)
    if (!request.validateOnly) records.push(...recordsOf(planned.topic))
    return { name: asked.name, error: 'NONE', message: null, topic: planned.topic }
  })
  controller.propose(records, (committed) => {
    const lost = { error: 'NOT_CONTROLLER', message: null, topic: undefined } as const
    done(committed ? answers : answers.map((answer) => ({ ...answer, ...lost })))
  })
}

/** What a list has more than once. */
function repeated(list: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>()
  return new Set(list.filter((each) => seen.size === seen.add(each).size))
}

function recordsOf(topic: TopicImage): MetadataRecord[] {
  const configs = [...topic.configs].map(([name, value]) => ({ name, value }))
  return [
    { kind: 'topic-created', name: topic.name, topicId: topic.id, configs },
    ...topic.partitions.map((partition, index) => newPartitionRecord(topic.id, index, partition)),
  ]
}

function planTopic(controller: Controller, asked: AskedTopic, names: ReadonlyMap<string, unknown>): Planned {
  const nameError = topicNameError(asked.name, names)
  if (nameError !== undefined) return nameError
  const empty = asked.configs.find(({ value }) => value === null)
  if (empty !== undefined) return { error: 'INVALID_CONFIG', message: `${empty.name} has no value.` }
  const configs = new Map(asked.configs.map(({ name, value }) => [name, value!]))
  const config = topicConfig(controller.topicDefaults, Object.fromEntries(configs))
  if ('error' in config) return { error: 'INVALID_CONFIG', message: config.error }
  const placed = planReplicas(controller, asked)
  if ('error' in placed) return placed
  const partitions = placed.replicas.map((replicas) => newPartition(controller.image, replicas))
  const id = readUuid(randomBytes(controller.options.loop.ports.random, 16), 0)
  return { topic: { name: asked.name, id, configs, partitions } }
}

function planReplicas(controller: Controller, asked: AskedTopic): Assigned {
  if (asked.assignments.length > 0) return manualReplicas(controller, asked)
  const { config } = controller.options
  const partitions = asked.numPartitions === -1 ? config.numPartitions : asked.numPartitions
  const replicationFactor = asked.replicationFactor === -1 ? config.defaultReplicationFactor : asked.replicationFactor
  if (replicationFactor <= 0) {
    return { error: 'INVALID_REPLICATION_FACTOR', message: 'The replication factor must be at least 1.' }
  }
  if (partitions <= 0) return { error: 'INVALID_PARTITIONS', message: 'A topic needs at least one partition.' }
  return spreadReplicas(controller, { partitions, replicationFactor })
}

function manualReplicas(controller: Controller, asked: AskedTopic): Assigned {
  const refuse = (message: string): Assigned => ({ error: 'INVALID_REPLICA_ASSIGNMENT', message })
  if (asked.numPartitions !== -1 || asked.replicationFactor !== -1) {
    return { error: 'INVALID_REQUEST', message: 'Give either an assignment or partition count and replication factor.' }
  }
  const byPartition = new Map(asked.assignments.map(({ partitionIndex, brokerIds }) => [partitionIndex, brokerIds]))
  const replicas: number[][] = []
  for (let index = 0; index < asked.assignments.length; index++) {
    const ids = byPartition.get(index)
    if (ids === undefined) return refuse('Partitions must be numbered from 0 without gaps.')
    const error = assignmentError(controller.image, ids, { index, count: asked.assignments[0]!.brokerIds.length })
    if (error !== undefined) return refuse(error)
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

/** Whatever is named twice, also once by its name and once by its id, is refused, and answered once. */
export function deleteTopics(
  controller: Controller,
  asked: readonly { readonly name: string | null; readonly topicId: string }[],
  done: (answers: readonly DeletedTopic[]) => void,
): void {
  const { topicsByName, topicsById } = controller.image
  const names = asked.flatMap(({ name, topicId }) => (name !== null && topicId === zeroUuid ? [name] : []))
  const ids = asked.flatMap(({ name, topicId }) => (name === null && topicId !== zeroUuid ? [topicId] : []))
  const twice = repeated([...names, ...ids])
  const named = new Map(ids.map((id) => [topicsById.get(id)?.name, id]))
  const answers = asked.filter((each) => (each.name === null) === (each.topicId === zeroUuid)).map(invalid)
  for (const name of new Set(names)) {
    const topic = topicsByName.get(name)
    const isBoth = named.has(name)
    if (twice.has(name)) answers.push(invalid({ name, topicId: zeroUuid }))
    else if (isBoth) answers.push(invalid({ name, topicId: named.get(name)! }))
    else answers.push(topic === undefined ? { name, topicId: zeroUuid, error: 'UNKNOWN_TOPIC_OR_PARTITION' } : deleted(topic))
  }
  for (const topicId of new Set(ids)) {
    const topic = topicsById.get(topicId)
    if (twice.has(topicId)) answers.push(invalid({ name: null, topicId }))
    else if (topic === undefined) answers.push({ name: null, topicId, error: 'UNKNOWN_TOPIC_ID' })
    else if (!names.includes(topic.name)) answers.push(deleted(topic))
  }
  const records = answers.flatMap(({ error, topicId }): MetadataRecord[] => (error === 'NONE' ? [{ kind: 'topic-removed', topicId }] : []))
  controller.propose(records, (committed) => {
    done(committed ? answers : answers.map((answer) => ({ ...answer, error: 'NOT_CONTROLLER' })))
  })
}

function invalid({ name, topicId }: { readonly name: string | null; readonly topicId: string }): DeletedTopic {
  return { name, topicId, error: 'INVALID_REQUEST' }
}

function deleted({ name, id }: TopicImage): DeletedTopic {
  return { name, topicId: id, error: 'NONE' }
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
