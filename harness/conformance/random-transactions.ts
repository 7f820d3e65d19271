/** Random requests of transactional producers: one or two ids, epochs that fit and that do not, offsets among them. */
import fc from 'fast-check'
import type { ApiName } from '../../protocol/apis.ts'
import { committedTopics, generationId, groupId, groupInstanceId, memberId } from './random-groups.ts'
import { few, partition, rarely, record, topic } from './random-pools.ts'
import type { Json, JsonObject } from './step.ts'

const transactionalId = rarely(fc.constantFrom('~t', '~t', '~t', '~u'), fc.constantFrom('', '~nobody'))
const producerId = rarely<number | string>(fc.constantFrom('p0', 'p0', 'p1'), fc.constantFrom<number | string>(-1, 5000))
const producerEpoch = rarely(fc.constantFrom(0, 0, 1, 2), fc.constantFrom(-1, 3, 32767))
const sequence = rarely(fc.integer({ min: 0, max: 3 }), fc.constantFrom(-1, 10))
const batch = record({
  values: fc.constantFrom<string[]>(['x'], ['x', 'y']), key: fc.constant('k'), producerId, epoch: producerEpoch.map((epoch) => Math.max(epoch, 0)), sequence,
  transactional: rarely(fc.constant(true), fc.constant(false)),
})
const partitions = few(partition)
/** What is named twice, or with no partition, is answered as it happens to be kept. */
const topics = few(record({ name: topic, partitions: fc.uniqueArray(partition, { minLength: 1, maxLength: 2 }) }))
  .map((list) => [...new Map(list.map((each) => [each['name'], each])).values()])

/** Brokers ask for each transaction once; Kafka answers a second asking with the words of the first. */
function onceEach(transactions: readonly JsonObject[]): JsonObject[] {
  return [...new Map(transactions.map((each) => [each['transactionalId'], each])).values()]
}

export const transactionBodies: Partial<Record<ApiName, fc.Arbitrary<JsonObject>>> = {
  InitProducerId: record({
    transactionalId: rarely<string | null>(transactionalId, fc.constant(null)),
    transactionTimeoutMs: rarely(fc.constant(60_000), fc.constantFrom(0, -1, 2147483647)),
    producerId: rarely<number | string>(fc.constant(-1), producerId),
    producerEpoch: rarely(fc.constant(-1), producerEpoch),
  }),
  AddPartitionsToTxn: record({
    v3AndBelowTransactionalId: transactionalId, v3AndBelowProducerId: producerId, v3AndBelowProducerEpoch: producerEpoch, v3AndBelowTopics: topics,
    transactions: few(record({ transactionalId, producerId, producerEpoch, verifyOnly: fc.boolean(), topics })).map(onceEach),
  }),
  AddOffsetsToTxn: record({ transactionalId, producerId, producerEpoch, groupId }),
  TxnOffsetCommit: record({
    transactionalId, groupId, producerId, producerEpoch,
    generationIdOrMemberEpoch: rarely(fc.constant(-1), generationId),
    memberId: rarely(fc.constant(''), memberId),
    groupInstanceId, topics: committedTopics,
  }),
  EndTxn: record({ transactionalId, producerId, producerEpoch, committed: fc.boolean() }),
  Produce: record({
    transactionalId: rarely<string | null>(transactionalId, fc.constant(null)),
    acks: rarely(fc.constant(-1), fc.constantFrom(1, 0)),
    timeoutMs: fc.constant(5000),
    topicData: fc.array(record({
      name: rarely(fc.constant('~a'), topic), topicId: fc.constant('id:~a'),
      partitionData: fc.array(record({ index: rarely(fc.constant(0), partition), records: batch.map((each): Json => [each]) }), { minLength: 1, maxLength: 1 }),
    }), { minLength: 1, maxLength: 1 }),
  }),
  DescribeTransactions: record({ transactionalIds: few(transactionalId) }),
  ListTransactions: record({
    stateFilters: fc.array(fc.constantFrom('Ongoing', 'CompleteCommit', 'Empty', 'none'), { maxLength: 2 }),
    producerIdFilters: fc.array(producerId, { maxLength: 1 }),
    durationFilter: rarely(fc.constant(-1), fc.constantFrom(0, 100_000)),
    transactionalIdPattern: fc.constant(null),
  }),
  DescribeProducers: record({ topics: few(record({ name: topic, partitionIndexes: partitions })) }),
}
