/**
 * What a quorum leader does: appends records, serves them to whoever fetches, counts what a majority has synced, and
 * resigns when it no longer hears from one. It is `active` (may act as the controller) only once the first record of
 * its own epoch is committed, because only then is everything before it committed too (Raft 5.4.2).
 */
import { apis } from '../../../protocol/apis.ts'
import { encodeLeaderChange } from '../../../protocol/control-records.ts'
import { encodeBatch } from '../../../protocol/record-batch-encode.ts'
import { zeroUuid } from '../../../protocol/uuid.ts'
import type { TimerId } from '../../../ports/events.ts'
import { metadataTopic } from './metadata-topic.ts'
import type { Raft } from './raft.ts'

/** How far a replica has come; times on the monotonic clock, -Infinity for never. */
export interface Progress {
  endOffset: number
  lastFetchMs: number
  lastCaughtUpMs: number
  /** Its last fetch, or the start of this leadership: who has not fetched yet is not silent yet. */
  heardMs: number
}

const observerSessionMs = 5 * 60 * 1000

/** A fetch that waits for records or for a higher high watermark. */
interface ParkedFetch {
  readonly fetchOffset: number
  readonly knownHighWatermark: number
  readonly timer: TimerId
  readonly wake: () => void
}

export class Leadership {
  readonly #raft: Raft
  readonly epoch: number
  readonly epochStartOffset: number
  /** By id: the other voters. */
  readonly progress: Map<number, Progress> = new Map()
  /** By id: whoever else fetches. They count for nothing. */
  readonly observers: Map<number, Progress> = new Map()
  active = false
  #queued: Uint8Array[] = []
  #linger: TimerId | undefined
  #check: TimerId | undefined
  #parked: ParkedFetch[] = []
  #stopped = false

  constructor(raft: Raft) {
    this.#raft = raft
    this.epoch = raft.epoch
    this.epochStartOffset = raft.log.logEndOffset
  }

  start(grantedBy: readonly number[]): void {
    const raft = this.#raft
    const now = raft.loop.now()
    for (const id of raft.voterIds) {
      if (id !== raft.options.nodeId) this.progress.set(id, neverFetched(now))
    }
    const voters = (ids: readonly number[]): { voterId: number; voterDirectoryId: string }[] =>
      ids.map((voterId) => ({ voterId, voterDirectoryId: zeroUuid }))
    this.#append(encodeLeaderChange({
      baseOffset: this.epochStartOffset,
      partitionLeaderEpoch: this.epoch,
      timestamp: raft.loop.ports.clock.wallNow(),
      message: { leaderId: raft.options.nodeId, voters: voters(raft.voterIds), grantingVoters: voters(grantedBy) },
    }))
    for (const id of this.progress.keys()) this.#announce(id)
    this.#scheduleCheck()
  }

  stop(): void {
    this.#stopped = true
    for (const timer of [this.#linger, this.#check]) if (timer !== undefined) this.#raft.loop.cancel(timer)
    // First of all nothing more is proposed: behind a fetch that wakes, another request may wait.
    if (this.active) {
      this.active = false
      this.#raft.options.onActive(false)
    }
    const parked = this.#parked
    this.#parked = []
    for (const fetch of parked) {
      this.#raft.loop.cancel(fetch.timer)
      fetch.wake()
    }
  }

  /** Queues records as one atomic batch part; returns the offset of the last. Committed when the high watermark passes it. */
  propose(records: readonly Uint8Array[]): number {
    if (!this.active || records.length === 0) throw new Error('propose needs an active leader and a record')
    this.#queued.push(...records)
    this.#linger ??= this.#raft.loop.after(this.#raft.options.config.quorumAppendLingerMs, () => this.#flush())
    return this.nextOffset - 1
  }

  /** The offset the next proposed record will have. */
  get nextOffset(): number {
    return this.#raft.log.logEndOffset + this.#queued.length
  }

  #flush(): void {
    this.#linger = undefined
    const timestamp = this.#raft.loop.ports.clock.wallNow()
    const records = this.#queued.map((value) => ({ key: null, value, timestamp }))
    this.#queued = []
    this.#append(encodeBatch({
      records,
      baseOffset: this.#raft.log.logEndOffset,
      partitionLeaderEpoch: this.epoch,
    }))
  }

  #append(batch: Uint8Array): void {
    const { log, options } = this.#raft
    log.append(batch, () => undefined)
    if (options.decisions.quorumStoredOffset(log) < log.logEndOffset) log.sync(() => this.#advance())
    else this.#raft.loop.after(0, () => this.#advance())
    this.#wakeParked()
  }

  #advance(): void {
    if (this.#stopped) return
    const { log, options } = this.#raft
    const ends = [options.decisions.quorumStoredOffset(log)]
    for (const progress of this.progress.values()) ends.push(progress.endOffset)
    const committed = options.decisions.quorumCommittedOffset(ends)
    if (committed <= this.epochStartOffset || committed <= this.#raft.highWatermark) return
    this.#raft.advanceHighWatermark(committed)
    this.#wakeParked()
    if (!this.active && !this.#stopped) {
      this.active = true
      options.onActive(true)
    }
  }

  /** A voter or observer says how far its synced log reaches. */
  fetched(replicaId: number, endOffset: number): void {
    const now = this.#raft.loop.now()
    const voter = this.progress.get(replicaId)
    const progress = voter ?? this.observers.get(replicaId) ?? neverFetched(now)
    progress.lastFetchMs = now
    progress.heardMs = now
    if (endOffset >= this.#raft.log.logEndOffset) progress.lastCaughtUpMs = now
    progress.endOffset = endOffset
    if (voter !== undefined) this.#advance()
    else if (replicaId >= 0) this.observers.set(replicaId, progress)
  }

  /** It asked for something that says nothing of its log. */
  heard(replicaId: number): void {
    const replica = this.progress.get(replicaId) ?? this.observers.get(replicaId)
    if (replica !== undefined) replica.heardMs = this.#raft.loop.now()
  }

  /** Calls `wake` when there is something past `fetchOffset` or `knownHighWatermark`, when this epoch ends, or in time. */
  park(fetchOffset: number, knownHighWatermark: number, maxWaitMs: number, wake: () => void): void {
    const parked: ParkedFetch = {
      fetchOffset,
      knownHighWatermark,
      wake,
      timer: this.#raft.loop.after(maxWaitMs, () => {
        this.#parked = this.#parked.filter((other) => other !== parked)
        wake()
      }),
    }
    this.#parked.push(parked)
  }

  #wakeParked(): void {
    const { log, highWatermark } = this.#raft
    const ready = this.#parked.filter(
      (fetch) => fetch.fetchOffset < log.logEndOffset || fetch.knownHighWatermark < highWatermark,
    )
    if (ready.length === 0) return
    this.#parked = this.#parked.filter((fetch) => !ready.includes(fetch))
    for (const fetch of ready) this.#raft.loop.cancel(fetch.timer)
    for (const fetch of ready) fetch.wake()
  }

  #announce(voterId: number): void {
    const raft = this.#raft
    const { clusterId, nodeId, config } = raft.options
    const body = {
      clusterId,
      voterId,
      topics: [{
        topicName: metadataTopic.name,
        partitions: [{ partitionIndex: 0, voterDirectoryId: zeroUuid, leaderId: nodeId, leaderEpoch: this.epoch }],
      }],
      leaderEndpoints: [],
    }
    raft.peer(voterId, 'control').request(apis.BeginQuorumEpoch, body, config.quorumRequestTimeoutMs, (answer) => {
      const partition = answer.ok ? answer.body.topics[0]?.partitions[0] : undefined
      if (partition !== undefined) raft.observe(partition.leaderEpoch, partition.leaderId)
    })
  }

  #scheduleCheck(): void {
    const { quorumFetchTimeoutMs } = this.#raft.options.config
    this.#check = this.#raft.loop.after(quorumFetchTimeoutMs / 2, () => this.#checkQuorum(quorumFetchTimeoutMs))
  }

  #checkQuorum(fetchTimeoutMs: number): void {
    const now = this.#raft.loop.now()
    const silentMs = [...this.progress.values()].map(({ heardMs }) => now - heardMs)
    const heard = 1 + silentMs.filter((ms) => ms <= fetchTimeoutMs * 1.5).length
    if (heard <= this.#raft.voterIds.length / 2) {
      this.#raft.options.logger('warn', 'quorum leader hears no majority and steps down', { epoch: this.epoch })
      return this.#raft.becomeUnattached(this.epoch)
    }
    for (const [id, { heardMs }] of this.progress) if (now - heardMs > fetchTimeoutMs) this.#announce(id)
    for (const [id, { heardMs }] of this.observers) if (now - heardMs > observerSessionMs) this.observers.delete(id)
    this.#scheduleCheck()
  }

  /** Tells the voters, best log first, that this epoch is over (EndQuorumEpoch). */
  resign(): void {
    const raft = this.#raft
    const byEnd = [...this.progress].sort(([, a], [, b]) => b.endOffset - a.endOffset)
    const preferredCandidates = byEnd.map(([candidateId]) => ({ candidateId, candidateDirectoryId: zeroUuid }))
    const body = {
      clusterId: raft.options.clusterId,
      topics: [{
        topicName: metadataTopic.name,
        partitions: [{
          partitionIndex: 0,
          leaderId: raft.options.nodeId,
          leaderEpoch: this.epoch,
          preferredSuccessors: [],
          preferredCandidates,
        }],
      }],
      leaderEndpoints: [],
    }
    for (const [id] of byEnd) {
      raft.peer(id, 'control').request(apis.EndQuorumEpoch, body, raft.options.config.quorumRequestTimeoutMs, () => undefined)
    }
  }
}

function neverFetched(nowMs: number): Progress {
  return { endOffset: 0, lastFetchMs: -Infinity, lastCaughtUpMs: -Infinity, heardMs: nowMs }
}
