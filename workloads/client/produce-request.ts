/** One Produce request: at most one batch a partition, all for leaders on one node. */
import { apis } from '../../protocol/apis.ts'
import type { BodyOf } from './broker-connection.ts'
import type { BrokerLink } from './broker-link.ts'
import type { ProducerOptions } from './client.ts'
import type { ProducerBatch } from './producer-batch.ts'
import type { PartitionQueue } from './producer-partition.ts'

export interface ProduceRequest {
  readonly node: number
  readonly link: BrokerLink
  readonly batches: ProducerBatch[]
  /** `queues[i]` is where `batches[i]` comes from. */
  readonly queues: PartitionQueue[]
  readonly topicIds: Map<string, string>
  readonly transactionalId: string | null
}

interface TopicData {
  readonly name: string
  readonly topicId: string
  readonly partitionData: { readonly index: number; readonly records: Uint8Array }[]
}

/**
 * The broker is told to give up waiting for replicas before the client gives up waiting for the broker: its answer then
 * says what happened, and the requests behind it are not cut.
 */
function brokerTimeoutMs(requestTimeoutMs: number): number {
  return Math.floor(requestTimeoutMs * 0.75)
}

export function produceBody(
  request: ProduceRequest,
  options: ProducerOptions,
  requestTimeoutMs: number,
): BodyOf<typeof apis.Produce.request> {
  const { transactionalId } = request
  return () => {
    const topicData: TopicData[] = []
    for (const batch of request.batches) {
      let topic = topicData.find((each) => each.name === batch.topic)
      if (topic === undefined) {
        topic = { name: batch.topic, topicId: request.topicIds.get(batch.topic)!, partitionData: [] }
        topicData.push(topic)
      }
      topic.partitionData.push({ index: batch.partition, records: batch.encoded(options.compression, transactionalId !== null) })
    }
    return { transactionalId, acks: options.acks, timeoutMs: brokerTimeoutMs(requestTimeoutMs), topicData }
  }
}
