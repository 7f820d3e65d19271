/** For tests of this room: any record the metadata log can hold. */
import fc from 'fast-check'
import type { MetadataRecord } from './records.ts'

const int32 = fc.integer()
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const ids = fc.array(int32, { maxLength: 4 })
const text = fc.string({ maxLength: 20, unit: 'grapheme' })
const uuid = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('base64url'))
const configs = fc.array(fc.record({ name: text, value: text }), { maxLength: 3 })

export const anyMetadataRecord: fc.Arbitrary<MetadataRecord> = fc.oneof(
  fc.record({
    kind: fc.constant('broker-registered' as const),
    brokerId: int32,
    incarnationId: uuid,
    previousBrokerEpoch: int64,
    rack: fc.option(text),
    listeners: fc.array(fc.record({ name: text, host: text, port: int32 }), { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant('broker-state' as const),
    brokerId: int32,
    fenced: fc.boolean(),
    inControlledShutdown: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('topic-created' as const), name: text, topicId: uuid, configs }),
  fc.record({ kind: fc.constant('topic-removed' as const), topicId: uuid }),
  fc.record({
    kind: fc.constant('partition' as const),
    topicId: uuid,
    partitionIndex: int32,
    replicas: ids,
    inSyncReplicas: ids,
    leader: int32,
    leaderEpoch: int32,
    partitionEpoch: int32,
    eligibleLeaderReplicas: ids,
    lastKnownLeader: int32,
  }),
  fc.record({ kind: fc.constant('producer-ids' as const), nextProducerId: int64 }),
  fc.record({ kind: fc.constant('topic-configs' as const), topicId: uuid, configs }),
  fc.record({ kind: fc.constant('cluster-configs' as const), configs }),
  fc.record({
    kind: fc.constant('broker' as const),
    brokerId: int32,
    brokerEpoch: int64,
    incarnationId: uuid,
    rack: fc.option(text),
    listeners: fc.array(fc.record({ name: text, host: text, port: int32 }), { maxLength: 3 }),
    fenced: fc.boolean(),
    inControlledShutdown: fc.boolean(),
    intactSince: int64,
  }),
  fc.record({ kind: fc.constant('feature-level' as const), name: text, level: fc.integer({ min: -32768, max: 32767 }) }),
)
