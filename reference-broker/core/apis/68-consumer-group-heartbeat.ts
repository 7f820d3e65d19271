/**
 * ConsumerGroupHeartbeat v0-1 (KIP-848). UNSUPPORTED_VERSION where the cluster has not agreed on group.version 1. What
 * contradicts itself is INVALID_REQUEST; the rest is in groups/consumer-heartbeat.ts.
 * An error is all that a refusal says: no member id, no epoch.
 * Version notes: v0 the broker makes the member id when there is none; v1 the client must (KIP-1082), and may send a pattern.
 */
import { apis } from '../../../protocol/apis.ts'
import type { ConsumerGroupHeartbeatRequest } from '../../../protocol/apis/68-consumer-group-heartbeat.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { readUuid } from '../../../protocol/uuid.ts'
import { randomBytes } from '../../../ports/random.ts'
import { topicsOf } from '../groups/consumer-group.ts'
import { consumerHeartbeat, joinEpoch, staticLeaveEpoch, type ConsumerAnswer } from '../groups/consumer-heartbeat.ts'
import { compileTopicPattern } from '../groups/topic-pattern.ts'
import { hasLevel } from '../metadata/features.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'
import { clientHost } from './client-host.ts'

const ownIdSinceVersion = 1

interface Refusal {
  readonly error: ErrorName
  readonly message: string
}

export function consumerGroupHeartbeatHandler(node: BrokerNode): Handler {
  const { groupConsumerHeartbeatIntervalMs, groupConsumerAssignors } = node.config
  return handler(apis.ConsumerGroupHeartbeat, (context, request, respond) => {
    const refuse = (error: ErrorName, errorMessage: string = wordsOf(error)): void =>
      respond({ errorCode: errorCode[error], errorMessage, memberId: null, memberEpoch: 0, heartbeatIntervalMs: 0 })
    if (!hasLevel(node.image.features, 'group.version', 1)) return refuse('UNSUPPORTED_VERSION')
    const refusal = checkRequest(request, context.apiVersion, groupConsumerAssignors)
    if (refusal !== undefined) return refuse(refusal.error, refusal.message)
    const give = ({ error, memberId, memberEpoch, assigned }: ConsumerAnswer): void => {
      if (error !== 'NONE') return refuse(error)
      return respond({
        errorCode: errorCode.NONE,
        memberId,
        memberEpoch,
        heartbeatIntervalMs: memberEpoch < joinEpoch ? 0 : groupConsumerHeartbeatIntervalMs,
        assignment: assigned === null ? null : { topicPartitions: topicsOf(assigned) },
      })
    }
    const memberId = request.memberId === '' ? readUuid(randomBytes(node.loop.ports.random, 16), 0) : request.memberId
    const heartbeat = { ...request, memberId, clientId: context.clientId ?? '', clientHost: clientHost(context.remote) }
    const error = node.groups.inShard(request.groupId, (shard) => consumerHeartbeat(shard, heartbeat, give))
    return error === 'NONE' ? undefined : refuse(error)
  })
}

/** Kafka tells more of the group than anybody needs who is not a member; that something is told is all clients rely on. */
function wordsOf(error: ErrorName): string {
  return `The coordinator refused the heartbeat: ${error}.`
}

function checkRequest(request: ConsumerGroupHeartbeatRequest, apiVersion: number, assignors: readonly string[]): Refusal | undefined {
  const message = contradiction(request, apiVersion)
  if (message !== undefined) return { error: 'INVALID_REQUEST', message }
  const { serverAssignor, subscribedTopicRegex } = request
  if (serverAssignor !== null && !assignors.includes(serverAssignor)) {
    return { error: 'UNSUPPORTED_ASSIGNOR', message: `ServerAssignor ${serverAssignor} is not supported; use one of ${assignors.join(', ')}.` }
  }
  const isPattern = subscribedTopicRegex === null || compileTopicPattern(subscribedTopicRegex) !== undefined
  return isPattern ? undefined : { error: 'INVALID_REGULAR_EXPRESSION', message: `SubscribedTopicRegex ${subscribedTopicRegex} is not valid.` }
}

function contradiction(request: ConsumerGroupHeartbeatRequest, apiVersion: number): string | undefined {
  const { groupId, memberId, memberEpoch, instanceId, rackId } = request
  if (groupId.trim() === '') return 'GroupId can\'t be empty.'
  if (memberId.trim() === '' && (apiVersion >= ownIdSinceVersion || memberEpoch !== joinEpoch)) return 'MemberId can\'t be empty.'
  if (instanceId?.trim() === '') return 'InstanceId can\'t be empty.'
  if (rackId?.trim() === '') return 'RackId can\'t be empty.'
  if (memberEpoch < staticLeaveEpoch) return `MemberEpoch is ${memberEpoch}, but must be greater than or equal to -2.`
  if (memberEpoch === staticLeaveEpoch && instanceId === null) return 'InstanceId can\'t be null.'
  return memberEpoch === joinEpoch ? contradictionOfJoin(request) : undefined
}

function contradictionOfJoin(request: ConsumerGroupHeartbeatRequest): string | undefined {
  const { rebalanceTimeoutMs, topicPartitions, subscribedTopicNames, subscribedTopicRegex } = request
  if (rebalanceTimeoutMs === -1) return 'RebalanceTimeoutMs must be provided in first request.'
  if (topicPartitions === null || topicPartitions.length > 0) return 'TopicPartitions must be empty when (re-)joining.'
  const reads = subscribedTopicNames !== null || subscribedTopicRegex !== null
  return reads ? undefined : 'Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.'
}
