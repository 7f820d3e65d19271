import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ErrorName } from '../../../protocol/errors.ts'
import { toBigInt } from '../../../protocol/int64.ts'
import type { PartitionImage, TopicImage } from '../metadata/image.ts'
import { LoneController } from '../testing/lone-controller.ts'
import { alterPartition, type AlterPartitionAnswer } from './in-sync.ts'
import { createTopics } from './topics.ts'

/** Replicas 2, 1, 3, 4: led by 1 in leader epoch 1, in sync 1 and 3, because 2 was lost and came back; 4 never served. */
function startingPoint(): LoneController {
  const lone = new LoneController().bringUp(1, 2, 3)
  lone.register(4)
  const assignments = [{ partitionIndex: 0, brokerIds: [2, 1, 3, 4] }]
  const topic = { name: 't', numPartitions: -1, replicationFactor: -1, assignments, configs: [] }
  lone.committed((done) => createTopics(lone.controller, { topics: [topic], timeoutMs: 0, validateOnly: false }, done))
  lone.heartbeat(2, { wantFence: true })
  lone.heartbeat(2)
  return lone
}

function topicOf(lone: LoneController): TopicImage {
  return lone.controller.image.topicsByName.get('t')!
}

function partitionOf(lone: LoneController): PartitionImage {
  return topicOf(lone).partitions[0]!
}

interface Asked {
  readonly brokerId?: number
  readonly brokerEpoch?: number
  readonly topicId?: string
  readonly leaderEpoch?: number
  readonly partitionEpoch?: number
  readonly members?: readonly { readonly id: number; readonly epoch?: number }[]
}

function alter(lone: LoneController, asked: Asked, done: (answer: AlterPartitionAnswer) => void): void {
  const { id: topicId } = topicOf(lone)
  const { leaderEpoch, partitionEpoch } = partitionOf(lone)
  const { brokers } = lone.controller.image
  const epochOf = (id: number): number => brokers.get(id)?.epoch ?? -1
  const { brokerId = 1, members = [{ id: 1 }, { id: 2 }, { id: 3 }] } = asked
  alterPartition(lone.controller, {
    brokerId,
    brokerEpoch: toBigInt(asked.brokerEpoch ?? epochOf(brokerId)),
    topics: [{
      topicId: asked.topicId ?? topicId,
      partitions: [{
        partitionIndex: 0,
        leaderEpoch: asked.leaderEpoch ?? leaderEpoch,
        partitionEpoch: asked.partitionEpoch ?? partitionEpoch,
        leaderRecoveryState: 0,
        newIsr: [],
        newIsrWithEpochs: members.map(({ id, epoch }) => ({ brokerId: id, brokerEpoch: toBigInt(epoch ?? epochOf(id)) })),
      }],
    }],
  }, done)
}

function answerOf(lone: LoneController, asked: Asked): ErrorName | undefined {
  const answer = lone.committed<AlterPartitionAnswer>((done) => alter(lone, asked, done))
  return answer?.error === 'NONE' ? answer.partitions[0]?.error : answer?.error
}

/** What can be wrong, in the order in which it is looked for. */
const faults: readonly { readonly error: ErrorName; readonly spoil: (asked: Asked) => Asked }[] = [
  { error: 'STALE_BROKER_EPOCH', spoil: (asked) => ({ ...asked, brokerEpoch: 0 }) },
  { error: 'UNKNOWN_TOPIC_ID', spoil: (asked) => ({ ...asked, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' }) },
  { error: 'NOT_CONTROLLER', spoil: (asked) => ({ ...asked, leaderEpoch: 2 }) },
  { error: 'NOT_CONTROLLER', spoil: (asked) => ({ ...asked, partitionEpoch: 9 }) },
  { error: 'FENCED_LEADER_EPOCH', spoil: (asked) => ({ leaderEpoch: 0, ...asked }) },
  { error: 'INVALID_REQUEST', spoil: (asked) => ({ ...asked, brokerId: 3 }) },
  { error: 'INVALID_UPDATE_VERSION', spoil: (asked) => ({ partitionEpoch: 0, ...asked }) },
  { error: 'INVALID_REQUEST', spoil: (asked) => ({ ...asked, members: [...(asked.members ?? [{ id: 1 }]), { id: 9 }] }) },
  { error: 'INVALID_REQUEST', spoil: (asked) => ({ ...asked, members: (asked.members ?? [{ id: 3 }]).filter(({ id }) => id !== 1) }) },
  { error: 'INELIGIBLE_REPLICA', spoil: (asked) => ({ ...asked, members: [...(asked.members ?? [{ id: 1 }]), { id: 4 }] }) },
  { error: 'INELIGIBLE_REPLICA', spoil: (asked) => ({ ...asked, members: [...(asked.members ?? [{ id: 1 }]), { id: 3, epoch: 0 }] }) },
]

describe('AlterPartition', () => {
  it('looks for what is wrong in a fixed order, and changes nothing when something is', () => {
    fc.assert(
      fc.property(fc.subarray([...faults], { minLength: 1 }), (wrong) => {
        const lone = startingPoint()
        const before = partitionOf(lone)
        let asked: Asked = {}
        for (const { spoil } of wrong) asked = spoil(asked)
        expect(answerOf(lone, asked)).toBe(wrong[0]!.error)
        expect(partitionOf(lone)).toBe(before)
      }),
      { numRuns: 150 },
    )
  })

  it('changes the set and the partition epoch, and not the leader', () => {
    const lone = startingPoint()
    const before = partitionOf(lone)
    expect(before).toMatchObject({ leader: 1, leaderEpoch: 1, inSyncReplicas: [1, 3] })
    expect(answerOf(lone, {})).toBe('NONE')
    const { leader, leaderEpoch, partitionEpoch, inSyncReplicas } = partitionOf(lone)
    expect({ leader, leaderEpoch, inSyncReplicas }).toEqual({ leader: 1, leaderEpoch: 1, inSyncReplicas: [1, 2, 3] })
    expect(partitionEpoch).toBe(before.partitionEpoch + 1)
  })

  it('takes a member whose epoch is not said for what it is', () => {
    expect(answerOf(startingPoint(), { members: [{ id: 1 }, { id: 2, epoch: -1 }] })).toBe('NONE')
  })

  it('tells what this very request made of the partition, not what was asked for later and may be lost', () => {
    const lone = startingPoint()
    let first: AlterPartitionAnswer | undefined
    alter(lone, { members: [{ id: 1 }, { id: 2 }] }, (answer) => {
      first = answer
    })
    const { partitionEpoch } = partitionOf(lone)
    alter(lone, { members: [{ id: 1 }] }, () => undefined)
    lone.advance(50)
    expect(first!.partitions[0]!.partition).toMatchObject({ inSyncReplicas: [1, 2], partitionEpoch })
  })

  it('is not answered as taken by a controller that was deposed before it was committed', () => {
    const lone = startingPoint()
    let answer: AlterPartitionAnswer | undefined
    alter(lone, {}, (given) => {
      answer = given
    })
    expect(answer).toBeUndefined()
    lone.depose()
    expect(answer).toEqual({ error: 'NOT_CONTROLLER', partitions: [] })
  })

  it('refuses only by what is committed, and by nothing when deposed before', () => {
    for (const isDeposed of [false, true]) {
      const lone = startingPoint()
      const { leaderEpoch, partitionEpoch } = partitionOf(lone)
      alter(lone, { members: [{ id: 1 }] }, () => undefined)
      let answer: AlterPartitionAnswer | undefined
      alter(lone, { leaderEpoch, partitionEpoch }, (given) => {
        answer = given
      })
      expect(answer).toBeUndefined()
      if (isDeposed) lone.depose()
      else lone.advance(50)
      const refused = { error: 'NONE', partitions: [expect.objectContaining({ error: 'INVALID_UPDATE_VERSION' }) as unknown] }
      expect(answer).toEqual(isDeposed ? { error: 'NOT_CONTROLLER', partitions: [] } : refused)
    }
  })
})
