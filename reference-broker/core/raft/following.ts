/**
 * What a quorum follower does: pulls the leader's log, cuts its own where the two diverge, begins anew with the leader's
 * snapshot when it is behind the start of that log, syncs before it asks for more (its next fetch offset is its promise),
 * and stands for election when the leader has been silent too long.
 */
import { apis } from '../../../protocol/apis.ts'
import { errorCode } from '../../../protocol/errors.ts'
import { toBigInt, toNumber } from '../../../protocol/int64.ts'
import type { FetchResponse } from '../../../protocol/apis/01-fetch.ts'
import type { TimerId } from '../../../ports/events.ts'
import { readSnapshot, type SnapshotId } from '../metadata/snapshot.ts'
import { appendFetched } from '../replication/append-fetched.ts'
import type { PeerAnswer } from '../server/peer.ts'
import { metadataTopic } from './metadata-topic.ts'
import type { Raft } from './raft.ts'
import { SnapshotFetch } from './snapshot-fetch.ts'

type FetchedPartition = FetchResponse['responses'][number]['partitions'][number]

const maxFetchBytes = 8 * 1024 * 1024

export class Following {
  readonly leaderId: number
  lastFetchMs: number | undefined
  readonly #raft: Raft
  #timer: TimerId | undefined
  #retry: TimerId | undefined
  #stopped = false

  constructor(raft: Raft, leaderId: number) {
    this.#raft = raft
    this.leaderId = leaderId
  }

  start(): void {
    this.#armTimeout()
    this.#raft.log.whenSettled(() => this.#fetch())
  }

  stop(): void {
    this.#stopped = true
    for (const timer of [this.#timer, this.#retry]) if (timer !== undefined) this.#raft.loop.cancel(timer)
    this.#raft.peer(this.leaderId, 'fetch').close('no longer following')
  }

  /** Whether the leader was heard within the fetch timeout: then nobody else gets a pre-vote from here. */
  hearsLeader(): boolean {
    const { quorumFetchTimeoutMs } = this.#raft.options.config
    return this.lastFetchMs !== undefined && this.#raft.loop.now() - this.lastFetchMs < quorumFetchTimeoutMs
  }

  #armTimeout(): void {
    if (this.#timer !== undefined) this.#raft.loop.cancel(this.#timer)
    this.#timer = this.#raft.loop.after(this.#raft.options.config.quorumFetchTimeoutMs, () => {
      this.#raft.options.logger('debug', 'quorum leader is silent', { leaderId: this.leaderId })
      this.#raft.becomeProspective()
    })
  }

  #fetch(): void {
    if (this.#stopped) return
    const raft = this.#raft
    const { nodeId, clusterId, config } = raft.options
    const body = {
      clusterId,
      replicaState: { replicaId: nodeId, replicaEpoch: -1n },
      maxWaitMs: Math.floor(Math.min(500, config.quorumFetchTimeoutMs / 3)),
      minBytes: 0,
      maxBytes: maxFetchBytes,
      topics: [{
        topicId: metadataTopic.id,
        partitions: [{
          partition: 0,
          currentLeaderEpoch: raft.epoch,
          fetchOffset: toBigInt(raft.log.logEndOffset),
          lastFetchedEpoch: raft.lastEpoch,
          partitionMaxBytes: maxFetchBytes,
          highWatermark: toBigInt(raft.highWatermark),
        }],
      }],
      forgottenTopicsData: [],
    }
    const peer = raft.peer(this.leaderId, 'fetch')
    peer.request(apis.Fetch, body, config.quorumRequestTimeoutMs, (answer) => this.#answered(answer))
  }

  #answered(answer: PeerAnswer<FetchResponse>): void {
    if (this.#stopped) return
    const partition = answer.ok ? answer.body.responses[0]?.partitions[0] : undefined
    if (partition === undefined) return this.#fetchLater()
    if (partition.errorCode !== errorCode.NONE) {
      this.#raft.observe(partition.currentLeader.leaderEpoch, partition.currentLeader.leaderId)
      return this.#fetchLater()
    }
    this.#raft.answeredBy(this.leaderId)
    this.lastFetchMs = this.#raft.loop.now()
    this.#armTimeout()
    if (partition.divergingEpoch.epoch >= 0) return this.#truncate(partition)
    const { endOffset, epoch } = partition.snapshotId
    if (epoch >= 0) return this.#fetchSnapshot({ endOffset: toNumber(endOffset), epoch })
    this.#take(partition)
  }

  #truncate(partition: FetchedPartition): void {
    const { log, options, highWatermark } = this.#raft
    const diverging = { epoch: partition.divergingEpoch.epoch, endOffset: toNumber(partition.divergingEpoch.endOffset) }
    const own = log.endOffsetForEpoch(diverging.epoch)
    const offset = options.decisions.truncationOffset({ diverging, own, highWatermark })
    if (offset < Math.max(highWatermark, log.logStartOffset)) throw new Error(`the quorum leader asks to cut committed metadata at ${offset}`)
    options.logger('info', 'metadata log truncated', { from: log.logEndOffset, to: offset })
    log.truncateTo(offset, () => this.#fetch())
  }

  #fetchSnapshot(id: SnapshotId): void {
    const fetch = new SnapshotFetch(this.#raft, {
      leaderId: this.leaderId,
      id,
      onPiece: () => {
        this.lastFetchMs = this.#raft.loop.now()
        if (!this.#stopped) this.#armTimeout()
      },
      done: (bytes) => {
        if (this.#stopped) return
        if (bytes === undefined) this.#fetchLater()
        else this.#beginWith(id, bytes)
      },
    })
    fetch.start()
  }

  /** The log gives way to the leader's snapshot: what the two have in common ends before it does. */
  #beginWith(id: SnapshotId, bytes: Uint8Array): void {
    const { log, highWatermark, options } = this.#raft
    const { snapshots, logger, onSnapshot } = options
    const read = readSnapshot(bytes, id)
    if (!read.ok) {
      logger('warn', 'metadata snapshot refused', { refused: read.reason })
      return this.#fetchLater()
    }
    if (id.endOffset < Math.max(highWatermark, log.logStartOffset)) {
      throw new Error(`the quorum leader has a snapshot of less than was committed, at ${id.endOffset}`)
    }
    return snapshots.beginWith(id, bytes, {
      isWanted: () => !this.#stopped,
      begun: () => {
        logger('info', 'metadata snapshot loaded', { from: 'leader', endOffset: id.endOffset, recordsCount: read.snapshot.recordsCount })
        onSnapshot(read.snapshot)
        this.#raft.advanceHighWatermark(id.endOffset)
      },
      done: () => this.#fetch(),
    })
  }

  #take(partition: FetchedPartition): void {
    const { log } = this.#raft
    const leaderHighWatermark = toNumber(partition.highWatermark)
    const before = log.logEndOffset
    const sound = appendFetched(log, partition.records, this.#raft.epoch, () => undefined)
    const { quorumStoredOffset } = this.#raft.options.decisions
    const next = (): void => {
      this.#raft.advanceHighWatermark(Math.min(leaderHighWatermark, quorumStoredOffset(log)))
      if (sound) this.#fetch()
      else this.#fetchLater()
    }
    if (log.logEndOffset > before && quorumStoredOffset(log) < log.logEndOffset) log.sync(next)
    else next()
  }

  #fetchLater(): void {
    if (this.#stopped) return
    this.#retry = this.#raft.loop.after(this.#raft.options.config.quorumRetryBackoffMs, () => this.#fetch())
  }
}
