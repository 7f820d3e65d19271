/**
 * One member of a consumer group: a membership in one of the two protocols, a consumer that reads what it says is owned, and
 * the offsets that tell where to begin and how far it got. The rule it keeps: what it is told to give up is not read any more,
 * and is given up when the application says so; what is lost is not read any more at once.
 */
import type { OpError } from '../../../history/op.ts'
import type { TimerId } from '../../../ports/events.ts'
import type { Loop } from '../../../ports/loop.ts'
import { apis } from '../../../protocol/apis.ts'
import { errorCode } from '../../../protocol/errors.ts'
import type {
  AssignedPartition, CommitOutcome, CommittedOffset, ConsumerPosition, GroupAssigned, GroupIdentity, GroupMemberOptions, GroupStart, PolledPartition,
  TopicPartition, WorkloadAdmin, WorkloadConsumer, WorkloadGroupMember,
} from '../client.ts'
import type { KafkaCluster } from '../cluster.ts'
import { Coordinator } from '../coordinator.ts'
import { ClassicMembership } from './classic-membership.ts'
import { ConsumerMembership } from './consumer-membership.ts'
import { Gate } from './gate.ts'
import { isSamePartition, without, type Membership, type MembershipHost } from './membership.ts'
import { OffsetCommits } from './offset-commits.ts'
import { fetchBody, fetchedOffsets, TopicIds } from './offset-requests.ts'

export interface MemberParts {
  readonly cluster: KafkaCluster
  readonly consumer: WorkloadConsumer
  readonly admin: WorkloadAdmin
}

interface Owned extends TopicPartition {
  /** It has a place to begin; until then nothing was told of it. */
  isRead: boolean
  /** To be given up, and not read any more. */
  isLeaving: boolean
}

/** What a generation gave, told when it is known where to begin: the next generation may have begun by then. */
interface Taking {
  readonly taken: readonly Owned[]
  readonly incremental: boolean
  readonly identity: GroupIdentity
}

type Placing = Taking & Pick<GroupAssigned, 'asked' | 'node'>

/** A commit is refused with them to who is no member, or missed a generation: as with Java's consumer it gives up all, and joins anew. */
const expelling: ReadonlySet<string> = new Set(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'])

const earliest = -2
const latest = -1

export class GroupMember implements WorkloadGroupMember, MembershipHost {
  readonly #loop: Loop
  readonly #parts: MemberParts
  readonly #options: GroupMemberOptions
  readonly #gate: Gate
  readonly #coordinator: Coordinator
  readonly #membership: Membership
  readonly #commits: OffsetCommits
  #owned: Owned[] = []
  /** Rises when what is asked of the application has lost its meaning. */
  #losses = 0
  #pollTimer: TimerId | undefined
  #isOut = false
  #isClosed = false

  constructor(parts: MemberParts, options: GroupMemberOptions) {
    const { cluster } = parts
    const { retryBackoffMs } = options.consumer
    this.#loop = cluster.loop
    this.#parts = parts
    this.#options = options
    this.#gate = new Gate(cluster.loop)
    this.#coordinator = new Coordinator(cluster, { kind: 'group', key: options.group, retryBackoffMs })
    this.#commits = new OffsetCommits(cluster, this.#coordinator, { group: options.group, retryBackoffMs })
    const setup = { loop: this.#loop, cluster, coordinator: this.#coordinator, gate: this.#gate, host: this, retryBackoffMs }
    this.#membership = options.protocol === 'classic' ? new ClassicMembership(setup, options) : new ConsumerMembership(setup, options)
    cluster.onChange(() => this.#gate.pass(() => this.#membership.look()))
    this.#watchMetadata()
    this.#watchPolls()
    this.#loop.after(0, () => this.#gate.pass(() => this.#membership.start()))
  }

  get identity(): GroupIdentity {
    return this.#membership.identity
  }

  get coordinator(): number {
    return this.#coordinator.node
  }

  get owned(): readonly TopicPartition[] {
    return this.#owned.map(({ topic, partition }) => ({ topic, partition }))
  }

  poll(maxRecords: number, timeoutMs: number, done: (polled: readonly PolledPartition[]) => void): void {
    this.#watchPolls()
    if (this.#isOut) this.#gate.pass(() => this.#membership.start())
    this.#isOut = false
    this.#parts.consumer.poll(maxRecords, timeoutMs, (polled) => {
      const owned = this.#owned
      this.#gate.pass(() => {
        this.#watchPolls()
        // Of what it had to let go while it stood still it got nothing.
        const kept = owned.filter((each) => this.#owned.includes(each) && !each.isLeaving)
        done(polled.filter((one) => kept.some((each) => isSamePartition(one, each))))
      })
    })
  }

  position(topic: string, partition: number): ConsumerPosition | undefined {
    return this.#parts.consumer.position(topic, partition)
  }

  pauseOnly(partitions: readonly TopicPartition[]): void {
    this.#parts.consumer.pauseOnly(partitions)
  }

  seek(start: AssignedPartition): void {
    const own = this.#owned.find((each) => isSamePartition(start, each))
    // What it is to give up it reads no more, wherever that was to go on.
    if (own?.isRead === true && !own.isLeaving) this.#parts.consumer.change([start], [start])
  }

  commit(offsets: readonly CommittedOffset[], timeoutMs: number, done: (outcome: CommitOutcome) => void): void {
    const { identity } = this
    if (identity.generation >= 0) {
      return this.#commits.commit(identity, { offsets, timeoutMs }, (outcome) => {
        done(outcome)
        if (outcome.type !== 'ok' && expelling.has(outcome.error.code)) this.#gate.pass(() => this.#membership.refused?.(outcome.error.code, identity.generation))
      })
    }
    // Without a generation it would be nobody's commit, and an empty group takes those.
    this.#loop.after(0, () => done({ type: 'fail', error: { code: 'NOT_A_MEMBER', definite: true }, attempts: 0 }))
    return undefined
  }

  subscribe(topics: readonly string[]): void {
    this.#gate.pass(() => this.#membership.subscribe(topics))
  }

  hold(): void {
    this.#gate.hold()
  }

  release(): void {
    this.#gate.release()
  }

  leave(done: (error: OpError | undefined) => void): void {
    this.#losses++
    this.#drop(this.#owned)
    this.#membership.leave(done)
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#losses++
    this.#gate.close()
    this.#membership.close()
    this.#commits.close()
    this.#coordinator.close()
    this.#parts.consumer.close()
  }

  // What the membership says

  take(partitions: readonly TopicPartition[], incremental: boolean): void {
    const added = partitions.map(({ topic, partition }): Owned => ({ topic, partition, isRead: false, isLeaving: false }))
    this.#owned = [...this.#owned, ...added]
    const taking = { taken: added, incremental, identity: this.identity }
    if (added.length === 0) this.#options.listener.onAssigned(taking.identity, { starts: [], incremental, asked: undefined, node: undefined })
    else this.#place(taking)
  }

  revoke(partitions: readonly TopicPartition[], then: () => void): void {
    const leaving = this.#owned.filter((each) => partitions.some((one) => isSamePartition(one, each)))
    const read = leaving.filter(({ isRead }) => isRead)
    for (const each of leaving) each.isLeaving = true
    const losses = this.#losses
    const proceed = (): void => this.#gate.pass(() => {
      if (losses !== this.#losses) return
      this.#owned = this.#owned.filter((each) => !leaving.includes(each))
      then()
    })
    this.#parts.consumer.change([], read)
    if (read.length === 0) return proceed()
    this.#parts.consumer.endPoll()
    return this.#options.listener.onRevoking(this.identity, named(read), proceed)
  }

  lose(reason: string): void {
    this.#losses++
    const read = named(this.#owned.filter(({ isRead }) => isRead))
    if (this.#owned.length === 0) return
    this.#drop(this.#owned)
    this.#options.listener.onLost(read, reason)
  }

  joining(): void {
    this.#options.listener.onJoining()
  }

  joined(topics: readonly string[], error?: OpError): void {
    this.#options.listener.onJoined(this.identity, topics, error)
  }

  heard(sentAtMs: number, node: number): void {
    this.#options.listener.onHeard(sentAtMs, node)
  }

  failed(error: OpError): void {
    this.#options.listener.onError(error)
  }

  #drop(gone: readonly Owned[]): void {
    this.#parts.consumer.change([], gone)
    this.#owned = this.#owned.filter((each) => !gone.includes(each))
    this.#parts.consumer.endPoll()
  }

  // Where to begin

  /** Of what was taken, those that are still owned, stay so, and have no place yet. */
  #unplaced(taken: readonly Owned[]): Owned[] {
    return taken.filter((each) => !each.isRead && !each.isLeaving && this.#owned.includes(each))
  }

  #place(taking: Taking): void {
    this.#coordinator.find(() => this.#gate.pass(() => {
      const asked = this.#unplaced(taking.taken)
      if (asked.length > 0) this.#fetch(asked, taking)
    }))
  }

  #placeSoon(taking: Taking): void {
    this.#gate.after(this.#options.consumer.retryBackoffMs, () => this.#place(taking))
  }

  #fetch(asked: readonly Owned[], taking: Taking): void {
    const asking = this.#options.listener.onAsking()
    const what = { partitions: asked, ids: new TopicIds(this.#parts.cluster, asked) }
    const body = fetchBody(this.#options.group, this.identity, what)
    this.#coordinator.request(apis.OffsetFetch, { body, ...what.ids.limits }, (result, node) => this.#gate.pass(() => {
      if (!result.ok) return this.#placeSoon(taking)
      const { code: top, offsets } = fetchedOffsets(result.body, result.version, what)
      const bad = top === errorCode.NONE ? offsets.find(({ code }) => code !== errorCode.NONE)?.code : top
      if (bad === undefined) return this.#startAt(asked, offsets, { ...taking, asked: asking, node })
      this.#coordinator.forgetBy(bad, node)
      return this.#placeSoon(taking)
    }))
  }

  /** Where nothing is committed the reset policy says where the log is entered. */
  #startAt(asked: readonly Owned[], offsets: readonly CommittedOffset[], how: Placing): void {
    const { resetPolicy } = this.#options.consumer
    const missing = offsets.filter(({ offset }) => offset < 0)
    if (missing.length === 0 || resetPolicy === 'none') return this.#begin(asked, offsets, how)
    const timestamp = resetPolicy === 'earliest' ? earliest : latest
    const queries = missing.map(({ topic, partition }) => ({ topic, partition, timestamp }))
    return this.#parts.admin.listOffsets(queries, this.#parts.cluster.options.requestTimeoutMs, (listed) => this.#gate.pass(() => {
      if (!listed.ok) return this.#placeSoon({ ...how, taken: asked })
      const placed = listed.value.map((each) => ({ ...each, leaderEpoch: -1 }))
      return this.#begin(asked, [...offsets.filter(({ offset }) => offset >= 0), ...placed], how)
    }))
  }

  #begin(asked: readonly Owned[], offsets: readonly CommittedOffset[], { identity, incremental, asked: askedAt, node }: Placing): void {
    const mine = this.#unplaced(asked)
    const starts: GroupStart[] = []
    const readable: AssignedPartition[] = []
    for (const each of mine) {
      const { topic, partition, offset, leaderEpoch } = offsets.find((one) => isSamePartition(one, each))!
      starts.push({ topic, partition, offset })
      each.isRead = true
      if (offset >= 0) readable.push({ topic, partition, start: { offset, leaderEpoch } })
      else this.#options.listener.onError({ code: 'NO_OFFSET', definite: true, message: `${topic}-${partition}` })
    }
    this.#parts.consumer.change(readable, without(named(mine), readable))
    if (mine.length > 0) this.#options.listener.onAssigned(identity, { starts, incremental, asked: askedAt, node })
  }

  // Watching

  #watchMetadata(): void {
    this.#gate.after(this.#options.metadataMaxAgeMs, () => {
      this.#parts.cluster.refresh()
      this.#membership.look()
      this.#watchMetadata()
    })
  }

  /** Whoever does not poll is as good as dead, heartbeats or not. */
  #watchPolls(): void {
    this.#gate.cancel(this.#pollTimer)
    this.#pollTimer = this.#gate.after(this.#options.maxPollIntervalMs, () => {
      this.#isOut = true
      this.#membership.leave((error) => {
        if (error !== undefined) this.failed(error)
      })
      this.lose('POLL_TIMEOUT')
    })
  }
}

function named(partitions: readonly TopicPartition[]): TopicPartition[] {
  return partitions.map(({ topic, partition }) => ({ topic, partition }))
}
