/**
 * DeleteRecords v0-2 (KIP-107): moves the start of partitions this broker leads. What lies below can no longer be read, and
 * the answer comes when it is gone from every live replica, each of which has noted that durably. Offset -1 stands for the
 * high watermark; nothing above it can be deleted (OFFSET_OUT_OF_RANGE). A topic that is only compacted keeps its records
 * (POLICY_VIOLATION). Whoever waits longer than the client allows is answered REQUEST_TIMED_OUT, and deleted all the same.
 */
import { apis } from '../../../protocol/apis.ts'
import type { DeleteRecordsRequest, DeleteRecordsResponseInput } from '../../../protocol/apis/21-delete-records.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { toBigInt, toNumber } from '../../../protocol/int64.ts'
import { zeroUuid } from '../../../protocol/uuid.ts'
import { isInternalTopic } from '../metadata/internal-topics.ts'
import type { BrokerNode } from '../node.ts'
import type { Partition } from '../replication/partition.ts'
import { handler, type Handler } from '../server/server.ts'
import { findLeader } from './partition-lookup.ts'

type PartitionAnswer = DeleteRecordsResponseInput['topics'][number]['partitions'][number]
type AskedPartition = DeleteRecordsRequest['topics'][number]['partitions'][number]

const toHighWatermark = -1
const noWatermark = -1

/** One partition of a request: what became of it, and how to give up on it. */
interface Item {
  readonly topic: string
  readonly asked: AskedPartition
  error: ErrorName
  lowWatermark: number
  giveUp: () => void
}

export function deleteRecordsHandler(node: BrokerNode): Handler {
  return handler(apis.DeleteRecords, (_context, request, respond) => {
    const items = itemsAsked(request)
    let open = items.length + 1
    const timer = node.loop.after(request.timeoutMs, () => {
      for (const item of items) item.giveUp()
    })
    const settled = (): void => {
      open--
      if (open > 0) return
      node.loop.cancel(timer)
      const topics = Map.groupBy(items, ({ topic }) => topic)
      respond({ topics: [...topics].map(([name, partitions]) => ({ name, partitions: partitions.map(answerOf) })) })
    }
    for (const item of items) start(node, item, settled)
    settled()
  })
}

/** A partition that is named twice is asked about once, as it was named last. */
function itemsAsked({ topics }: DeleteRecordsRequest): readonly Item[] {
  const items = topics.flatMap(({ name, partitions }) => partitions.map((asked) => newItem(name, asked)))
  return [...new Map(items.map((item) => [`${item.topic}-${item.asked.partitionIndex}`, item])).values()]
}

function newItem(topic: string, asked: AskedPartition): Item {
  return { topic, asked, error: 'NONE', lowWatermark: noWatermark, giveUp: () => undefined }
}

function answerOf({ asked, error, lowWatermark }: Item): PartitionAnswer {
  const answered = error === 'NONE' ? lowWatermark : noWatermark
  return { partitionIndex: asked.partitionIndex, lowWatermark: toBigInt(answered), errorCode: errorCode[error] }
}

function start(node: BrokerNode, item: Item, settled: () => void): void {
  const { topic, asked } = item
  const end = (error: ErrorName): void => {
    item.giveUp = () => undefined
    item.error = error
    settled()
  }
  if (isInternalTopic(topic)) return end('INVALID_TOPIC_EXCEPTION')
  const found = findLeader(node, { topic, topicId: zeroUuid, index: asked.partitionIndex }, -1)
  if (found.partition === undefined) return end(found.error)
  const { partition } = found
  const offset = toNumber(asked.offset) === toHighWatermark ? partition.highWatermark : toNumber(asked.offset)
  const error = refuse(partition, offset)
  if (error !== 'NONE') return end(error)
  let isOpen = true
  const done = (outcome: ErrorName): void => {
    if (!isOpen) return
    isOpen = false
    item.lowWatermark = partition.lowWatermark
    end(outcome)
  }
  item.giveUp = () => {
    partition.stopDeleting(done)
    done('REQUEST_TIMED_OUT')
  }
  return partition.deleteRecords(offset, done)
}

function refuse({ options, highWatermark }: Partition, offset: number): ErrorName {
  const { cleanupPolicy } = options.config
  if (cleanupPolicy.includes('compact') && !cleanupPolicy.includes('delete')) return 'POLICY_VIOLATION'
  return offset < 0 || offset > highWatermark ? 'OFFSET_OUT_OF_RANGE' : 'NONE'
}
