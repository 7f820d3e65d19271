/**
 * Wrong group ids, generations, epochs, members, instances and protocols: each is refused with the error that Apache Kafka gives,
 * whatever state the group is in, and leaves no trace: not in the group, not in its log, not in anybody's session.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ErrorName } from '../../../protocol/errors.ts'
import { zeroUuid } from '../../../protocol/uuid.ts'
import { joinGroup } from './classic-join.ts'
import type { JoinAnswer } from './classic-group.ts'
import { heartbeat, leaveGroup, syncGroup } from './classic-members.ts'
import { consumerHeartbeat, type ConsumerHeartbeat } from './consumer-heartbeat.ts'
import { GroupStage } from './group-stage.testing.ts'
import { commitOffsets, fetchOffsets } from './offset-commits.ts'

const groupId = 'g'
const sessionMs = 100

/** What can be seen of a group, in one text. */
function seen({ shard, length }: GroupStage): string {
  const classic = shard.classic(groupId)
  const consumer = shard.consumer(groupId)
  const offsets = fetchOffsets(shard, { groupId, partitions: null, requireStable: false })
  const members = [...(classic?.members.values() ?? [])].map(({ awaitingJoin, awaitingSync, ...member }) => {
    return { ...member, joins: awaitingJoin !== undefined, syncs: awaitingSync !== undefined }
  })
  const own = classic && { ...classic, members, instances: [...classic.instances], pendingJoins: [...classic.pendingJoins.keys()], pendingSyncs: [...classic.pendingSyncs] }
  const theirs = consumer && { ...consumer, members: [...consumer.members] }
  return JSON.stringify([length, own, theirs, offsets], (_name, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value instanceof Map || value instanceof Set ? [...value] : value)
}

class Classic {
  readonly stage: GroupStage = new GroupStage()
  /** Ids of its members; the first leads. */
  readonly ids: string[] = []
  generation = -1

  join(more: object, give: (answer: JoinAnswer) => void = () => undefined): void {
    const { stage } = this
    const request = {
      groupId, memberId: '', groupInstanceId: null, protocolType: 'consumer', protocols: [{ name: 'p', metadata: new Uint8Array(1) }],
      sessionTimeoutMs: sessionMs, rebalanceTimeoutMs: 50, clientId: 'c', clientHost: '/h', requiresKnownMemberId: false, supportsSkippingAssignment: true, ...more,
    }
    stage.shard.enter(() => joinGroup(stage.shard, request, give))
  }

  /** Two members, one of them static, of whom one has committed. */
  begin(): this {
    const joined: JoinAnswer[] = []
    this.join({ groupInstanceId: 'one' }, (answer) => joined.push(answer))
    this.stage.pass(1)
    this.join({}, (answer) => joined.push(answer))
    this.join({ memberId: joined[0]!.memberId, groupInstanceId: 'one' }, (answer) => joined.push(answer))
    this.stage.pass(1)
    const leader = joined.find(({ memberId, leader }) => memberId === leader)!.memberId
    this.ids.push(leader, joined.map(({ memberId }) => memberId).find((id) => id !== leader)!)
    this.generation = joined.at(-1)!.generationId
    return this
  }

  agree(): this {
    const assignments = this.ids.map((memberId) => ({ memberId, assignment: new Uint8Array(2) }))
    this.sync({ memberId: this.ids[0]!, groupInstanceId: 'one', assignments })
    this.sync({ memberId: this.ids[1]! })
    this.stage.commit()
    return this
  }

  sync(more: object): ErrorName[] {
    const { shard } = this.stage
    const errors: ErrorName[] = []
    const request = { memberId: '', groupInstanceId: null, generationId: this.generation, protocolType: null, protocolName: null, assignments: [], ...more }
    shard.enter(() => syncGroup(shard, shard.classic(groupId), { request, give: ({ error }) => errors.push(error) }))
    return errors
  }

  beat(more: object): ErrorName[] {
    const { shard } = this.stage
    const request = { memberId: '', groupInstanceId: null, generationId: this.generation, ...more }
    let error: ErrorName = 'NONE'
    shard.enter(() => (error = heartbeat(shard, shard.classic(groupId), request)))
    return [error]
  }

  leave(more: object): ErrorName[] {
    const { shard } = this.stage
    let errors: ErrorName[] = []
    shard.enter(() => (errors = leaveGroup(shard, shard.classic(groupId), [{ memberId: '', groupInstanceId: null, ...more }])))
    return errors
  }
}

function commit(stage: GroupStage, more: object): ErrorName[] {
  const offset = { topic: 't', topicId: zeroUuid, partition: 0, offset: 7n, leaderEpoch: -1, metadata: null }
  const request = {
    groupId, memberId: '', groupInstanceId: null, generationId: -1, retentionMs: -1, knowsMemberEpochs: true, offsets: [offset], transaction: undefined, ...more,
  }
  let told: readonly ErrorName[] = []
  stage.shard.enter(() => commitOffsets(stage.shard, request, (errors) => (told = errors)))
  stage.commit()
  return [...told]
}

/** Their names are the states that the coordinator tells of. */
const states: Readonly<Record<string, () => Classic>> = {
  CompletingRebalance: () => new Classic().begin(),
  Stable: () => new Classic().begin().agree(),
  PreparingRebalance: () => {
    const group = new Classic().begin().agree()
    group.join({})
    return group
  },
}

type Ask = (group: Classic) => readonly ErrorName[]
const joined = (more: object): Ask => (group) => {
  const errors: ErrorName[] = []
  group.join(more, ({ error }) => errors.push(error))
  return errors
}

/** What is wrong with it, what is asked, and what Kafka says. */
const wrong: readonly (readonly [what: string, ask: Ask, error: ErrorName])[] = [
  ['a heartbeat of a stranger', (group) => group.beat({ memberId: 'stranger' }), 'UNKNOWN_MEMBER_ID'],
  ['a heartbeat of a generation to come', (group) => group.beat({ memberId: group.ids[1]!, generationId: group.generation + 1 }), 'ILLEGAL_GENERATION'],
  ['a heartbeat of a generation that is over', (group) => group.beat({ memberId: group.ids[1]!, generationId: 0 }), 'ILLEGAL_GENERATION'],
  ['a heartbeat of an instance nobody has', (group) => group.beat({ memberId: group.ids[1]!, groupInstanceId: 'two' }), 'UNKNOWN_MEMBER_ID'],
  ['a heartbeat under another\'s instance', (group) => group.beat({ memberId: group.ids[1]!, groupInstanceId: 'one' }), 'FENCED_INSTANCE_ID'],
  ['a sync of a stranger', (group) => group.sync({ memberId: 'stranger' }), 'UNKNOWN_MEMBER_ID'],
  ['a sync of another generation', (group) => group.sync({ memberId: group.ids[1]!, generationId: group.generation - 1 }), 'ILLEGAL_GENERATION'],
  ['a sync for another protocol', (group) => group.sync({ memberId: group.ids[1]!, protocolName: 'other', protocolType: 'consumer' }), 'INCONSISTENT_GROUP_PROTOCOL'],
  ['a sync for another kind of group', (group) => group.sync({ memberId: group.ids[1]!, protocolName: 'p', protocolType: 'connect' }), 'INCONSISTENT_GROUP_PROTOCOL'],
  ['a join of a stranger', joined({ memberId: 'stranger' }), 'UNKNOWN_MEMBER_ID'],
  ['a join of a stranger as an instance nobody has', joined({ memberId: 'stranger', groupInstanceId: 'two' }), 'UNKNOWN_MEMBER_ID'],
  ['a join of a stranger as another\'s instance', joined({ memberId: 'stranger', groupInstanceId: 'one' }), 'FENCED_INSTANCE_ID'],
  ['a join by protocols nobody else has', joined({ protocols: [{ name: 'other', metadata: new Uint8Array(1) }] }), 'INCONSISTENT_GROUP_PROTOCOL'],
  ['a join of another kind of group', joined({ protocolType: 'connect' }), 'INCONSISTENT_GROUP_PROTOCOL'],
  ['a join whose subscription claims more than it holds', (group) => joined({ memberId: group.ids[1]!, protocols: [{ name: 'p', metadata: new TextEncoder().encode('nonsense') }] })(group), 'UNKNOWN_SERVER_ERROR'],
  ['a join without a protocol', joined({ protocols: [] }), 'INCONSISTENT_GROUP_PROTOCOL'],
  ['a stranger that leaves', (group) => group.leave({ memberId: 'stranger' }), 'UNKNOWN_MEMBER_ID'],
  ['an instance that leaves and nobody has', (group) => group.leave({ groupInstanceId: 'two' }), 'UNKNOWN_MEMBER_ID'],
  ['a commit of a stranger', ({ stage, generation }) => commit(stage, { memberId: 'stranger', generationId: generation }), 'UNKNOWN_MEMBER_ID'],
  ['a commit of nobody', ({ stage }) => commit(stage, {}), 'UNKNOWN_MEMBER_ID'],
  ['a commit of another generation', ({ stage, ids, generation }) => commit(stage, { memberId: ids[1]!, generationId: generation + 1 }), 'ILLEGAL_GENERATION'],
  ['a commit under another\'s instance', ({ stage, ids, generation }) => commit(stage, { memberId: ids[1]!, groupInstanceId: 'one', generationId: generation }), 'FENCED_INSTANCE_ID'],
]

describe.each(Object.entries(states))('a classic group that is %s', (state, make) => {
  it('is what it is called', () => {
    expect(make().stage.shard.classic(groupId)!.state).toBe(state)
  })

  it.each(wrong)('refuses %s, and stays as it is', (_what, ask, error) => {
    const group = make()
    const before = seen(group.stage)
    expect(ask(group)).toEqual([error])
    expect(seen(group.stage)).toBe(before)
  })
})

describe('a classic group that is refused nothing but nonsense', () => {
  it('ends the sessions of its members when they are over', () => {
    const nonsense = fc.array(fc.constantFrom(...wrong.filter(([what]) => !what.startsWith('a join'))), { minLength: 1, maxLength: 12 })
    fc.assert(fc.property(nonsense, (asked) => {
      const group = states['Stable']!()
      for (const [, ask] of asked) {
        group.stage.pass(Math.floor((sessionMs - 10) / asked.length))
        ask(group)
      }
      expect(group.stage.shard.classic(groupId)!.members.size).toBe(2)
      group.stage.pass(sessionMs)
      expect(group.stage.shard.classic(groupId)!.members.size).toBe(0)
    }))
  })
})

describe('a group of the consumer protocol', () => {
  function heart(stage: GroupStage, more: Partial<ConsumerHeartbeat>): ErrorName[] {
    const errors: ErrorName[] = []
    const request: ConsumerHeartbeat = {
      groupId, memberId: 'a', memberEpoch: 1, instanceId: null, rackId: null, rebalanceTimeoutMs: -1, subscribedTopicNames: null,
      subscribedTopicRegex: null, serverAssignor: null, topicPartitions: null, clientId: 'c', clientHost: '/h', ...more,
    }
    stage.shard.enter(() => consumerHeartbeat(stage.shard, request, ({ error }) => errors.push(error)))
    stage.commit()
    return errors
  }

  function stable(): GroupStage {
    const stage = new GroupStage()
    const join = { memberEpoch: 0, rebalanceTimeoutMs: 50, subscribedTopicNames: ['t'], topicPartitions: [] }
    expect(heart(stage, join)).toEqual(['NONE'])
    expect(heart(stage, { ...join, memberId: 'b', instanceId: 'one' })).toEqual(['NONE'])
    return stage
  }

  it.each<readonly [string, (stage: GroupStage) => readonly ErrorName[], ErrorName]>([
    ['a stranger', (stage) => heart(stage, { memberId: 'stranger' }), 'UNKNOWN_MEMBER_ID'],
    ['a stranger that leaves', (stage) => heart(stage, { memberId: 'stranger', memberEpoch: -1 }), 'UNKNOWN_MEMBER_ID'],
    ['an epoch to come', (stage) => heart(stage, { memberEpoch: 9 }), 'FENCED_MEMBER_EPOCH'],
    ['an instance nobody has', (stage) => heart(stage, { memberId: 'b', memberEpoch: 2, instanceId: 'two' }), 'UNKNOWN_MEMBER_ID'],
    ['another\'s instance', (stage) => heart(stage, { memberId: 'a', instanceId: 'one' }), 'FENCED_INSTANCE_ID'],
    ['who joins as an instance that is there', (stage) => heart(stage, { memberId: 'c', memberEpoch: 0, rebalanceTimeoutMs: 50, subscribedTopicNames: ['t'], topicPartitions: [], instanceId: 'one' }), 'UNRELEASED_INSTANCE_ID'],
    ['a group nobody knows', (stage) => heart(stage, { groupId: 'h' }), 'GROUP_ID_NOT_FOUND'],
    ['a commit of a stranger', (stage) => commit(stage, { memberId: 'stranger', generationId: 1 }), 'UNKNOWN_MEMBER_ID'],
    ['a commit of nobody', (stage) => commit(stage, {}), 'UNKNOWN_MEMBER_ID'],
    ['a commit of an epoch to come', (stage) => commit(stage, { memberId: 'a', generationId: 9 }), 'STALE_MEMBER_EPOCH'],
    ['a commit by who does not know of epochs', (stage) => commit(stage, { memberId: 'a', generationId: 1, knowsMemberEpochs: false }), 'UNSUPPORTED_VERSION'],
  ])('refuses %s, and stays as it is', (_what, ask, error) => {
    const stage = stable()
    const before = seen(stage)
    expect(ask(stage)).toEqual([error])
    expect(seen(stage)).toBe(before)
  })
})
