/**
 * Pulls from one leader for all partitions that follow it: one Fetch at a time, and the next only when everything of the
 * last is safely written, because a fetch offset is a promise. Truncation follows leader epochs (KIP-101, KIP-595).
 */
import { apis } from '../../../protocol/apis.ts'
import type { FetchRequestInput, FetchResponse } from '../../../protocol/apis/01-fetch.ts'
import { errorCode, errorName } from '../../../protocol/errors.ts'
import { toBigInt, toNumber } from '../../../protocol/int64.ts'
import type { TimerId } from '../../../ports/events.ts'
import type { DiskLoop } from '../../../ports/loop.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { Logger } from '../logger.ts'
import type { Peer, PeerAnswer } from '../server/peer.ts'
import { appendFetched } from './append-fetched.ts'
import type { Partition } from './partition.ts'

type FetchedPartition = FetchResponse['responses'][number]['partitions'][number]

export interface FetcherOptions {
  readonly config: BrokerConfig
  readonly loop: DiskLoop
  readonly logger: Logger
  readonly peer: Peer
  readonly brokerEpoch: () => number
}

interface Followed {
  readonly partition: Partition
  /** In which it follows; a later epoch is followed anew. */
  readonly leaderEpoch: number
  retryAtMs: number
}

export class Fetcher {
  readonly #options: FetcherOptions
  readonly #followed = new Map<string, Followed>()
  #inFlight = false
  #retry: TimerId | undefined
  #stopped = false

  constructor(options: FetcherOptions) {
    this.#options = options
  }

  add(partition: Partition): void {
    const key = partition.options.topicId + partition.options.index
    const { leaderEpoch } = partition.image
    if (this.#followed.get(key)?.leaderEpoch === leaderEpoch) return
    this.#followed.set(key, { partition, leaderEpoch, retryAtMs: 0 })
    partition.log.whenSettled(() => {
      if (!this.#inFlight) this.#fetchSoon(0)
    })
  }

  remove(partition: Partition): void {
    this.#followed.delete(partition.options.topicId + partition.options.index)
  }

  stop(): void {
    this.#stopped = true
    if (this.#retry !== undefined) this.#options.loop.cancel(this.#retry)
    this.#options.peer.close('fetcher stopped')
  }

  #fetchSoon(delayMs: number): void {
    if (this.#retry !== undefined) this.#options.loop.cancel(this.#retry)
    this.#retry = this.#options.loop.after(delayMs, () => {
      this.#retry = undefined
      this.#fetch()
    })
  }

  #fetch(): void {
    if (this.#stopped || this.#inFlight || this.#followed.size === 0) return
    const { config, loop, peer, brokerEpoch } = this.#options
    const now = loop.now()
    const ready = [...this.#followed.values()].filter(
      ({ retryAtMs, partition }) => retryAtMs <= now && !partition.log.isTruncating,
    )
    if (ready.length === 0) return this.#fetchSoon(config.replicaFetchBackoffMs)
    this.#inFlight = true
    const body = {
      replicaState: { replicaId: config.nodeId, replicaEpoch: toBigInt(brokerEpoch()) },
      maxWaitMs: config.replicaFetchWaitMaxMs,
      minBytes: config.replicaFetchMinBytes,
      maxBytes: config.replicaFetchResponseMaxBytes,
      topics: this.#topics(ready),
      forgottenTopicsData: [],
    }
    peer.request(apis.Fetch, body, config.replicaSocketTimeoutMs, (answer) => this.#answered(ready, answer))
  }

  #topics(ready: readonly Followed[]): FetchRequestInput['topics'] {
    const byTopic = new Map<string, FetchRequestInput['topics'][number]['partitions'][number][]>()
    for (const { partition } of ready) {
      const { log, image, options } = partition
      const partitions = byTopic.get(options.topicId) ?? []
      byTopic.set(options.topicId, partitions)
      partitions.push({
        partition: options.index,
        currentLeaderEpoch: image.leaderEpoch,
        fetchOffset: toBigInt(log.logEndOffset),
        lastFetchedEpoch: log.epochs.latest,
        logStartOffset: toBigInt(log.logStartOffset),
        partitionMaxBytes: this.#options.config.replicaFetchMaxBytes,
      })
    }
    return [...byTopic].map(([topicId, partitions]) => ({ topicId, partitions }))
  }

  /** An answer counts only for those that still follow as they did when they asked. */
  #answered(asked: readonly Followed[], answer: PeerAnswer<FetchResponse>): void {
    if (this.#stopped) return
    if (!answer.ok || answer.body.errorCode !== errorCode.NONE) {
      this.#inFlight = false
      return this.#fetchSoon(this.#options.config.replicaFetchBackoffMs / 10)
    }
    let open = 1
    const settled = (): void => {
      open--
      if (open > 0 || this.#stopped) return
      this.#inFlight = false
      this.#fetch()
    }
    for (const { topicId, partitions } of answer.body.responses) {
      for (const fetched of partitions) {
        const followed = this.#followed.get(topicId + fetched.partitionIndex)
        if (followed === undefined || !asked.includes(followed)) continue
        open++
        this.#take(followed, fetched, settled)
      }
    }
    settled()
  }

  #take(followed: Followed, fetched: FetchedPartition, settled: () => void): void {
    const { partition } = followed
    // Without a start the leader has lost its role since it found the offset out of range.
    if (fetched.errorCode === errorCode.OFFSET_OUT_OF_RANGE && fetched.logStartOffset >= 0n) {
      partition.log.truncateFullyAndStartAt(toNumber(fetched.logStartOffset), settled)
      return partition.truncated()
    }
    if (fetched.errorCode !== errorCode.NONE) return this.#backOff(followed, errorName(fetched.errorCode), settled)
    if (fetched.divergingEpoch.epoch >= 0) return this.#truncate(partition, fetched.divergingEpoch, settled)
    const leaderHighWatermark = toNumber(fetched.highWatermark)
    const written = partition.onWritten(() => {
      const isCurrent = this.#followed.get(partition.options.topicId + partition.options.index) === followed
      if (!isCurrent || this.#stopped) return settled()
      partition.followHighWatermark(leaderHighWatermark)
      partition.followLogStart(toNumber(fetched.logStartOffset), settled)
    })
    const sound = appendFetched(partition.log, fetched.records, partition.image.leaderEpoch, written)
    if (!sound) this.#backOff(followed, 'unusable batches', () => undefined)
  }

  #backOff(followed: Followed, reason: string, settled: () => void): void {
    const { config, loop, logger } = this.#options
    logger('debug', 'follower backs off', { partition: followed.partition.key, reason })
    followed.retryAtMs = loop.now() + config.replicaFetchBackoffMs
    settled()
  }

  #truncate(partition: Partition, from: { readonly epoch: number; readonly endOffset: bigint }, settled: () => void): void {
    const { log, highWatermark, options } = partition
    const diverging = { epoch: from.epoch, endOffset: toNumber(from.endOffset) }
    const own = log.endOffsetForEpoch(diverging.epoch)
    const offset = Math.max(log.logStartOffset, options.decisions.truncationOffset({ diverging, own, highWatermark }))
    this.#options.logger('info', 'log truncated', { partition: partition.key, from: log.logEndOffset, to: offset })
    log.truncateTo(offset, () => {
      partition.truncated()
      settled()
    })
    partition.truncated()
  }
}
