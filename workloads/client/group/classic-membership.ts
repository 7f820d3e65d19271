/**
 * Membership by the classic protocol: JoinGroup until every member is there, SyncGroup to learn the share the leader made,
 * then Heartbeat until a rebalance is told of. Eager members give up everything before they join again; cooperative ones keep
 * what they have, give up what the new generation does not give them, and then ask for one more (KIP-429).
 */
import type { TimerId } from '../../../ports/events.ts'
import { apis } from '../../../protocol/apis.ts'
import { errorByCode, errorCode, errorName, type ErrorName } from '../../../protocol/errors.ts'
import { MalformedMessage } from '../../../protocol/malformed.ts'
import type { Decoded } from '../../../protocol/message.ts'
import type { OpError } from '../../../history/op.ts'
import type { RequestResult } from '../broker-connection.ts'
import type { GroupIdentity, GroupMemberOptions, TopicPartition } from '../client.ts'
import { classicAssignor } from './assignors/assignors.ts'
import { LeaderDuty } from './classic-leader.ts'
import { heartbeatBody, joinBody, leaveBody, syncBody } from './classic-requests.ts'
import { decodeAssignment } from './embedded-protocol.ts'
import { without, type Membership, type MembershipSetup } from './membership.ts'

type JoinAnswer = Decoded<typeof apis.JoinGroup.response>

/** `out`: not to be a member. `leaving`: gives up what it has, to join again. `settling`: takes and gives up by a new share. */
type State = 'out' | 'leaving' | 'joining' | 'settling' | 'stable'

export class ClassicMembership implements Membership {
  readonly #setup: MembershipSetup
  readonly #options: GroupMemberOptions
  readonly #leading: LeaderDuty
  readonly #isCooperative: boolean
  #state: State = 'out'
  #topics: readonly string[]
  /** Those of the last request that named any. */
  #asked: readonly string[] = []
  #memberId = ''
  #generation = -1
  /** What it had last, and in which generation, for assignors that remember. */
  #had: { readonly partitions: readonly TopicPartition[]; readonly generation: number } = { partitions: [], generation: -1 }
  #isAskingToJoin = false
  #wantsRejoin = false
  #heartbeat: TimerId | undefined
  /** Rises when whatever is open has lost its meaning. */
  #turn = 0

  constructor(setup: MembershipSetup, options: GroupMemberOptions) {
    this.#setup = setup
    this.#options = options
    this.#topics = options.topics
    this.#isCooperative = options.assignors.every((name) => classicAssignor(name).isCooperative)
    this.#leading = new LeaderDuty(setup.cluster)
  }

  get identity(): GroupIdentity {
    return { memberId: this.#memberId, generation: this.#generation, instanceId: this.#options.instanceId }
  }

  start(): void {
    if (this.#state === 'out') this.#join()
  }

  subscribe(topics: readonly string[]): void {
    this.#topics = topics
    this.#rejoin()
  }

  look(): void {
    if (this.#state === 'stable' && this.#leading.isOutdated()) this.#rejoin()
  }

  refused(code: string, generation: number): void {
    if (this.#state !== 'out' && generation === this.#generation && generation >= 0) this.#thrownOut(errorCode[code as ErrorName])
  }

  leave(done: (error: OpError | undefined) => void): void {
    const { memberId, instanceId } = this.identity
    this.#stop()
    this.#memberId = ''
    this.#generation = -1
    if (memberId === '' || instanceId !== undefined) return done(undefined)
    const body = leaveBody(this.#options.group, memberId)
    this.#setup.coordinator.request(apis.LeaveGroup, { body }, (result) => {
      const code = result.ok ? result.body.errorCode || (result.body.members[0]?.errorCode ?? 0) : -1
      done(code === errorCode.NONE ? undefined : { code: result.ok ? errorName(code) : 'TIMED_OUT', definite: result.ok })
    })
    return undefined
  }

  close(): void {
    this.#stop()
  }

  #stop(): void {
    this.#turn++
    this.#state = 'out'
    this.#isAskingToJoin = false
    this.#wantsRejoin = false
    this.#setup.gate.cancel(this.#heartbeat)
    this.#heartbeat = undefined
  }

  /** Another generation is wanted; as soon as what is going on is done. */
  #rejoin(): void {
    if (this.#state === 'out') return
    if (this.#state !== 'stable') this.#wantsRejoin = this.#state !== 'leaving'
    else this.#begin()
  }

  #begin(): void {
    const { owned } = this.#setup.host
    this.#wantsRejoin = false
    this.#remember(owned)
    if (this.#isCooperative || owned.length === 0) return this.#join()
    this.#state = 'leaving'
    const turn = ++this.#turn
    return this.#setup.host.revoke(owned, () => {
      if (turn === this.#turn) this.#join()
    })
  }

  #remember(partitions: readonly TopicPartition[]): void {
    if (this.#generation >= 0) this.#had = { partitions, generation: this.#generation }
  }

  // Joining

  #join(): void {
    const { coordinator, host, gate } = this.#setup
    gate.cancel(this.#heartbeat)
    this.#heartbeat = undefined
    this.#state = 'joining'
    const turn = ++this.#turn
    if (!this.#isAskingToJoin) {
      this.#isAskingToJoin = true
      host.joining()
    }
    coordinator.find(() => gate.pass(() => {
      if (turn === this.#turn) this.#sendJoin(turn)
    }))
  }

  #joinSoon(): void {
    const turn = ++this.#turn
    this.#setup.gate.after(this.#setup.retryBackoffMs, () => {
      if (turn === this.#turn) this.#join()
    })
  }

  /** What the members wait for takes as long as the slowest of them. */
  get #patienceMs(): number {
    return this.#options.rebalanceTimeoutMs + this.#setup.cluster.options.requestTimeoutMs
  }

  #sendJoin(turn: number): void {
    const { coordinator, gate, host } = this.#setup
    const { partitions, generation } = this.#isCooperative ? { partitions: host.owned, generation: this.#generation } : this.#had
    const topics = (this.#asked = this.#topics)
    const body = joinBody(this.#options, this.#memberId, { topics, owned: partitions, generation })
    coordinator.request(apis.JoinGroup, { body, lane: 'join', timeoutMs: this.#patienceMs }, (result, node) => {
      gate.pass(() => {
        if (turn === this.#turn) this.#joinAnswered(result, node)
      })
    })
  }

  #joinAnswered(result: RequestResult<typeof apis.JoinGroup.response>, node: number): void {
    if (!result.ok) return this.#joinSoon()
    const { errorCode: code, memberId } = result.body
    if (code === errorCode.NONE) return this.#joined(result.body)
    if (code === errorCode.MEMBER_ID_REQUIRED) {
      this.#memberId = memberId
      return this.#join()
    }
    if (this.#setup.coordinator.forgetBy(code, node)) return this.#joinSoon()
    return this.#joinRefused(code)
  }

  #joinRefused(code: number): void {
    const { host } = this.#setup
    const isUnknown = code === errorCode.UNKNOWN_MEMBER_ID || code === errorCode.FENCED_INSTANCE_ID
    const isOver = isUnknown || (errorByCode(code)?.retriable !== true && code !== errorCode.REBALANCE_IN_PROGRESS)
    const error = { code: errorName(code), definite: true }
    if (isOver) {
      this.#isAskingToJoin = false
      host.joined(this.#asked, error)
    }
    if (isUnknown) {
      host.lose(error.code)
      this.#forgetId(code)
    }
    if (isOver && code !== errorCode.UNKNOWN_MEMBER_ID) host.failed(error)
    if (code === errorCode.FENCED_INSTANCE_ID) return this.#stop()
    return this.#joinSoon()
  }

  #joined(body: JoinAnswer): void {
    const turn = ++this.#turn
    this.#memberId = body.memberId
    this.#generation = body.generationId
    this.#isAskingToJoin = false
    this.#setup.host.joined(this.#asked)
    const { coordinator } = this.#setup
    const isLeader = body.leader === body.memberId
    if (!isLeader || body.skipAssignment) {
      if (isLeader) this.#leading.resume(body, { group: this.#options.group, coordinator })
      else this.#leading.resign()
      return this.#sync(body, [])
    }
    return this.#leading.share(body, (assignments) => this.#setup.gate.pass(() => {
      if (turn === this.#turn) this.#sync(body, assignments)
    }))
  }

  #sync(body: JoinAnswer, assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[]): void {
    const { coordinator, gate } = this.#setup
    const turn = ++this.#turn
    const request = syncBody(this.#options, this.identity, { protocolName: body.protocolName, assignments })
    coordinator.request(apis.SyncGroup, { body: request, lane: 'join', timeoutMs: this.#patienceMs }, (result, node) => {
      gate.pass(() => {
        if (turn === this.#turn) this.#synced(result, node)
      })
    })
  }

  #synced(result: RequestResult<typeof apis.SyncGroup.response>, node: number): void {
    if (!result.ok) return this.#joinSoon()
    const { errorCode: code, assignment } = result.body
    if (code === errorCode.NONE) return this.#settle(this.#readShare(assignment))
    if (this.#setup.coordinator.forgetBy(code, node)) return this.#joinSoon()
    if (code === errorCode.REBALANCE_IN_PROGRESS) return this.#join()
    if (errorByCode(code)?.retriable === true) return this.#joinSoon()
    return this.#thrownOut(code)
  }

  /** Nothing, when it cannot be read. */
  #readShare(assignment: Uint8Array): TopicPartition[] {
    try {
      return decodeAssignment(assignment)
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error
      this.#setup.host.failed({ code: 'MALFORMED_ASSIGNMENT', definite: true, message: error.message })
      return []
    }
  }

  // A generation

  #settle(assigned: readonly TopicPartition[]): void {
    const { host } = this.#setup
    const turn = ++this.#turn
    this.#state = 'settling'
    this.#heartbeatIn(this.#options.heartbeatIntervalMs)
    const revoked = without(host.owned, assigned)
    const added = without(assigned, host.owned)
    const settled = (): void => {
      if (turn !== this.#turn) return
      host.take(added, this.#isCooperative)
      this.#state = 'stable'
      this.#remember(assigned)
      if (revoked.length > 0 || this.#wantsRejoin) this.#begin()
    }
    if (revoked.length === 0) settled()
    else host.revoke(revoked, settled)
  }

  #heartbeatIn(delayMs: number): void {
    const { gate } = this.#setup
    gate.cancel(this.#heartbeat)
    this.#heartbeat = gate.after(delayMs, () => {
      this.#heartbeat = undefined
      this.#setup.coordinator.find(() => gate.pass(() => this.#beat()))
    })
  }

  #isInGeneration(): boolean {
    return this.#state === 'stable' || this.#state === 'settling' || this.#state === 'leaving'
  }

  #beat(): void {
    if (!this.#isInGeneration() || this.#heartbeat !== undefined) return
    const { coordinator, loop, gate } = this.#setup
    const { generation } = this.identity
    const sentAtMs = loop.now()
    const body = heartbeatBody(this.#options.group, this.identity)
    coordinator.request(apis.Heartbeat, { body }, (result, node) => gate.pass(() => {
      if (!this.#isInGeneration() || this.#generation !== generation || this.#heartbeat !== undefined) return undefined
      if (!result.ok) return this.#heartbeatIn(this.#setup.retryBackoffMs)
      return this.#beaten(result.body.errorCode, node, sentAtMs)
    }))
  }

  #beaten(code: number, node: number, sentAtMs: number): void {
    const isRebalance = code === errorCode.REBALANCE_IN_PROGRESS
    if (code === errorCode.NONE || isRebalance) {
      this.#setup.host.heard(sentAtMs, node)
      this.#heartbeatIn(this.#options.heartbeatIntervalMs)
      if (isRebalance) this.#rejoin()
      return undefined
    }
    const isElsewhere = this.#setup.coordinator.forgetBy(code, node)
    if (isElsewhere || errorByCode(code)?.retriable === true) return this.#heartbeatIn(this.#setup.retryBackoffMs)
    return this.#thrownOut(code)
  }

  /** The group goes on without this member. */
  #thrownOut(code: number): void {
    const { host } = this.#setup
    this.#stop()
    host.lose(errorName(code))
    this.#forgetId(code)
    if (code === errorCode.FENCED_INSTANCE_ID) host.failed({ code: errorName(code), definite: true })
    else this.#join()
  }

  #forgetId(code: number): void {
    if (code !== errorCode.ILLEGAL_GENERATION) this.#memberId = ''
    this.#generation = -1
  }
}
