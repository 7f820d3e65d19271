/**
 * The story commands that are requests about groups. Member ids are random, so a story calls them m1, m2, … in the order in
 * which it meets them; `member=` is none. A group is the first word, `~` an empty one.
 */
import { apis } from '../../../protocol/apis.ts'
import { errorCode, errorName } from '../../../protocol/errors.ts'
import { encodeText } from '../../../protocol/text.ts'
import { storyRequest, topicIdFor, type RequestSource, type StoryRequest } from './story-data-requests.ts'
import { optionNumber } from './story-records.ts'
import { imageOf, parsePartition, type Stage } from './story-stage.ts'

const memberIds = new WeakMap<Stage, string[]>()

function known(stage: Stage): string[] {
  const ids = memberIds.get(stage) ?? []
  memberIds.set(stage, ids)
  return ids
}

/** What a story calls a member. */
export function memberName(stage: Stage, id: string): string {
  if (id === '') return 'nobody'
  if (!/-[0-9a-f]{12}$/.test(id)) return id
  const ids = known(stage)
  if (!ids.includes(id)) ids.push(id)
  return `m${ids.indexOf(id) + 1}`
}

export function memberIdOf(stage: Stage, name: string): string {
  const place = /^m(\d+)$/.exec(name)?.[1]
  return place === undefined ? name : (known(stage)[Number(place) - 1] ?? name)
}

export function groupOf({ line }: RequestSource): string {
  return line.words[0] === '~' ? '' : (line.words[0] ?? '')
}

function memberOf({ line, stage }: RequestSource): { memberId: string; groupInstanceId: string | null; generationId: number } {
  return {
    memberId: memberIdOf(stage, line.options.get('member') ?? ''),
    groupInstanceId: line.options.get('instance') ?? null,
    generationId: optionNumber(line, 'generation', -1),
  }
}

/** `a:x,b:y` as pairs. */
function pairs(text: string): (readonly [string, string])[] {
  return text.split(',').filter((each) => each !== '').map((each) => {
    const [name = '', value = ''] = each.split(':')
    return [name, value]
  })
}

function text(bytes: Uint8Array): string {
  return bytes.length === 0 ? 'nothing' : new TextDecoder().decode(bytes)
}

/** `coordinator @1 g h type=0`. */
export function coordinatorCommand(source: RequestSource): StoryRequest {
  const { line } = source
  const isSingle = optionNumber(line, 'v', apis.FindCoordinator.versions.max) < 4
  const keyType = optionNumber(line, 'type', 0)
  const body = isSingle ? { key: groupOf(source), keyType } : { coordinatorKeys: line.words, keyType }
  const print = ({ nodeId, errorCode: code }: { readonly nodeId: number; readonly errorCode: number }): string =>
    code === errorCode.NONE ? `at ${nodeId}` : errorName(code)
  return storyRequest(source, apis.FindCoordinator, body, (answer) =>
    isSingle ? print(answer) : answer.coordinators.map((each) => `${each.key} ${print(each)}`).join('\n'))
}

/** `join @1 g member=m1 instance=i type=consumer protocols=range:META,other:META session=MS rebalance=MS`. */
export function joinCommand(source: RequestSource): StoryRequest {
  const { line, stage } = source
  const { memberId, groupInstanceId } = memberOf(source)
  const body = {
    groupId: groupOf(source),
    sessionTimeoutMs: optionNumber(line, 'session', 10_000),
    rebalanceTimeoutMs: optionNumber(line, 'rebalance', 5000),
    memberId,
    groupInstanceId,
    protocolType: line.options.get('type') ?? 'consumer',
    protocols: pairs(line.options.get('protocols') ?? 'range:').map(([name, metadata]) => ({ name, metadata: encodeText(metadata) })),
  }
  return storyRequest(source, apis.JoinGroup, body, (answer) => {
    const name = memberName(stage, answer.memberId)
    if (answer.errorCode !== errorCode.NONE) return `${errorName(answer.errorCode)} ${name}`
    const members = answer.members.map((each) => `${memberName(stage, each.memberId)}=${text(each.metadata)}`)
    const skip = answer.skipAssignment ? ' skip' : ''
    return `${name} generation ${answer.generationId} ${answer.protocolName} leader ${memberName(stage, answer.leader)}${skip}: ${members.join(' ') || 'told nobody'}`
  })
}

/** From version 5 on these must be said. */
const syncWithoutProtocol = 4

/** `sync @1 g member=m1 generation=1 assign=m1:x,m2:y protocol=range type=consumer`. */
export function syncCommand(source: RequestSource): StoryRequest {
  const { line, stage } = source
  const body = {
    groupId: groupOf(source),
    ...memberOf(source),
    ...(line.options.has('type') && { protocolType: line.options.get('type')! }),
    ...(line.options.has('protocol') && { protocolName: line.options.get('protocol')! }),
    assignments: pairs(line.options.get('assign') ?? '').map(([name, assignment]) => ({
      memberId: memberIdOf(stage, name),
      assignment: encodeText(assignment),
    })),
  }
  const request = storyRequest(source, apis.SyncGroup, body, ({ errorCode: code, assignment }) =>
    code === errorCode.NONE ? `assigned ${text(assignment)}` : errorName(code))
  const saysProtocol = line.options.has('type') || line.options.has('protocol')
  return saysProtocol ? request : { ...request, version: Math.min(request.version, syncWithoutProtocol) }
}

/** `heartbeat @1 g member=m1 generation=1`. */
export function heartbeatCommand(source: RequestSource): StoryRequest {
  const body = { groupId: groupOf(source), ...memberOf(source) }
  return storyRequest(source, apis.Heartbeat, body, (answer) => errorName(answer.errorCode))
}

/** `leave @1 g m1 m2/instance /instance`; before version 3 only the first. */
export function leaveCommand(source: RequestSource): StoryRequest {
  const { line, stage } = source
  const members = line.words.slice(1).map((word) => {
    const [name = '', instance] = word.split('/')
    return { memberId: memberIdOf(stage, name), groupInstanceId: instance ?? null }
  })
  const isSingle = optionNumber(line, 'v', apis.LeaveGroup.versions.max) < 3
  const body = { groupId: groupOf(source), ...(isSingle ? { memberId: members[0]!.memberId } : { members }) }
  return storyRequest(source, apis.LeaveGroup, body, (answer) => [
    errorName(answer.errorCode),
    ...answer.members.map((each) => `${memberName(stage, each.memberId)} ${errorName(each.errorCode)}`),
  ].join('\n'))
}

/** `commit @1 g t-0:5 t-1:6 member=m1 generation=1 metadata=x epoch=3 retention=MS`. */
export function commitCommand(source: RequestSource): StoryRequest {
  const { line } = source
  const { memberId, groupInstanceId, generationId } = memberOf(source)
  const topics = line.words.slice(1).map((word) => {
    const [name = '', offset = '0'] = word.split(':')
    const { topic, index } = parsePartition(name)
    const partition = {
      partitionIndex: index,
      committedOffset: BigInt(offset),
      committedLeaderEpoch: optionNumber(line, 'epoch', -1),
      committedMetadata: line.options.get('metadata') ?? null,
    }
    return { name: topic, topicId: topicIdFor(source, topic), partitions: [partition] }
  })
  const retentionTimeMs = BigInt(line.options.get('retention') ?? '-1')
  const body = { groupId: groupOf(source), generationIdOrMemberEpoch: generationId, memberId, groupInstanceId, topics, retentionTimeMs }
  return storyRequest(source, apis.OffsetCommit, body, (answer) =>
    answer.topics.flatMap(({ partitions }) => partitions.map(({ errorCode: code }) => errorName(code))).join(' '))
}

/** `committed @1 g t-0 t-1` or all of them; `stable=true`. */
export function committedCommand(source: RequestSource): StoryRequest {
  const { line } = source
  const version = optionNumber(line, 'v', 9)
  const words = line.words.slice(1)
  const topics = words.length === 0 ? null : words.map((word) => {
    const { topic, index } = parsePartition(word)
    return { name: topic, topicId: topicIdFor(source, topic), partitionIndexes: [index] }
  })
  const groupId = groupOf(source)
  const requireStable = line.options.get('stable') === 'true'
  const body = { ...(version < 8 ? { groupId, topics } : { groups: [{ groupId, topics }] }), ...(version < 7 ? {} : { requireStable }) }
  return storyRequest({ ...source, line: withVersion(source, version) }, apis.OffsetFetch, body, (answer) => {
    const group = version < 8 ? answer : answer.groups[0]!
    if (group.errorCode !== errorCode.NONE) return errorName(group.errorCode)
    const lines = group.topics.flatMap(({ name, partitions }) => partitions.map((each) => {
      const error = each.errorCode === errorCode.NONE ? '' : ` ${errorName(each.errorCode)}`
      const epoch = each.committedLeaderEpoch < 0 ? '' : ` epoch ${each.committedLeaderEpoch}`
      const metadata = each.metadata === null || each.metadata === '' ? '' : ` "${each.metadata}"`
      return `${name}-${each.partitionIndex} ${each.committedOffset}${epoch}${metadata}${error}`
    }))
    return lines.join('\n') || 'no offsets'
  })
}

function withVersion({ line }: RequestSource, version: number): RequestSource['line'] {
  return { ...line, options: new Map([...line.options, ['v', String(version)]]) }
}

/** `describe @1 g`. */
export function describeCommand(source: RequestSource): StoryRequest {
  const { stage } = source
  return storyRequest(source, apis.DescribeGroups, { groups: [groupOf(source)] }, ({ groups: [group] }) => {
    const error = group!.errorCode === errorCode.NONE ? '' : ` ${errorName(group!.errorCode)}`
    const members = group!.members.map((each) => {
      const instance = each.groupInstanceId === null ? '' : ` (${each.groupInstanceId})`
      return `\n${memberName(stage, each.memberId)}${instance} ${each.clientId}: ${text(each.memberMetadata)} -> ${text(each.memberAssignment)}`
    })
    return `${group!.groupState}${error} ${group!.protocolType}/${group!.protocolData}${members.join('')}`
  })
}

/** `groups @1 states=Stable,Empty types=classic`. */
export function groupsCommand(source: RequestSource): StoryRequest {
  const list = (name: string): string[] => source.line.options.get(name)?.split(',') ?? []
  const body = { statesFilter: list('states'), typesFilter: list('types') }
  return storyRequest(source, apis.ListGroups, body, (answer) => {
    if (answer.errorCode !== errorCode.NONE) return errorName(answer.errorCode)
    return answer.groups.map((each) => `${each.groupId} ${each.groupType} ${each.groupState} ${each.protocolType}`).toSorted().join('\n') || 'no groups'
  })
}

/** `delete-group @1 g h`. */
export function deleteGroupCommand(source: RequestSource): StoryRequest {
  return storyRequest(source, apis.DeleteGroups, { groupsNames: source.line.words }, ({ results }) =>
    results.map((each) => `${each.groupId} ${errorName(each.errorCode)}`).join('\n'))
}

/** `delete-offsets @1 g t-0 t-1`. */
export function deleteOffsetsCommand(source: RequestSource): StoryRequest {
  const topics = source.line.words.slice(1).map((word) => {
    const { topic, index } = parsePartition(word)
    return { name: topic, partitions: [{ partitionIndex: index }] }
  })
  return storyRequest(source, apis.OffsetDelete, { groupId: groupOf(source), topics }, (answer) => {
    if (answer.errorCode !== errorCode.NONE) return errorName(answer.errorCode)
    return answer.topics.flatMap(({ name, partitions }) =>
      partitions.map((each) => `${name}-${each.partitionIndex} ${errorName(each.errorCode)}`)).join('\n')
  })
}

/**
 * `consume @1 g member=a epoch=0 topics=t,u regex=PATTERN assignor=range timeout=MS instance=i owned=t-0,t-1 | none`: who joins
 * owns nothing and has a timeout, unless told.
 */
export function consumeCommand(source: RequestSource): StoryRequest {
  const { line } = source
  const memberEpoch = optionNumber(line, 'epoch', 0)
  const option = (name: string): string | null => line.options.get(name) ?? null
  const owned = option('owned') ?? (memberEpoch === 0 ? 'none' : null)
  const partitions = owned === null || owned === '~' ? null : owned.split(',').filter((each) => each !== 'none').map(parsePartition)
  const version = optionNumber(line, 'v', apis.ConsumerGroupHeartbeat.versions.max)
  const body = {
    groupId: groupOf(source),
    memberId: option('member') ?? '',
    memberEpoch,
    instanceId: option('instance'),
    rackId: option('rack'),
    rebalanceTimeoutMs: optionNumber(line, 'timeout', memberEpoch === 0 ? 5000 : -1),
    subscribedTopicNames: option('topics')?.split(',') ?? null,
    ...(version >= 1 && { subscribedTopicRegex: option('regex') }),
    serverAssignor: option('assignor'),
    topicPartitions: partitions?.map(({ topic, index }) => ({ topicId: topicIdFor(source, topic), partitions: [index] })) ?? null,
  }
  return storyRequest(source, apis.ConsumerGroupHeartbeat, body, (answer) => {
    const { errorCode: code, errorMessage, assignment } = answer
    if (code !== errorCode.NONE) return `${errorName(code)}${errorMessage === null ? '' : `: ${errorMessage}`}`
    const granted = assignment === null ? 'as before' : printTopics(source.stage, assignment.topicPartitions)
    return `epoch ${answer.memberEpoch}: ${granted}`
  })
}

function printTopics(stage: Stage, topics: readonly { readonly topicId: string; readonly partitions: readonly number[] }[]): string {
  const image = imageOf(stage)
  const names = topics.flatMap(({ topicId, partitions }) =>
    partitions.map((partition) => `${image?.topicsById.get(topicId)?.name ?? 'gone'}-${partition}`))
  return names.toSorted().join(' ') || 'nothing'
}

/** `describe-consumer @1 g`. */
export function describeConsumerCommand(source: RequestSource): StoryRequest {
  return storyRequest(source, apis.ConsumerGroupDescribe, { groupIds: [groupOf(source)], includeAuthorizedOperations: false }, ({ groups: [group] }) => {
    if (group!.errorCode !== errorCode.NONE) return errorName(group!.errorCode)
    const members = group!.members.map((each) => {
      const instance = each.instanceId === null ? '' : ` (${each.instanceId})`
      const has = printTopics(source.stage, each.assignment.topicPartitions)
      return `\n${each.memberId}${instance} epoch ${each.memberEpoch}: ${has} -> ${printTopics(source.stage, each.targetAssignment.topicPartitions)}`
    })
    return `${group!.groupState} epoch ${group!.groupEpoch} assignment ${group!.assignmentEpoch} ${group!.assignorName}${members.join('')}`
  })
}
