/**
 * Members that do anything in any order, against what must hold whatever they do. An assignment carries the number of the
 * request that brought it, so one told twice or of another generation shows.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ErrorName } from '../../../protocol/errors.ts'
import { zeroUuid } from '../../../protocol/uuid.ts'
import type { Decisions } from '../decisions.ts'
import { joinGroup } from './classic-join.ts'
import { heartbeat, leaveGroup, syncGroup } from './classic-members.ts'
import { GroupStage } from './group-stage.testing.ts'
import { commitOffsets, fetchOffsets } from './offset-commits.ts'

const groupId = 'g'
const timeouts = { sessionTimeoutMs: 100, rebalanceTimeoutMs: 50 }
/** After which nobody can be waiting for anything: the longest is a newcomer that is never answered. */
const everMs = 400_000

interface Commit {
  readonly offset: number
  /** undefined: not answered, or in a way that leaves it open. */
  outcome: ErrorName | undefined
}

/** One process that takes part, with what it believes. */
interface Player {
  memberId: string
  generation: number
  leads: boolean
  members: readonly string[]
  readonly instance: string | null
  joining: boolean
}

class Game {
  readonly stage: GroupStage
  readonly players: Player[]
  readonly commits: Commit[] = []
  /** By generation, the request whose assignment its members were told. */
  readonly assignments = new Map<number, Set<string>>()
  /** Of all that was told of a generation with an assignment, the newest. */
  newestTold = 0
  open = 0
  #requests = 0

  constructor(decisions: Partial<Decisions> = {}) {
    this.stage = new GroupStage({ decisions })
    this.players = [null, null, 'one', 'two'].map((instance) => ({ memberId: '', generation: -1, leads: false, members: [], instance, joining: false }))
  }

  #enter(act: () => void): void {
    this.stage.shard.enter(act)
  }

  join(player: Player): void {
    this.open++
    player.joining = true
    const { memberId, instance } = player
    const generation = this.stage.shard.classic(groupId)?.generationId ?? 0
    const request = {
      groupId,
      memberId,
      groupInstanceId: instance,
      protocolType: 'consumer',
      protocols: [{ name: 'p', metadata: new Uint8Array([this.#requests++ % 3]) }],
      ...timeouts,
      clientId: 'c',
      clientHost: '/h',
      requiresKnownMemberId: this.#requests % 2 === 0,
      supportsSkippingAssignment: true,
    }
    this.#enter(() => joinGroup(this.stage.shard, request, (answer) => {
      this.open--
      player.joining = false
      if (answer.error === 'UNKNOWN_MEMBER_ID' || answer.error === 'FENCED_INSTANCE_ID') player.memberId = ''
      if (answer.error === 'MEMBER_ID_REQUIRED') player.memberId = answer.memberId
      if (answer.error !== 'NONE') return
      expect(answer.generationId, 'a generation never goes back').toBeGreaterThanOrEqual(generation)
      player.memberId = answer.memberId
      player.generation = answer.generationId
      player.leads = answer.leader === answer.memberId && !answer.skipAssignment
      player.members = answer.members.map((each) => each.memberId)
    }))
  }

  sync(player: Player): void {
    this.open++
    const { memberId, generation, instance } = player
    const number = `${this.#requests++}`
    const assignment = new TextEncoder().encode(number)
    const assignments = player.leads ? player.members.map((each) => ({ memberId: each, assignment })) : []
    const request = { memberId, generationId: generation, groupInstanceId: instance, protocolType: null, protocolName: null, assignments }
    const { shard } = this.stage
    this.#enter(() => syncGroup(shard, shard.classic(groupId), {
      request,
      give: (answer) => {
        this.open--
        if (answer.error !== 'NONE') return
        const told = this.assignments.get(generation) ?? new Set()
        told.add(new TextDecoder().decode(answer.assignment))
        this.assignments.set(generation, told)
        this.newestTold = Math.max(this.newestTold, generation)
      },
    }))
  }

  heartbeat(player: Player): void {
    const { memberId, generation, instance } = player
    const { shard } = this.stage
    this.#enter(() => void heartbeat(shard, shard.classic(groupId), { memberId, generationId: generation, groupInstanceId: instance }))
  }

  leave(player: Player): void {
    const { memberId, instance } = player
    const { shard } = this.stage
    this.#enter(() => void leaveGroup(shard, shard.classic(groupId), [{ memberId, groupInstanceId: instance }]))
  }

  commit(player: Player): void {
    this.open++
    const { memberId, generation, instance } = player
    const { newestTold } = this
    const commit: Commit = { offset: this.commits.length, outcome: undefined }
    this.commits.push(commit)
    const asked = { topic: 't', topicId: zeroUuid, partition: 0, offset: BigInt(commit.offset), leaderEpoch: -1, metadata: null }
    const request = {
      groupId, memberId, groupInstanceId: instance, generationId: generation, retentionMs: -1, knowsMemberEpochs: true, offsets: [asked], transaction: undefined,
    }
    this.#enter(() => commitOffsets(this.stage.shard, request, ([error]) => {
      this.open--
      // A deposed coordinator cannot tell; a refusal is for good.
      commit.outcome = error === 'NOT_COORDINATOR' ? undefined : error
      const isOld = generation >= 0 && generation < newestTold
      expect(error === 'NONE' && isOld, `generation ${generation} commits after ${newestTold} was told`).toBe(false)
    }))
  }

  /** What is told is the newest commit that was acknowledged, or a later one of which nobody knows. */
  checkOffset(): void {
    const { shard } = this.stage
    const asked = this.commits.length
    const [known] = fetchOffsets(shard, { groupId, partitions: [{ topic: 't', partition: 0 }], requireStable: false })
    const least = this.commits.findLastIndex(({ outcome }, i) => i < asked && outcome === 'NONE')
    expect(Number(known!.offset)).toBeGreaterThanOrEqual(least)
    if (known!.offset >= 0n) expect([undefined, 'NONE']).toContain(this.commits[Number(known!.offset)]!.outcome)
  }
}

type Step = (game: Game) => void

/** These come to a generation of their own, as far as the others let them. */
function rebalance(game: Game, places: readonly number[]): void {
  const players = places.map((place) => game.players[place]!)
  for (const player of players) game.join(player)
  for (const player of players) if (!player.joining && player.generation < 0) game.join(player)
  game.stage.pass(1)
  if (players.some(({ joining }) => joining)) game.stage.pass(50)
  for (const player of players) game.sync(player)
  game.stage.commit()
}

const playerSteps = ['join', 'sync', 'heartbeat', 'leave', 'commit'] as const
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.tuple(fc.constantFrom(...playerSteps, 'join', 'sync', 'commit'), fc.nat(3)).map(([name, at]): Step => (game) => game[name as 'join'](game.players[at]!)) },
  { weight: 3, arbitrary: fc.subarray([0, 1, 2, 3], { minLength: 1 }).map((places): Step => (game) => rebalance(game, places)) },
  { weight: 4, arbitrary: fc.constant<Step>((game) => game.stage.commit()) },
  { weight: 2, arbitrary: fc.constantFrom(1, 20, 60, 110).map((ms): Step => (game) => game.stage.pass(ms)) },
  { weight: 1, arbitrary: fc.nat(4).map((lost): Step => (game) => game.stage.failOver(lost)) },
  { weight: 1, arbitrary: fc.boolean().map((writable): Step => (game) => void (game.stage.writable = writable)) },
)

function play(game: Game, steps: readonly Step[]): void {
  for (const step of steps) {
    step(game)
    game.checkOffset()
  }
  game.stage.commit()
  game.checkOffset()
  for (const [generation, told] of game.assignments) expect([...told], `generation ${generation} has one assignment`).toHaveLength(1)
  game.stage.writable = true
  game.stage.pass(everMs)
  game.stage.commit()
  expect(game.open, 'everybody was answered once').toBe(0)
}

describe('members that do anything in any order', () => {
  it('are told one assignment a generation, commit in no old one, lose no offset and are all answered', () => {
    fc.assert(fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => play(new Game(), steps)), { numRuns: 400 })
  })

  it.each<[string, Partial<Decisions>]>([
    ['any generation is taken for the current one', { mayCommit: ({ memberError }) => memberError }],
    ['the generation does not change', { nextGeneration: () => 1 }],
    ['the last commit to be replayed does not count', { replacesCommit: () => false }],
  ])('break that where %s', (_what, decisions) => {
    const run = fc.check(fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => play(new Game(decisions), steps)), { seed: 1, numRuns: 3000, endOnFailure: true })
    expect(run.failed).toBe(true)
  })
})
