import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { groupRecords, type GroupRecord } from './records.ts'

const text = fc.string({ maxLength: 8 })
const bytes = fc.uint8Array({ maxLength: 8 })
const timestamp = fc.bigInt({ min: 0n, max: 2n ** 50n })

const offset = fc.record({
  kind: fc.constant('offset' as const),
  group: text,
  topic: text,
  partition: fc.nat(),
  value: fc.option(fc.record({
    offset: timestamp, leaderEpoch: fc.integer({ min: -1, max: 9 }), metadata: text, commitTimestamp: timestamp,
    expireTimestamp: fc.constant(-1n), topicId: fc.constant('c3RyYW5nZXIgdG9waWMgaQ'),
  })),
})

const member = fc.record({
  memberId: text, groupInstanceId: fc.option(text), clientId: text, clientHost: text,
  rebalanceTimeoutMs: fc.nat(), sessionTimeoutMs: fc.nat(), subscription: bytes, assignment: bytes,
})

const classicGroup = fc.record({
  kind: fc.constant('classic-group' as const),
  group: text,
  value: fc.option(fc.record({
    protocolType: text, generation: fc.nat(), protocol: fc.option(text), leader: fc.option(text),
    currentStateTimestamp: timestamp, members: fc.array(member, { maxLength: 3 }),
  })),
})

const uuid = fc.constant('c3RyYW5nZXIgdG9waWMgaQ')
const topicPartitions = fc.array(fc.record({ topicId: uuid, partitions: fc.array(fc.nat(), { maxLength: 3 }) }), { maxLength: 2 })
const ofGroup = (kind: string, value: fc.Arbitrary<unknown>): fc.Arbitrary<GroupRecord> =>
  fc.record({ kind: fc.constant(kind), group: text, value: fc.option(value) }) as fc.Arbitrary<GroupRecord>
const ofMember = (kind: string, value: fc.Arbitrary<unknown>): fc.Arbitrary<GroupRecord> =>
  fc.record({ kind: fc.constant(kind), group: text, memberId: text, value: fc.option(value) }) as fc.Arbitrary<GroupRecord>

const consumer = fc.oneof(
  ofGroup('consumer-group', fc.record({ epoch: fc.nat(), metadataHash: fc.integer() })),
  ofMember('consumer-member', fc.record({
    instanceId: fc.option(text), rackId: fc.option(text), clientId: text, clientHost: text, subscribedTopicNames: fc.array(text),
    subscribedTopicRegex: text, rebalanceTimeoutMs: fc.nat(), serverAssignor: fc.option(text),
  })),
  ofGroup('consumer-target', fc.record({ assignmentEpoch: fc.nat(), assignor: text })),
  ofMember('consumer-target-member', fc.record({ topicPartitions })),
  ofMember('consumer-current', fc.record({
    memberEpoch: fc.integer({ min: -2, max: 9 }), previousMemberEpoch: fc.integer({ min: -2, max: 9 }), state: fc.nat(2), pendingRevocation: topicPartitions,
    assigned: fc.array(fc.record({ topicId: uuid, partitions: fc.array(fc.nat(), { maxLength: 3 }), epochs: fc.array(fc.nat(), { maxLength: 3 }) }), { maxLength: 2 }),
  })),
)

describe('records of groups', () => {
  it('are read as they were written', () => {
    fc.assert(fc.property(fc.oneof<fc.Arbitrary<GroupRecord>[]>(offset, classicGroup, consumer), (record) => {
      const { key, value } = groupRecords.encode(record)
      expect(groupRecords.decode(key, value)).toEqual(record)
    }))
  })

  it('have the bytes Kafka writes', () => {
    const hex = (part: Uint8Array | null): string | undefined => part?.reduce((all, byte) => all + byte.toString(16).padStart(2, '0'), '')
    const { key, value } = groupRecords.encode({
      kind: 'offset', group: 'g', topic: 't', partition: 2,
      value: { offset: 5n, leaderEpoch: 1, metadata: 'm', commitTimestamp: 255n, expireTimestamp: -1n, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' },
    })
    expect(hex(key)).toBe(['0001', '000167', '000174', '00000002'].join(''))
    expect(hex(value)).toBe(['0004', '0000000000000005', '00000001', '026d', '00000000000000ff', '00'].join(''))
  })

  it('of kinds nobody here knows are passed over', () => {
    expect(groupRecords.decode(new Uint8Array([0, 99, 1]), new Uint8Array(2))).toBeUndefined()
  })
})
