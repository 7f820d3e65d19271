/** More partitions for topics that exist (CreatePartitions, KIP-195). Checked in Kafka's order; topics are independent. */
import type { CreatePartitionsRequest } from '../../../protocol/apis/37-create-partitions.ts'
import type { ErrorName } from '../../../protocol/errors.ts'
import type { TopicImage } from '../metadata/image.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import { assignmentError, newPartition, newPartitionRecord, spreadReplicas, type Assigned, type Refusal } from './assignments.ts'
import type { Controller } from './controller.ts'

type AskedTopic = CreatePartitionsRequest['topics'][number]
type AskedAssignment = NonNullable<AskedTopic['assignments']>[number]

export interface GrownTopic {
  readonly name: string
  readonly error: ErrorName
  readonly message: string | null
}

/** `done` comes when the log has committed them. */
export function createPartitions(
  controller: Controller,
  request: CreatePartitionsRequest,
  done: (answers: readonly GrownTopic[]) => void,
): void {
  const names = request.topics.map(({ name }) => name)
  const records: MetadataRecord[] = []
  const topics = [...new Map(request.topics.map((asked) => [asked.name, asked])).values()]
  const answers = topics.map((asked): GrownTopic => {
    const twice = names.filter((name) => name === asked.name).length > 1
    const planned = twice
      ? { error: 'INVALID_REQUEST' as const, message: 'The topic is named twice in the request.' }
      : planPartitions(controller, asked)
    if ('error' in planned) return { name: asked.name, ...planned }
    if (!request.validateOnly) records.push(...planned.records)
    return { name: asked.name, error: 'NONE', message: null }
  })
  controller.propose(records, (committed) => {
    const lost = { error: 'NOT_CONTROLLER', message: null } as const
    done(committed ? answers : answers.map((answer) => ({ ...answer, ...lost })))
  })
}

function planPartitions(controller: Controller, asked: AskedTopic): { readonly records: MetadataRecord[] } | Refusal {
  const topic = controller.image.topicsByName.get(asked.name)
  if (topic === undefined) return { error: 'UNKNOWN_TOPIC_OR_PARTITION', message: null }
  const before = topic.partitions.length
  if (asked.count === before) return { error: 'INVALID_PARTITIONS', message: `The topic has ${before} partition(s) already.` }
  if (asked.count < before) {
    const message = `The topic has ${before} partition(s); ${asked.count} would not be an increase.`
    return { error: 'INVALID_PARTITIONS', message }
  }
  const placed = place(controller, topic, asked)
  if ('error' in placed) return placed
  const records = placed.replicas.map((replicas, i) =>
    newPartitionRecord(topic.id, before + i, newPartition(controller.image, replicas)),
  )
  return { records }
}

/** Each new partition gets as many replicas as the first one has. */
function place(controller: Controller, topic: TopicImage, { count, assignments }: AskedTopic): Assigned {
  const partitions = count - topic.partitions.length
  const replicationFactor = topic.partitions[0]?.replicas.length ?? 1
  if (assignments === null) return spreadReplicas(controller, { partitions, replicationFactor })
  if (assignments.length !== partitions) {
    const message = `${partitions} partition(s) would be added, but ${assignments.length} assignment(s) are given.`
    return { error: 'INVALID_REPLICA_ASSIGNMENT', message }
  }
  return checked(controller, topic, assignments)
}

function checked(controller: Controller, topic: TopicImage, assignments: readonly AskedAssignment[]): Assigned {
  for (const [i, { brokerIds }] of assignments.entries()) {
    const place = { index: topic.partitions.length + i, count: topic.partitions[0]?.replicas.length ?? 1 }
    const error = assignmentError(controller.image, brokerIds, place)
    if (error !== undefined) return { error: 'INVALID_REPLICA_ASSIGNMENT', message: error }
  }
  return { replicas: assignments.map(({ brokerIds }) => brokerIds) }
}
