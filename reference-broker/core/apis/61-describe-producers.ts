/**
 * DescribeProducers v0 (KIP-664): what this broker's replicas know of their producers. A transaction that hangs shows by
 * the offset at which it began; with the epochs told here it can be ended through WriteTxnMarkers.
 */
import { apis } from '../../../protocol/apis.ts'
import type { DescribeProducersResponseInput } from '../../../protocol/apis/61-describe-producers.ts'
import { errorCode } from '../../../protocol/errors.ts'
import { toBigInt } from '../../../protocol/int64.ts'
import { zeroUuid } from '../../../protocol/uuid.ts'
import { isLegalTopicName } from '../controller/topic-name.ts'
import type { ProducerEntry } from '../log/producer-state.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'
import { findReplica } from './partition-lookup.ts'

type PartitionAnswer = DescribeProducersResponseInput['topics'][number]['partitions'][number]

export function describeProducersHandler(node: BrokerNode): Handler {
  return handler(apis.DescribeProducers, (_context, request, respond) => {
    const topics = request.topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((index): PartitionAnswer => {
        const { partition, error } = findReplica(node, { topic: name, topicId: zeroUuid, index })
        const message = node.image.topicsByName.has(name) ? null : `There is no topic ${name}.`
        if (!isLegalTopicName(name)) return { partitionIndex: index, errorCode: errorCode.INVALID_TOPIC_EXCEPTION, errorMessage: message, activeProducers: [] }
        const activeProducers = partition === undefined ? [] : partition.log.producers.entries().map(describe)
        return { partitionIndex: index, errorCode: errorCode[error], errorMessage: error === 'NONE' ? null : message, activeProducers }
      }),
    }))
    respond({ topics })
  })
}

function describe(entry: ProducerEntry): PartitionAnswer['activeProducers'][number] {
  return {
    producerId: toBigInt(entry.producerId),
    producerEpoch: entry.producerEpoch,
    lastSequence: entry.batches.at(-1)?.lastSequence ?? -1,
    lastTimestamp: toBigInt(entry.lastTimestamp),
    coordinatorEpoch: entry.coordinatorEpoch,
    currentTxnStartOffset: toBigInt(entry.currentTxnFirstOffset),
  }
}
