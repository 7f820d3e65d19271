/** Random requests of consumer groups, both protocols: few groups and members, so that they meet. */
import fc from 'fast-check'
import type { ApiName } from '../../protocol/apis.ts'
import { few, leaderEpoch, nullable, partition, rarely, record, topic, topicId } from './random-pools.ts'
import type { JsonObject } from './step.ts'

export const groupId: fc.Arbitrary<string> = rarely(fc.constantFrom('~g', '~g', '~h'), fc.constantFrom('', '~nobody'))
/** Handed out in this sequence, or chosen by its client. */
export const memberId: fc.Arbitrary<string> = rarely(fc.constantFrom('member:0', 'member:0', 'member:1'), fc.constantFrom('', 'nobody', '~c'))
const chosenMember = rarely(fc.constantFrom('~c', '~c', '~d'), fc.constantFrom('', 'member:0'))
export const generationId: fc.Arbitrary<number> = rarely(fc.constantFrom(1, 1, 2), fc.constantFrom(-1, 0, 5))
const memberEpoch = rarely(fc.constantFrom(0, 1, 2), fc.constantFrom(-1, -2, 5))
export const groupInstanceId: fc.Arbitrary<string | null> = rarely<string | null>(fc.constant(null), fc.constantFrom('~i', '~j'))
/** Who is waited for is waited for two seconds. No shorter: whoever has joined and does not sync in that time is out, also where only the machine is slow. */
const rebalanceTimeoutMs = rarely(fc.constant(2000), fc.constantFrom(1500, 1800))
const protocol = record({ name: fc.constantFrom('range', 'roundrobin'), metadata: fc.constantFrom('', 'm') })
const committedOffset = rarely(fc.integer({ min: 0, max: 5 }), fc.constantFrom(-1, 100))
const committedMetadata = rarely<string | null>(fc.constantFrom('', 'm'), fc.constantFrom(null, 'x'.repeat(5000)))

/** What is named twice, or with no partition, is answered by Kafka as it happens to be kept. */
const onceEach = (field: string, list: readonly JsonObject[]): JsonObject[] => [...new Map(list.map((each) => [each[field], each])).values()]
const committedPartition = record({ partitionIndex: partition, committedOffset, committedLeaderEpoch: leaderEpoch, committedMetadata })

export const committedTopics: fc.Arbitrary<JsonObject[]> = few(record({
  name: topic, topicId, partitions: fc.array(committedPartition, { minLength: 1, maxLength: 2 }).map((list) => onceEach('partitionIndex', list)),
})).map((list) => onceEach('topicId', onceEach('name', list)))
const askedTopics = nullable(few(record({ name: topic, topicId, partitionIndexes: fc.array(partition, { maxLength: 2 }) })))

export const groupBodies: Partial<Record<ApiName, fc.Arbitrary<JsonObject>>> = {
  FindCoordinator: record({
    key: groupId,
    keyType: rarely(fc.constantFrom(0, 1), fc.constantFrom(2, 3, -1)),
    coordinatorKeys: few(groupId),
  }),
  JoinGroup: record({
    groupId,
    sessionTimeoutMs: rarely(fc.constant(6000), fc.constantFrom(0, 5999, 2147483647)),
    rebalanceTimeoutMs,
    memberId: rarely(fc.constantFrom('', 'member:0'), fc.constantFrom('member:1', 'nobody')),
    groupInstanceId,
    protocolType: rarely(fc.constant('consumer'), fc.constantFrom('', 'connect')),
    protocols: rarely(fc.array(protocol, { minLength: 1, maxLength: 2 }), fc.constant<JsonObject[]>([])),
    reason: fc.constant(null),
  }),
  SyncGroup: record({
    groupId, generationId, memberId, groupInstanceId,
    protocolType: rarely<string | null>(fc.constant('consumer'), fc.constantFrom(null, 'connect')),
    protocolName: rarely<string | null>(fc.constant('range'), fc.constantFrom(null, 'roundrobin')),
    assignments: fc.array(record({ memberId, assignment: fc.constantFrom('', 'a') }), { maxLength: 2 }),
  }),
  Heartbeat: record({ groupId, generationId, memberId, groupInstanceId }),
  LeaveGroup: record({ groupId, memberId, members: few(record({ memberId, groupInstanceId, reason: fc.constant(null) })) }),
  DescribeGroups: record({ groups: few(groupId), includeAuthorizedOperations: fc.boolean() }),
  ListGroups: record({
    statesFilter: fc.array(fc.constantFrom('Stable', 'Empty', 'stable', 'none'), { maxLength: 2 }),
    typesFilter: fc.array(fc.constantFrom('classic', 'Consumer', 'none'), { maxLength: 2 }),
  }),
  OffsetCommit: record({
    groupId,
    generationIdOrMemberEpoch: rarely(fc.constantFrom(-1, 1), generationId),
    memberId: rarely(fc.constantFrom('', 'member:0'), fc.constantFrom('member:1', '~c', 'nobody')),
    groupInstanceId, retentionTimeMs: fc.constant(-1), topics: committedTopics,
  }),
  OffsetFetch: record({
    groupId, topics: askedTopics,
    groups: few(record({
      groupId,
      memberId: rarely<string | null>(fc.constant(null), fc.constantFrom('member:0', '~c', 'nobody')),
      memberEpoch: rarely(fc.constant(-1), memberEpoch),
      topics: askedTopics,
    })),
    requireStable: fc.boolean(),
  }),
  OffsetDelete: record({ groupId, topics: few(record({ name: topic, partitions: few(record({ partitionIndex: partition })) })) }),
  DeleteGroups: record({ groupsNames: few(groupId) }),
  ConsumerGroupHeartbeat: record({
    groupId, memberId: chosenMember, memberEpoch, instanceId: groupInstanceId,
    rackId: fc.constant(null),
    rebalanceTimeoutMs: rarely(fc.constant(2000), fc.constantFrom(-1, 0)),
    subscribedTopicNames: nullable(fc.array(fc.constantFrom('~a', '~b', '~new'), { maxLength: 2 })),
    serverAssignor: rarely<string | null>(fc.constant(null), fc.constantFrom('uniform', 'range', 'none')),
    topicPartitions: rarely<JsonObject[] | null>(fc.constant([]), fc.array(record({ topicId, partitions: fc.array(partition, { maxLength: 2 }) }), { maxLength: 1 })),
  }),
  ConsumerGroupDescribe: record({ groupIds: few(groupId), includeAuthorizedOperations: fc.boolean() }),
}
