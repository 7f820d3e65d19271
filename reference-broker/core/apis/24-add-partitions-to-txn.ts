/**
 * AddPartitionsToTxn v0-5: a producer (v0-3), or brokers for several producers at once (v4+), say where a transaction will
 * write; or only ask whether they said so (verifyOnly). All or nothing: where one partition does not exist, the others are
 * OPERATION_NOT_ATTEMPTED.
 * Version notes: v2 PRODUCER_FENCED; v4 brings transaction version 2.
 */
import { apis } from '../../../protocol/apis.ts'
import type { AddPartitionsToTxnRequest, AddPartitionsToTxnResponseInput } from '../../../protocol/apis/24-add-partitions-to-txn.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { toNumber } from '../../../protocol/int64.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'
import { addPartitions } from '../transactions/add-partitions.ts'
import { includes, joined, noPartitions, type TopicPartitions } from '../transactions/transaction.ts'
import { fencedFor } from './transaction-errors.ts'

type AskedTransaction = AddPartitionsToTxnRequest['transactions'][number]
type AskedTopics = AskedTransaction['topics']
type TopicResults = NonNullable<AddPartitionsToTxnResponseInput['resultsByTopicV3AndBelow']>

const fencedSinceVersion = 2
const batchedSinceVersion = 4

export function addPartitionsToTxnHandler(node: BrokerNode): Handler {
  return handler(apis.AddPartitionsToTxn, ({ apiVersion }, request, respond) => {
    if (apiVersion < batchedSinceVersion) {
      const asked = {
        transactionalId: request.v3AndBelowTransactionalId,
        producerId: request.v3AndBelowProducerId,
        producerEpoch: request.v3AndBelowProducerEpoch,
        verifyOnly: false,
        topics: request.v3AndBelowTopics,
      }
      return addOne(node, asked, apiVersion, (resultsByTopicV3AndBelow) => respond({ resultsByTopicV3AndBelow }))
    }
    const { transactions } = request
    const results: TopicResults[] = []
    let open = transactions.length + 1
    const settled = (): void => {
      open--
      if (open > 0) return
      const resultsByTransaction = transactions.map(({ transactionalId }, i) => ({ transactionalId, topicResults: results[i]! }))
      respond({ errorCode: errorCode.NONE, resultsByTransaction })
    }
    for (const [i, asked] of transactions.entries()) {
      addOne(node, asked, apiVersion, (result) => {
        results[i] = result
        settled()
      })
    }
    return settled()
  })
}

function addOne(node: BrokerNode, asked: AskedTransaction, apiVersion: number, give: (results: TopicResults) => void): void {
  const { transactionalId } = asked
  const topics = asked.verifyOnly ? eachOnce(asked.topics) : asked.topics
  const told = (error: ErrorName): number => {
    return errorCode[fencedFor(error, apiVersion >= fencedSinceVersion)]
  }
  const giveEach = (errorOf: (topic: string, index: number) => ErrorName): void => give(resultsOf(topics, (topic, index) => told(errorOf(topic, index))))
  const exists = (topic: string, index: number): boolean => node.image.topicsByName.get(topic)?.partitions[index] !== undefined
  if (!topics.every(({ name, partitions }) => partitions.every((index) => exists(name, index)))) {
    return giveEach((topic, index) => (exists(topic, index) ? 'OPERATION_NOT_ATTEMPTED' : 'UNKNOWN_TOPIC_OR_PARTITION'))
  }
  if (transactionalId === '') return giveEach(() => 'INVALID_REQUEST')
  const producer = { producerId: toNumber(asked.producerId), producerEpoch: asked.producerEpoch, partitions: partitionsOf(topics) }
  if (asked.verifyOnly) {
    return node.transactions.verify(transactionalId, producer, (error, missing) => {
      giveEach((topic, index) => (error === 'NONE' && includes(missing, topic, index) ? 'TRANSACTION_ABORTABLE' : error))
    })
  }
  const transactionVersion = apiVersion >= batchedSinceVersion ? 2 : 0
  const nowMs = node.loop.ports.clock.wallNow()
  return node.transactions.decide(
    transactionalId,
    (known) => addPartitions(known, { ...producer, transactionVersion, nowMs }, node.decisions),
    (error) => giveEach(() => error),
  )
}

/** Who only asks is answered once of what is named twice. */
function eachOnce(topics: AskedTopics): AskedTopics {
  const byName = new Map<string, Set<number>>()
  for (const { name, partitions } of topics) {
    const seen = byName.get(name) ?? new Set()
    for (const partition of partitions) seen.add(partition)
    byName.set(name, seen)
  }
  return [...byName].map(([name, partitions]) => ({ name, partitions: [...partitions] }))
}

function partitionsOf(topics: AskedTopics): TopicPartitions {
  return topics.reduce((all, { name, partitions }) => joined(all, new Map([[name, partitions]])), noPartitions)
}

function resultsOf(topics: AskedTopics, codeOf: (topic: string, index: number) => number): TopicResults {
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({ partitionIndex, partitionErrorCode: codeOf(name, partitionIndex) })),
  }))
}
