/**
 * One replica of one partition. As leader it counts how far its followers have come, moves the high watermark, keeps the
 * in-sync set true and answers waiting producers; as follower it takes what the fetcher brings. Roles change only by the
 * controller's word (`update`), never by the replica's own opinion.
 */
import type { DiskLoop } from '../../../ports/loop.ts'
import type { ErrorName } from '../../../protocol/errors.ts'
import type { TopicConfig } from '../config/broker-config.ts'
import type { Decisions } from '../decisions.ts'
import type { LogConfig, PartitionLog } from '../log/partition-log.ts'
import type { Logger } from '../logger.ts'
import type { PartitionImage } from '../metadata/image.ts'
import { Deletions, type DeletionDone } from './deletions.ts'
import { FollowerTable, type FollowerFetch } from './followers.ts'
import { Verifications } from './verifications.ts'

export interface PartitionOptions {
  readonly brokerId: number
  readonly topic: string
  readonly topicId: string
  readonly index: number
  readonly log: PartitionLog
  /** Follows the metadata: see `reconfigure`. */
  config: TopicConfig
  /** The one the log reads. */
  readonly logConfig: LogConfig
  readonly lagTimeMaxMs: number
  readonly decisions: Decisions
  readonly loop: DiskLoop
  readonly logger: Logger
  /** The registered epoch of a live broker; undefined when it may not join the in-sync set. */
  readonly liveEpoch: (brokerId: number) => number | undefined
  /** Asks the controller for this in-sync set; answered through `inSyncAnswered` or `update`. */
  readonly proposeInSync: (partition: Partition, inSyncReplicas: readonly number[]) => void
  /** Told when it begins to lead in an epoch, and when that is over. */
  readonly onLeadership: (partition: Partition) => void
}

interface WaitingProduce {
  readonly endOffset: number
  readonly done: (error: ErrorName) => void
}

/** What a follower's fetch says about itself. */
export type FollowerWord = Pick<FollowerFetch, 'brokerEpoch' | 'fetchOffset' | 'logStartOffset'>

/** Told when something a parked fetch may wait for has changed. */
export type Watcher = () => void

export class Partition {
  readonly options: PartitionOptions
  readonly log: PartitionLog
  readonly key: string
  image: PartitionImage
  highWatermark: number
  /** Start of the current leader epoch, while leading. */
  epochStartOffset = 0
  readonly followers: FollowerTable
  readonly verifications: Verifications = new Verifications()
  readonly #deletions = new Deletions(() => this.lowWatermark)
  readonly consumerWatchers: Set<Watcher> = new Set()
  readonly replicaWatchers: Set<Watcher> = new Set()
  #proposed: readonly number[] | undefined
  #waiting: WaitingProduce[] = []
  #flushTimer = false
  /** The epoch this replica leads in, -1 while it does not (yet). */
  #leadingEpoch = -1
  #closed = false

  constructor(options: PartitionOptions, image: PartitionImage, highWatermark: number) {
    this.options = options
    this.log = options.log
    this.key = `${options.topic}-${options.index}`
    this.image = image
    this.highWatermark = Math.min(Math.max(highWatermark, this.log.logStartOffset), this.log.logEndOffset)
    this.followers = new FollowerTable(options.lagTimeMaxMs)
    this.#takeRole()
  }

  /** Told to lead. */
  get isLeader(): boolean {
    return this.image.leader === this.options.brokerId
  }

  /** Told to lead, and ready to. */
  get isLeading(): boolean {
    return this.isLeader && this.#leadingEpoch === this.image.leaderEpoch
  }

  /** A bound a few brokers cannot meet would refuse for ever: never more than there are replicas. */
  get minInSyncReplicas(): number {
    return Math.min(this.options.config.minInSyncReplicas, this.image.replicas.length)
  }

  /** What counts as this replica's own copy: written, or synced where flush.messages=1 promises it. */
  get safeOffset(): number {
    const { writtenOffset, syncedOffset } = this.log
    const { flushMessages } = this.options.config
    return this.options.decisions.safeOffset({ writtenOffset, syncedOffset, flushMessages })
  }

  /** What is below it is decided for good; see Decisions.lastStableOffset. */
  get lastStableOffset(): number {
    const { highWatermark } = this
    const { logStartOffset, transactions } = this.log
    return this.options.decisions.lastStableOffset({
      highWatermark,
      logStartOffset,
      firstOpenOffset: transactions.firstOpenOffset,
      firstUnreplicatedOffset: transactions.firstUnreplicatedOffset(highWatermark),
    })
  }

  /** True while a change of the in-sync set is on its way to the controller. */
  get isProposing(): boolean {
    return this.#proposed !== undefined
  }

  /** The controller's word. Older words than the last are ignored. */
  update(image: PartitionImage): void {
    const newEpoch = image.leaderEpoch > this.image.leaderEpoch
    if (!newEpoch && image.partitionEpoch <= this.image.partitionEpoch) return
    const ledBefore = this.isLeader
    if (ledBefore && image.leader !== this.image.leader && !this.options.decisions.givesWay()) return
    this.image = image
    this.#proposed = undefined
    if (newEpoch) {
      this.#leadingEpoch = -1
      if (ledBefore) this.#failAll(this.options.decisions.deposedAnswer())
      if (ledBefore) this.options.onLeadership(this)
      this.#takeRole()
    }
    if (this.isLeading) this.advanceHighWatermark()
    this.#deletions.answerReached()
    this.#notifyAll()
  }

  /** The topic's settings changed: what is appended, acknowledged and counted from now on follows them. */
  reconfigure(config: TopicConfig, logConfig: LogConfig): void {
    this.options.config = config
    Object.assign(this.options.logConfig, logConfig)
    const advance = (): void => {
      if (this.isLeading) this.advanceHighWatermark()
    }
    if (config.flushMessages <= 1 && !this.log.isTruncating) this.log.sync(advance)
    advance()
  }

  #takeRole(): void {
    this.#leadingEpoch = -1
    this.verifications.clear()
    const { leaderEpoch } = this.image
    this.log.whenSettled(() => {
      if (this.#closed || this.image.leaderEpoch !== leaderEpoch) return
      this.#cutForRole()
      if (this.isLeader) this.log.whenSettled(() => this.#lead(leaderEpoch))
    })
  }

  #cutForRole(): void {
    const { log, highWatermark } = this
    const { leadFrom, followFrom } = this.options.decisions
    const from = (this.isLeader ? leadFrom : followFrom)({ logEndOffset: log.logEndOffset, highWatermark })
    if (from < log.logEndOffset) log.truncateTo(from, () => undefined)
  }

  /** Only on a log at rest: a truncation begun as a follower must have ended. */
  #lead(leaderEpoch: number): void {
    if (this.#closed || this.image.leaderEpoch !== leaderEpoch) return
    this.#leadingEpoch = leaderEpoch
    this.log.epochs.assign(this.image.leaderEpoch, this.log.logEndOffset)
    this.epochStartOffset = this.log.logEndOffset
    const others = this.image.replicas.filter((id) => id !== this.options.brokerId)
    this.followers.reset(others, this.image.inSyncReplicas, this.options.loop.now())
    this.advanceHighWatermark()
    this.options.onLeadership(this)
  }

  /** Before it goes away for good. */
  close(): void {
    this.#closed = true
    this.#leadingEpoch = -1
    this.#failAll('NOT_LEADER_OR_FOLLOWER')
    this.options.onLeadership(this)
    this.#notifyAll()
  }

  // Leading

  /** Appends a batch whose offset and epoch are set; the caller has validated it. `written`: this replica's copy is safe. */
  appendAsLeader(batch: Uint8Array, written: () => void): void {
    const { leaderEpoch } = this.image
    this.log.append(batch, this.onWritten(() => {
      written()
      if (this.isLeading && this.image.leaderEpoch === leaderEpoch) this.advanceHighWatermark()
    }))
    wakeAll(this.replicaWatchers)
  }

  /** What to hand to an append: calls `done` when the bytes are as safe as flush.messages asks for. */
  onWritten(done: () => void): () => void {
    return () => {
      const { flushMessages, flushMs } = this.options.config
      const { writtenOffset, syncedOffset } = this.log
      if (this.safeOffset < writtenOffset) return this.log.sync(done)
      if (this.options.decisions.mustFlush({ writtenOffset, syncedOffset, flushMessages })) this.log.sync(() => undefined)
      else if (flushMs < Number.MAX_SAFE_INTEGER) this.#flushLater(flushMs)
      done()
    }
  }

  #flushLater(flushMs: number): void {
    if (this.#flushTimer) return
    this.#flushTimer = true
    this.options.loop.after(flushMs, () => {
      this.#flushTimer = false
      this.log.sync(() => undefined)
    })
  }

  /** `done('NONE')` when `endOffset` may be acknowledged with acks=all; an error when this leader can no longer tell. */
  waitForAcknowledge(endOffset: number, done: (error: ErrorName) => void): void {
    if (this.#mayAcknowledge(endOffset)) return done(this.#acknowledgeError())
    this.#waiting.push({ endOffset, done })
  }

  /** Drops a producer that no longer waits. */
  stopWaiting(done: (error: ErrorName) => void): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting.done !== done)
  }

  #mayAcknowledge(endOffset: number): boolean {
    const { highWatermark, safeOffset } = this
    return this.options.decisions.mayAcknowledge({ endOffset, highWatermark, leaderWritten: safeOffset })
  }

  #acknowledgeError(): ErrorName {
    const enough = this.image.inSyncReplicas.length >= this.minInSyncReplicas
    return enough ? 'NONE' : 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'
  }

  #failAll(error: ErrorName): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#deletions.fail(error)
    for (const { done } of waiting) done(error)
  }

  advanceHighWatermark(): void {
    const { inSyncReplicas } = this.image
    const proposed = this.#proposed ?? inSyncReplicas
    const members = this.options.decisions.membersThatCount({ inSyncReplicas, proposed })
    const counts = (id: number): boolean => members.includes(id)
    const eligible = (id: number): boolean => this.options.liveEpoch(id) !== undefined
    const next = this.options.decisions.leaderHighWatermark({
      current: this.highWatermark,
      leaderWritten: this.safeOffset,
      followerEnds: this.followers.endsThatCount(counts, eligible, this.log.logEndOffset, this.options.loop.now()),
      inSyncCount: inSyncReplicas.length,
      minInSyncReplicas: this.minInSyncReplicas,
    })
    if (next > this.highWatermark) this.#raiseHighWatermark(next)
    this.#answerWaiting()
  }

  #raiseHighWatermark(highWatermark: number): void {
    this.highWatermark = highWatermark
    this.log.transactions.committedTo(highWatermark)
    wakeAll(this.consumerWatchers)
  }

  #answerWaiting(): void {
    if (this.#waiting.length === 0) return
    const ready = this.#waiting.filter(({ endOffset }) => this.#mayAcknowledge(endOffset))
    if (ready.length === 0) return
    this.#waiting = this.#waiting.filter((waiting) => !ready.includes(waiting))
    const error = this.#acknowledgeError()
    for (const { done } of ready) done(error)
  }

  /**
   * A follower's fetch tells that everything below its offset is safely its own. What an earlier incarnation sent and the
   * network held back tells nothing any more (KIP-903).
   */
  followerFetched(brokerId: number, fetch: FollowerWord): ErrorName {
    const { brokerEpoch } = fetch
    const registered = this.options.liveEpoch(brokerId)
    if (brokerEpoch >= 0 && registered !== undefined && brokerEpoch < registered) return 'NOT_LEADER_OR_FOLLOWER'
    const known = this.followers.fetched(brokerId, {
      ...fetch,
      leaderEnd: this.log.logEndOffset,
      nowMs: this.options.loop.now(),
    })
    if (!known) return 'UNKNOWN_LEADER_EPOCH'
    this.#maybeExpand(brokerId)
    this.advanceHighWatermark()
    this.#deletions.answerReached()
    return 'NONE'
  }

  #maybeExpand(brokerId: number): void {
    const follower = this.followers.get(brokerId)
    if (follower === undefined || this.isProposing || this.image.inSyncReplicas.includes(brokerId)) return
    const { highWatermark, epochStartOffset } = this
    const mayJoin = this.options.decisions.mayJoinInSync
    if (!mayJoin({ followerEnd: follower.logEndOffset, highWatermark, epochStartOffset })) return
    if (follower.logStartOffset >= 0 && follower.logStartOffset < this.log.logStartOffset) return
    if (this.options.liveEpoch(brokerId) !== follower.brokerEpoch) return
    this.#propose([...this.image.inSyncReplicas, brokerId])
  }

  /** Where the log starts on the live replica that is furthest behind; -1 while one of them has not said. */
  get lowWatermark(): number {
    const { liveEpoch } = this.options
    return Math.min(this.log.logStartOffset, this.followers.lowestStart((id) => liveEpoch(id) !== undefined))
  }

  /**
   * Deletes what lies below `offset`, at most the high watermark. `done('NONE')` when it is gone from every live replica;
   * an error when this replica no longer leads. At or below the start there is nothing to delete here.
   */
  deleteRecords(offset: number, done: DeletionDone): void {
    const { leaderEpoch } = this.image
    this.log.advanceLogStart(offset, () => {
      if (this.isLeading && this.image.leaderEpoch === leaderEpoch) this.#deletions.waitFor(offset, done)
      else done('NOT_LEADER_OR_FOLLOWER')
    })
    wakeAll(this.replicaWatchers)
  }

  /** Drops a deletion whose client no longer waits. */
  stopDeleting(done: DeletionDone): void {
    this.#deletions.stopWaiting(done)
  }

  /** Called now and then: members that have lagged too long leave the in-sync set. */
  maybeShrink(): void {
    this.#deletions.answerReached()
    if (!this.isLeading || this.isProposing) return
    const lagging = this.followers.lagging(this.log.logEndOffset, this.options.loop.now())
    const remaining = this.image.inSyncReplicas.filter((id) => !lagging.includes(id))
    if (remaining.length < this.image.inSyncReplicas.length) this.#propose(remaining)
  }

  #propose(inSyncReplicas: readonly number[]): void {
    this.#proposed = inSyncReplicas
    this.options.proposeInSync(this, inSyncReplicas)
  }

  /** The controller refused the proposal for good, in a way that changes nothing: back to what is committed. */
  proposalRefused(): void {
    this.#proposed = undefined
  }

  // Following

  /** What the fetcher learned of the leader's high watermark, at most what is here. */
  followHighWatermark(leaderHighWatermark: number): void {
    const next = Math.min(leaderHighWatermark, this.log.writtenOffset)
    if (next > this.highWatermark) this.#raiseHighWatermark(next)
  }

  /** The leader has deleted what is below; `done` when it is gone here, too. What is not committed here stays for now. */
  followLogStart(leaderLogStartOffset: number, done: () => void): void {
    this.log.advanceLogStart(Math.min(leaderLogStartOffset, this.highWatermark), done)
  }

  /**
   * After a truncation: only an unclean election can ask for less than was committed. A log that was begun anew starts
   * with what is committed.
   */
  truncated(): void {
    this.highWatermark = Math.max(this.highWatermark, this.log.logStartOffset)
    if (this.highWatermark <= this.log.logEndOffset) return
    this.options.logger('warn', 'truncated below the high watermark', { partition: this.key, to: this.log.logEndOffset })
    this.highWatermark = this.log.logEndOffset
  }

  #notifyAll(): void {
    wakeAll(this.consumerWatchers)
    wakeAll(this.replicaWatchers)
  }
}

/** Those that wait now: whoever begins to wait meanwhile has seen what they are told. */
function wakeAll(watchers: ReadonlySet<Watcher>): void {
  if (watchers.size === 0) return
  const waiting = [...watchers]
  for (const wake of waiting) wake()
}
