/**
 * Membership by the consumer protocol (KIP-848): one heartbeat says everything, and its answer tells what to own. What is not
 * the member's any more is given up first, and said to be; only then does the coordinator give it to another. A heartbeat
 * without an answer is followed by full ones, which are told everything again, for a session: what was lost with its connection
 * may arrive behind the first of them, and be told to nobody what a coordinator says once.
 */
import type { OpError } from '../../../history/op.ts'
import type { TimerId } from '../../../ports/events.ts'
import { randomBytes } from '../../../ports/random.ts'
import { apis } from '../../../protocol/apis.ts'
import { errorByCode, errorCode, errorName } from '../../../protocol/errors.ts'
import type { Decoded } from '../../../protocol/message.ts'
import { readUuid } from '../../../protocol/uuid.ts'
import type { BodyOf, RequestResult } from '../broker-connection.ts'
import type { GroupIdentity, GroupMemberOptions, TopicPartition } from '../client.ts'
import { without, type Membership, type MembershipSetup } from './membership.ts'

type Request = typeof apis.ConsumerGroupHeartbeat.request
type Answer = Decoded<typeof apis.ConsumerGroupHeartbeat.response>
type ByTopicId = readonly { readonly topicId: string; readonly partitions: readonly number[] }[]

const joinEpoch = 0
const leaveEpoch = -1
const staticLeaveEpoch = -2

/** The group does not know the member, or not in this epoch: all is lost, and it joins anew. */
const fencing: ReadonlySet<number> = new Set([
  errorCode.UNKNOWN_MEMBER_ID, errorCode.FENCED_MEMBER_EPOCH, errorCode.GROUP_ID_NOT_FOUND, errorCode.STALE_MEMBER_EPOCH,
])

export class ConsumerMembership implements Membership {
  readonly #setup: MembershipSetup
  readonly #options: GroupMemberOptions
  readonly #memberId: string
  #topics: readonly string[]
  /** Those of the last request that named any. */
  #asked: readonly string[] = []
  #isIn = false
  #epoch = joinEpoch
  /** What it is to own; undefined until told. */
  #target: ByTopicId | undefined
  #isReconciling = false
  #isFull = true
  #fullUntilMs = 0
  #isBeating = false
  #isAskingToJoin = false
  /** What it owns has changed since it last said so. */
  #hasNews = false
  #timer: TimerId | undefined
  #turn = 0

  constructor(setup: MembershipSetup, options: GroupMemberOptions) {
    this.#setup = setup
    this.#options = options
    this.#topics = options.topics
    this.#memberId = readUuid(randomBytes(setup.loop.ports.random, 16), 0)
    for (const topic of options.topics) setup.cluster.addTopic(topic)
  }

  get identity(): GroupIdentity {
    const generation = this.#epoch === joinEpoch ? -1 : this.#epoch
    return { memberId: this.#memberId, generation, instanceId: this.#options.instanceId }
  }

  start(): void {
    if (this.#isIn) return
    this.#isIn = true
    this.#beatIn(0)
  }

  subscribe(topics: readonly string[]): void {
    this.#topics = topics
    for (const topic of topics) this.#setup.cluster.addTopic(topic)
    this.#isFull = true
    if (this.#isIn) this.#beatIn(0)
  }

  look(): void {
    if (this.#isIn) this.#reconcile()
  }

  leave(done: (error: OpError | undefined) => void): void {
    const wasIn = this.#isIn && this.#epoch !== joinEpoch
    const memberEpoch = this.#options.instanceId === undefined ? leaveEpoch : staticLeaveEpoch
    this.#out()
    if (!wasIn) return done(undefined)
    const { group: groupId, instanceId = null } = this.#options
    const body: BodyOf<Request> = () => ({ groupId, memberId: this.#memberId, memberEpoch, instanceId })
    this.#setup.coordinator.request(apis.ConsumerGroupHeartbeat, { body }, (result) => {
      if (!result.ok) return done({ code: 'TIMED_OUT', definite: false })
      const code = result.body.errorCode
      return done(code === errorCode.NONE ? undefined : { code: errorName(code), definite: true })
    })
    return undefined
  }

  close(): void {
    this.#out()
  }

  #out(): void {
    this.#turn++
    this.#isIn = false
    this.#isBeating = false
    this.#reset()
    this.#setup.gate.cancel(this.#timer)
    this.#timer = undefined
  }

  #reset(): void {
    this.#epoch = joinEpoch
    this.#target = undefined
    this.#isReconciling = false
    this.#isAskingToJoin = false
    this.#hasNews = false
    this.#isFull = true
  }

  #beatIn(delayMs: number): void {
    const { gate } = this.#setup
    gate.cancel(this.#timer)
    this.#timer = gate.after(delayMs, () => {
      this.#timer = undefined
      this.#setup.coordinator.find(() => gate.pass(() => this.#beat()))
    })
  }

  #beat(): void {
    if (!this.#isIn || this.#isBeating || this.#timer !== undefined) return
    const { coordinator, loop, gate, host } = this.#setup
    if (this.#epoch === joinEpoch && !this.#isAskingToJoin) {
      this.#isAskingToJoin = true
      host.joining()
    }
    const turn = this.#turn
    const sentAtMs = loop.now()
    const body = this.#body()
    this.#isBeating = true
    this.#isFull = false
    this.#hasNews = false
    coordinator.request(apis.ConsumerGroupHeartbeat, { body }, (result, node) => gate.pass(() => {
      if (turn === this.#turn) this.#answered(result, node, sentAtMs)
    }))
  }

  #body(): BodyOf<Request> {
    const { group: groupId, instanceId = null, rebalanceTimeoutMs, assignors } = this.#options
    const isFull = this.#isFull || this.#epoch === joinEpoch || this.#setup.loop.now() < this.#fullUntilMs
    if (isFull) this.#asked = this.#topics
    const owned = this.#epoch === joinEpoch ? [] : this.#byId(this.#setup.host.owned)
    const request = {
      groupId,
      memberId: this.#memberId,
      memberEpoch: this.#epoch,
      instanceId,
      rebalanceTimeoutMs: isFull ? rebalanceTimeoutMs : -1,
      subscribedTopicNames: isFull ? this.#topics : null,
      serverAssignor: isFull ? (assignors[0] ?? null) : null,
      topicPartitions: isFull || this.#hasNews ? owned : null,
    }
    return () => request
  }

  #byId(partitions: readonly TopicPartition[]): { topicId: string; partitions: number[] }[] {
    const byId = new Map<string, number[]>()
    for (const { topic, partition } of partitions) {
      const topicId = this.#setup.cluster.topic(topic)?.topicId
      if (topicId !== undefined) byId.set(topicId, [...(byId.get(topicId) ?? []), partition])
    }
    return [...byId].map(([topicId, all]) => ({ topicId, partitions: all }))
  }

  #answered(result: RequestResult<typeof apis.ConsumerGroupHeartbeat.response>, node: number, sentAtMs: number): void {
    this.#isBeating = false
    if (!result.ok) {
      this.#isFull = true
      this.#fullUntilMs = this.#setup.loop.now() + this.#options.sessionTimeoutMs
      return this.#beatIn(this.#setup.retryBackoffMs)
    }
    const { errorCode: code } = result.body
    if (code !== errorCode.NONE) return this.#refused(code, node)
    this.#epoch = result.body.memberEpoch
    if (this.#isAskingToJoin) this.#setup.host.joined(this.#asked)
    this.#isAskingToJoin = false
    this.#setup.host.heard(sentAtMs, node)
    return this.#heardBack(result.body)
  }

  #heardBack({ assignment, heartbeatIntervalMs }: Answer): void {
    if (assignment !== null) this.#target = assignment.topicPartitions
    this.#beatIn(this.#hasNews ? 0 : heartbeatIntervalMs)
    this.#reconcile()
  }

  #refused(code: number, node: number): void {
    const { coordinator, host, retryBackoffMs } = this.#setup
    this.#isFull = true
    if (fencing.has(code)) {
      this.#turn++
      this.#reset()
      host.lose(errorName(code))
      return this.#beatIn(0)
    }
    if (coordinator.forgetBy(code, node) || errorByCode(code)?.retriable === true) return this.#beatIn(retryBackoffMs)
    const error = { code: errorName(code), definite: true }
    if (this.#isAskingToJoin) host.joined(this.#asked, error)
    this.#isAskingToJoin = false
    host.failed(error)
    if (code !== errorCode.FENCED_INSTANCE_ID) return this.#beatIn(10 * retryBackoffMs)
    this.#out()
    return host.lose(error.code)
  }

  /** From what it owns to what it is to own, as far as the names of the topics are known. */
  #reconcile(): void {
    const { host, cluster } = this.#setup
    const target = this.#targetByName()
    if (target === undefined) return cluster.refresh()
    if (this.#isReconciling) return undefined
    const revoked = without(host.owned, target)
    const added = without(target, host.owned)
    if (revoked.length === 0 && added.length === 0) return undefined
    this.#isReconciling = true
    const turn = this.#turn
    const settled = (): void => {
      if (turn !== this.#turn) return
      this.#isReconciling = false
      if (added.length > 0) host.take(added, true)
      this.#hasNews = true
      this.#beatIn(0)
      this.#reconcile()
    }
    if (revoked.length === 0) settled()
    else host.revoke(revoked, settled)
    return undefined
  }

  #targetByName(): TopicPartition[] | undefined {
    if (this.#target === undefined) return this.#setup.host.owned.slice()
    const names = new Map(this.#topics.map((topic) => [this.#setup.cluster.topic(topic)?.topicId, topic]))
    const all: TopicPartition[] = []
    for (const { topicId, partitions } of this.#target) {
      const topic = names.get(topicId)
      if (topic === undefined) return undefined
      for (const partition of partitions) all.push({ topic, partition })
    }
    return all
  }
}
