/**
 * Members of a consumer group that lose answers, give partitions up late, leave and fall silent, while coordinators change,
 * against what must hold whatever they do: what one that is not fenced still owns is granted to nobody else.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Decisions } from '../decisions.ts'
import { keysOf, partitionOfKey, topicIdOfKey, topicsOf, type PartitionKey } from './consumer-group.ts'
import { consumerHeartbeat, joinEpoch, leaveEpoch, staticLeaveEpoch } from './consumer-heartbeat.ts'
import { GroupStage } from './group-stage.testing.ts'
import { commitOffsets } from './offset-commits.ts'

const groupId = 'g'
const topicId = 'c3RyYW5nZXIgdG9waWMgaQ'
const rebalanceTimeoutMs = 50
const sessionTimeoutMs = 200

/** One process that takes part: a real consumer, as far as owning goes. */
interface Player {
  readonly memberId: string
  readonly instanceId: string | null
  epoch: number
  /** What it works on. It stops with what it is not granted any more when it gets to it. */
  readonly owned: Set<PartitionKey>
  granted: ReadonlySet<PartitionKey>
  told: number
}

class Game {
  readonly stage: GroupStage
  readonly players: Player[]
  open = 0
  #partitions = 0
  #offset = 0

  constructor(decisions: Partial<Decisions> = {}) {
    this.stage = new GroupStage({
      decisions,
      settings: {
        'group.consumer.session.timeout.ms': String(sessionTimeoutMs),
        'group.consumer.heartbeat.interval.ms': '10',
        'group.consumer.assignment.interval.ms': '20',
      },
    })
    this.stage.image.apply({ kind: 'topic-created', name: 't', topicId, configs: [] }, 0)
    for (let i = 0; i < 4; i++) this.grow()
    this.players = [null, null, null, 'one'].map((instanceId, i) =>
      ({ memberId: `m${i}`, instanceId, epoch: joinEpoch, owned: new Set(), granted: new Set(), told: 0 }))
  }

  grow(): void {
    const partitionIndex = this.#partitions++
    const nobody = { replicas: [], inSyncReplicas: [], leader: -1, leaderEpoch: 0, partitionEpoch: 0, eligibleLeaderReplicas: [], lastKnownLeader: -1 }
    this.stage.image.apply({ kind: 'partition', topicId, partitionIndex, ...nobody }, 1 + partitionIndex)
  }

  get allKeys(): PartitionKey[] {
    return [...keysOf([{ topicId, partitions: Array.from({ length: this.#partitions }, (_, i) => i) }])]
  }

  /** Whom the coordinator takes for a member: what others believe is a zombie's. */
  #isMember(player: Player): boolean {
    return this.stage.shard.consumer(groupId)?.members.has(player.memberId) === true
  }

  heartbeat(player: Player, { lost, speaks }: { readonly lost: boolean; readonly speaks: boolean }): void {
    const joins = player.epoch === joinEpoch
    if (joins) player.owned.clear()
    const request = {
      groupId,
      memberId: player.memberId,
      memberEpoch: player.epoch,
      instanceId: player.instanceId,
      rackId: null,
      rebalanceTimeoutMs: joins ? rebalanceTimeoutMs : -1,
      subscribedTopicNames: joins ? ['t'] : null,
      subscribedTopicRegex: null,
      serverAssignor: null,
      topicPartitions: joins || speaks ? topicsOf(player.owned) : null,
      clientId: 'c',
      clientHost: '/h',
    }
    const asked = ++player.told
    this.open++
    this.stage.shard.enter(() => consumerHeartbeat(this.stage.shard, request, (answer) => {
      this.open--
      if (lost || asked !== player.told) return
      if (answer.error === 'FENCED_MEMBER_EPOCH' || answer.error === 'UNKNOWN_MEMBER_ID' || answer.error === 'GROUP_ID_NOT_FOUND') this.#fenced(player)
      if (answer.error !== 'NONE') return
      expect(answer.memberEpoch, 'an epoch never goes back').toBeGreaterThanOrEqual(player.epoch)
      player.epoch = answer.memberEpoch
      if (answer.assigned !== null) this.#granted(player, new Set(answer.assigned))
    }))
  }

  #fenced(player: Player): void {
    player.epoch = joinEpoch
    player.owned.clear()
    player.granted = new Set()
  }

  #granted(player: Player, granted: ReadonlySet<PartitionKey>): void {
    player.granted = granted
    for (const key of granted) {
      const other = this.players.find((each) => each !== player && each.owned.has(key) && this.#isMember(each))
      if (this.#isMember(player)) expect(other?.memberId, `${partitionOfKey(key)} is granted to ${player.memberId}`).toBeUndefined()
      player.owned.add(key)
    }
  }

  /** It stops working on what it is not granted any more. */
  giveUp(player: Player): void {
    for (const key of player.owned) if (!player.granted.has(key)) player.owned.delete(key)
  }

  leave(player: Player): void {
    const memberEpoch = player.instanceId === null ? leaveEpoch : staticLeaveEpoch
    this.#fenced(player)
    player.told++
    const request = {
      groupId, memberId: player.memberId, memberEpoch, instanceId: player.instanceId, rackId: null, rebalanceTimeoutMs: -1,
      subscribedTopicNames: null, subscribedTopicRegex: null, serverAssignor: null, topicPartitions: null, clientId: 'c', clientHost: '/h',
    }
    this.open++
    this.stage.shard.enter(() => consumerHeartbeat(this.stage.shard, request, () => this.open--))
  }

  /** Of everything it works on. */
  commit(player: Player): void {
    const keys = [...player.owned]
    if (keys.length === 0 || !this.#isMember(player)) return
    const others = this.players.filter((each) => each !== player && this.#isMember(each))
    const taken = keys.filter((key) => others.some(({ owned }) => owned.has(key)))
    const offsets = keys.map((key) => ({
      topic: 't', topicId: topicIdOfKey(key), partition: partitionOfKey(key), offset: BigInt(this.#offset++), leaderEpoch: -1, metadata: null,
    }))
    const request = {
      groupId, memberId: player.memberId, groupInstanceId: null, generationId: player.epoch, retentionMs: -1, knowsMemberEpochs: true, offsets, transaction: undefined,
    }
    this.open++
    this.stage.shard.enter(() => commitOffsets(this.stage.shard, request, (errors) => {
      this.open--
      if (errors[0] === 'NONE') expect(taken, 'partitions committed by one that are another\'s').toEqual([])
    }))
  }

  /** These do what a consumer does, for long enough; the others are never heard of again. */
  settle(alive: readonly Player[]): void {
    this.stage.writable = true
    for (let round = 0; round < 40; round++) {
      for (const player of alive) {
        this.heartbeat(player, { lost: false, speaks: true })
        this.stage.commit()
        this.giveUp(player)
      }
      this.stage.pass(20)
    }
  }
}

type Step = (game: Game) => void
const aPlayer = fc.nat(3)
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.tuple(aPlayer, fc.boolean(), fc.nat(4)).map(([at, speaks, luck]): Step => (game) => game.heartbeat(game.players[at]!, { lost: luck === 0, speaks })) },
  { weight: 4, arbitrary: aPlayer.map((at): Step => (game) => game.giveUp(game.players[at]!)) },
  { weight: 4, arbitrary: fc.constant<Step>((game) => game.stage.commit()) },
  { weight: 3, arbitrary: aPlayer.map((at): Step => (game) => game.commit(game.players[at]!)) },
  { weight: 2, arbitrary: fc.constantFrom(5, 30, 60, 210).map((ms): Step => (game) => game.stage.pass(ms)) },
  { weight: 1, arbitrary: aPlayer.map((at): Step => (game) => game.leave(game.players[at]!)) },
  { weight: 1, arbitrary: fc.nat(4).map((lost): Step => (game) => game.stage.failOver(lost)) },
  { weight: 1, arbitrary: fc.constant<Step>((game) => game.grow()) },
  { weight: 1, arbitrary: fc.boolean().map((writable): Step => (game) => void (game.stage.writable = writable)) },
)

const someSteps = fc.array(anyStep, { maxLength: 80 })
const theLiving = fc.subarray([0, 1, 2, 3], { minLength: 1 })

function play(game: Game, steps: readonly Step[], living: readonly number[]): void {
  for (const step of steps) step(game)
  const alive = living.map((at) => game.players[at]!)
  game.settle(alive)
  expect(game.open, 'everybody was answered').toBe(0)
  expect(game.stage.shard.consumer(groupId)?.state).toBe('Stable')
  const owned = alive.flatMap((player) => [...player.owned])
  expect(owned.toSorted(), 'every partition is somebody\'s').toEqual(game.allKeys.toSorted())
}

it('a member commits in a transaction as itself, and not under an epoch that has passed', () => {
  const game = new Game()
  const player = game.players[0]!
  game.settle([player])
  const errors: string[] = []
  const offset = { topic: 't', topicId, partition: 0, offset: 3n, leaderEpoch: -1, metadata: null }
  for (const generationId of [player.epoch, player.epoch - 1]) {
    const request = {
      groupId, memberId: player.memberId, groupInstanceId: null, generationId, retentionMs: -1, knowsMemberEpochs: false, offsets: [offset],
      transaction: { producerId: 7, producerEpoch: 0 },
    }
    game.stage.shard.enter(() => commitOffsets(game.stage.shard, request, (given) => errors.push(...given)))
    game.stage.commit()
  }
  expect(errors).toEqual(['NONE', 'ILLEGAL_GENERATION'])
})

describe('members of a consumer group that do anything in any order', () => {
  it('never own what is another\'s, commit nothing that is, and all come to own everything', () => {
    fc.assert(fc.property(someSteps, theLiving, (steps, living) => play(new Game(), steps, living)), { numRuns: 200 })
  })

  it.each<[string, Partial<Decisions>]>([
    ['partitions are granted before they are released', { mayGrant: () => true }],
    ['what is to be given up is taken for given up at once', { hasGivenUp: () => true }],
    ['any epoch may commit', { memberCommitError: () => 'NONE', mayGrant: () => true }],
    ['a silent member is never fenced', { sessionIsOver: () => false }],
    ['the epoch does not change', { nextGroupEpoch: () => 1 }],
  ])('break that where %s', (_what, decisions) => {
    const run = fc.check(fc.property(someSteps, theLiving, (steps, living) => play(new Game(decisions), steps, living)), { seed: 1, numRuns: 3000, endOnFailure: true })
    expect(run.failed).toBe(true)
  })
})
