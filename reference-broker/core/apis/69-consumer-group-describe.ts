/**
 * ConsumerGroupDescribe v0-1 (KIP-848): groups of the consumer protocol as they stand; any other is GROUP_ID_NOT_FOUND, and all
 * are UNSUPPORTED_VERSION where the cluster has not agreed on group.version 1.
 */
import { apis } from '../../../protocol/apis.ts'
import type { ConsumerGroupDescribeResponseInput } from '../../../protocol/apis/69-consumer-group-describe.ts'
import { errorCode } from '../../../protocol/errors.ts'
import { topicsOf, type ConsumerGroup, type ConsumerMember, type PartitionKey } from '../groups/consumer-group.ts'
import { hasLevel } from '../metadata/features.ts'
import type { ClusterImage } from '../metadata/image.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'

type Described = ConsumerGroupDescribeResponseInput['groups'][number]
type DescribedMember = Described['members'][number]

const consumerMemberType = 1

export function consumerGroupDescribeHandler(node: BrokerNode): Handler {
  return handler(apis.ConsumerGroupDescribe, (_context, request, respond) => {
    respond({ groups: request.groupIds.map((groupId) => describe(node, groupId)) })
  })
}

function describe(node: BrokerNode, groupId: string): Described {
  const nothing = { groupId, errorMessage: null, groupState: '', groupEpoch: 0, assignmentEpoch: 0, assignorName: '', members: [] }
  if (!hasLevel(node.image.features, 'group.version', 1)) return { ...nothing, errorCode: errorCode.UNSUPPORTED_VERSION }
  if (groupId === '') return { ...nothing, errorCode: errorCode.INVALID_GROUP_ID }
  const { error, shard } = node.groups.find(groupId)
  if (shard === undefined) return { ...nothing, errorCode: errorCode[error] }
  const group = shard.state.consumer(groupId)
  if (group === undefined) {
    return { ...nothing, errorCode: errorCode.GROUP_ID_NOT_FOUND, errorMessage: `Group ${groupId} is not a consumer group.` }
  }
  const { groupEpoch, assignmentEpoch } = group
  return {
    groupId,
    errorCode: errorCode.NONE,
    errorMessage: null,
    groupState: group.state,
    groupEpoch,
    assignmentEpoch,
    assignorName: group.assignor,
    members: [...group.members.values()].map((member) => describeMember(node.image, group, member)),
  }
}

function describeMember(image: ClusterImage, group: ConsumerGroup, member: ConsumerMember): DescribedMember {
  const { memberId, instanceId, rackId, memberEpoch, clientId, clientHost, subscribedTopicNames, subscribedTopicRegex } = member
  return {
    memberId,
    instanceId,
    rackId,
    memberEpoch,
    clientId,
    clientHost,
    subscribedTopicNames: [...subscribedTopicNames],
    subscribedTopicRegex,
    assignment: named(image, member.assigned.keys()),
    targetAssignment: named(image, group.targetOf(memberId)),
    memberType: consumerMemberType,
  }
}

/** Topics that are gone have no name to be told. */
function named(image: ClusterImage, keys: Iterable<PartitionKey>): DescribedMember['assignment'] {
  return {
    topicPartitions: topicsOf(keys).flatMap(({ topicId, partitions }) => {
      const topicName = image.topicsById.get(topicId)?.name
      return topicName === undefined ? [] : [{ topicId, topicName, partitions }]
    }),
  }
}
