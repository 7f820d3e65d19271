/** AlterPartition: a leader asks for another in-sync set. Checked in Kafka's order; one refusal does not spoil the others. */
import type { AlterPartitionRequest } from '../../../protocol/apis/56-alter-partition.ts'
import type { ErrorName } from '../../../protocol/errors.ts'
import { toNumber } from '../../../protocol/int64.ts'
import type { PartitionImage } from '../metadata/image.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import type { Controller } from './controller.ts'
import { partitionRecord } from './elections.ts'

type AskedPartition = AlterPartitionRequest['topics'][number]['partitions'][number]

export interface AlteredPartition {
  readonly topicId: string
  readonly index: number
  readonly error: ErrorName
  /** As it is after this request; undefined when it does not exist. */
  readonly partition: PartitionImage | undefined
}

export type AlterPartitionAnswer = { readonly error: ErrorName; readonly partitions: readonly AlteredPartition[] }

export function alterPartition(
  controller: Controller,
  request: AlterPartitionRequest,
  done: (answer: AlterPartitionAnswer) => void,
): void {
  const broker = controller.image.brokers.get(request.brokerId)
  const isStale = broker === undefined || broker.epoch !== toNumber(request.brokerEpoch)
  const records: MetadataRecord[] = []
  const checked: Omit<AlteredPartition, 'partition'>[] = []
  for (const { topicId, partitions } of isStale ? [] : request.topics) {
    for (const asked of partitions) {
      const current = controller.image.partition(topicId, asked.partitionIndex)
      const error = checkAlteration(controller, request.brokerId, { asked, current })
      checked.push({ topicId, index: asked.partitionIndex, error })
      if (error !== 'NONE' || current === undefined) continue
      const topic = controller.image.topicsById.get(topicId)!
      const after = { leader: current.leader, inSyncReplicas: membersAsked(asked) }
      records.push(partitionRecord(controller.elections, topic, asked.partitionIndex, after))
    }
  }
  const altered = (): AlteredPartition[] =>
    checked.map((each) => ({ ...each, partition: controller.image.partition(each.topicId, each.index) }))
  let partitions = altered()
  controller.propose(records, (committed) => {
    if (!committed) return done({ error: 'NOT_CONTROLLER', partitions: [] })
    return done({ error: isStale ? 'STALE_BROKER_EPOCH' : 'NONE', partitions })
  })
  // As they are by this very proposal: a later one may never be committed.
  partitions = altered()
}

function membersAsked(asked: AskedPartition): number[] {
  return asked.newIsrWithEpochs.length > 0 ? asked.newIsrWithEpochs.map(({ brokerId }) => brokerId) : asked.newIsr
}

function checkAlteration(
  controller: Controller,
  brokerId: number,
  { asked, current }: { asked: AskedPartition; current: PartitionImage | undefined },
): ErrorName {
  if (current === undefined) return 'UNKNOWN_TOPIC_ID'
  if (asked.leaderEpoch > current.leaderEpoch || asked.partitionEpoch > current.partitionEpoch) return 'NOT_CONTROLLER'
  if (asked.leaderEpoch < current.leaderEpoch) return 'FENCED_LEADER_EPOCH'
  if (brokerId !== current.leader) return 'INVALID_REQUEST'
  if (asked.partitionEpoch < current.partitionEpoch) return 'INVALID_UPDATE_VERSION'
  const members = membersAsked(asked)
  if (members.some((id) => !current.replicas.includes(id)) || !members.includes(brokerId)) return 'INVALID_REQUEST'
  const { image } = controller
  if (members.some((id) => !image.isLive(id))) return 'INELIGIBLE_REPLICA'
  for (const { brokerId: id, brokerEpoch } of asked.newIsrWithEpochs) {
    const epoch = toNumber(brokerEpoch)
    if (epoch >= 0 && epoch !== image.brokers.get(id)?.epoch) return 'INELIGIBLE_REPLICA'
  }
  return 'NONE'
}
