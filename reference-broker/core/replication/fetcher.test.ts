import { describe, expect, it } from 'vitest'
import { apis } from '../../../protocol/apis.ts'
import type { FetchRequest, FetchResponseInput } from '../../../protocol/apis/01-fetch.ts'
import { errorCode } from '../../../protocol/errors.ts'
import { decodeRequestBody, decodeRequestHeader, encodeResponse } from '../../../protocol/frames.ts'
import { join, plainBatch } from '../log/log-model.testing.ts'
import { Peer } from '../server/peer.ts'
import { LoneReplica, topicId } from '../testing/lone-replica.ts'
import { Fetcher } from './fetcher.ts'

type PartitionAnswer = FetchResponseInput['responses'][number]['partitions'][number]

const backoffMs = 1000
const version = apis.Fetch.versions.max

/** Follows 2 in epoch 5; the leader's part is played by the test. */
class Bench extends LoneReplica {
  readonly fetcher: Fetcher

  constructor(batches: readonly Uint8Array[] = []) {
    super({
      batches,
      image: { leader: 2, leaderEpoch: 5 },
      brokerSettings: { 'replica.fetch.backoff.ms': String(backoffMs) },
      checkpoint: Infinity,
    })
    const { config, loop } = this
    const peer = new Peer(loop, 'follower', () => ({ host: 'leader', port: 9092 }))
    this.fetcher = new Fetcher({ config, loop, logger: () => undefined, peer, brokerEpoch: () => 77 })
    this.fetcher.add(this.partition)
    this.pass(0)
  }

  override settle(): void {
    super.settle()
    this.pass(0)
  }

  /** The one request that is under way; undefined when there is none. */
  get asked(): FetchRequest | undefined {
    expect(this.network.sent.length).toBeLessThanOrEqual(1)
    const frame = this.network.sent[0]?.frame
    return frame === undefined ? undefined : decodeRequestBody(apis.Fetch, version, frame, decodeRequestHeader(frame).bodyStart)
  }

  get askedPartition(): FetchRequest['topics'][number]['partitions'][number] | undefined {
    return this.asked?.topics[0]?.partitions[0]
  }

  answer(partition: Partial<PartitionAnswer>): void {
    const { connection, frame } = this.network.sent.shift()!
    const whole = { partitionIndex: 0, errorCode: 0, highWatermark: 0n, logStartOffset: 0n, abortedTransactions: null, records: null, ...partition }
    const body = { errorCode: errorCode.NONE, responses: [{ topicId, partitions: [whole] }] }
    this.network.answer(connection, encodeResponse(apis.Fetch, version, decodeRequestHeader(frame).correlationId, body))
  }

  answerAndSettle(partition: Partial<PartitionAnswer>): void {
    this.answer(partition)
    this.settle()
  }
}

describe('a fetcher', () => {
  it('asks from the end of the log, and says who it is and what it had last', () => {
    const bench = new Bench([plainBatch(0, 3, 1), plainBatch(3, 1, 4)])
    expect(bench.asked!.replicaState).toEqual({ replicaId: 1, replicaEpoch: 77n })
    expect(bench.askedPartition).toMatchObject({ fetchOffset: 4n, lastFetchedEpoch: 4, currentLeaderEpoch: 5, logStartOffset: 0n })
  })

  it('asks for more when everything it got is written, and not before', () => {
    const bench = new Bench()
    bench.answer({ records: join([plainBatch(0, 2, 5), plainBatch(2, 1, 5)]), highWatermark: 2n })
    bench.pass(0)
    expect(bench.asked).toBeUndefined()
    expect(bench.partition.highWatermark).toBe(0)
    bench.settle()
    expect(bench.askedPartition).toMatchObject({ fetchOffset: 3n, lastFetchedEpoch: 5 })
    expect(bench.partition.highWatermark).toBe(2)
  })

  it('knows as committed no more than it has', () => {
    const bench = new Bench()
    bench.answerAndSettle({ records: plainBatch(0, 2, 5), highWatermark: 9n })
    expect(bench.partition.highWatermark).toBe(2)
  })

  it('cuts where its log and the leader\'s part, epoch by epoch, and asks again from there', () => {
    const bench = new Bench([plainBatch(0, 2, 1), plainBatch(2, 2, 2), plainBatch(4, 2, 3)])
    bench.answerAndSettle({ divergingEpoch: { epoch: 2, endOffset: 9n } })
    expect(bench.askedPartition).toMatchObject({ fetchOffset: 4n, lastFetchedEpoch: 2 })
    bench.answerAndSettle({ divergingEpoch: { epoch: 1, endOffset: 1n } })
    expect(bench.askedPartition).toMatchObject({ fetchOffset: 0n, lastFetchedEpoch: -1 })
    expect(bench.partition.highWatermark).toBe(0)
  })

  it('does not ask while its log looks for the place to cut', () => {
    const bench = new Bench([plainBatch(0, 2, 1), plainBatch(2, 2, 2)])
    bench.answer({ divergingEpoch: { epoch: 1, endOffset: 2n } })
    bench.pass(backoffMs * 3)
    expect(bench.log.isTruncating).toBe(true)
    expect(bench.asked).toBeUndefined()
    bench.settle()
    expect(bench.askedPartition).toMatchObject({ fetchOffset: 2n })
  })

  it('begins anew where the leader\'s log starts when its own place is gone', () => {
    const bench = new Bench([plainBatch(0, 3, 1)])
    bench.answerAndSettle({ errorCode: errorCode.OFFSET_OUT_OF_RANGE, logStartOffset: 10n })
    expect(bench.log.logStartOffset).toBe(10)
    expect(bench.askedPartition).toMatchObject({ fetchOffset: 10n, lastFetchedEpoch: -1, logStartOffset: 10n })
  })

  it('keeps what it has when the leader cannot say where its log starts', () => {
    const bench = new Bench([plainBatch(0, 3, 1)])
    bench.answerAndSettle({ errorCode: errorCode.OFFSET_OUT_OF_RANGE, logStartOffset: -1n })
    expect(bench.log.logEndOffset).toBe(3)
    bench.pass(backoffMs)
    expect(bench.askedPartition).toMatchObject({ fetchOffset: 3n })
  })

  it('waits before it asks again for a partition that was refused', () => {
    const bench = new Bench([plainBatch(0, 3, 1)])
    bench.answerAndSettle({ errorCode: errorCode.NOT_LEADER_OR_FOLLOWER })
    bench.pass(backoffMs - 1)
    expect(bench.asked).toBeUndefined()
    bench.pass(1)
    expect(bench.askedPartition).toMatchObject({ fetchOffset: 3n })
  })

  it('takes nothing of an epoch it has not heard of, or that is spoilt, and waits', () => {
    for (const records of [plainBatch(0, 1, 6), plainBatch(0, 1, 5).fill(9, 70)]) {
      const bench = new Bench()
      bench.answerAndSettle({ records })
      expect(bench.log.logEndOffset).toBe(0)
      expect(bench.asked).toBeUndefined()
      bench.pass(backoffMs)
      expect(bench.askedPartition).toMatchObject({ fetchOffset: 0n })
    }
  })

  it('asks again when the connection breaks', () => {
    const bench = new Bench()
    bench.network.break(bench.network.sent.shift()!.connection)
    bench.pass(backoffMs)
    expect(bench.askedPartition).toMatchObject({ fetchOffset: 0n })
  })

  it('takes nothing for a partition that follows somebody else by now, or follows anew', () => {
    const gone = new Bench()
    gone.fetcher.remove(gone.partition)
    gone.answerAndSettle({ records: plainBatch(0, 1, 5) })
    expect(gone.log.logEndOffset).toBe(0)
    const anew = new Bench()
    anew.partition.update({ ...anew.partition.image, leaderEpoch: 6, partitionEpoch: 1 })
    anew.fetcher.add(anew.partition)
    anew.answerAndSettle({ records: plainBatch(0, 1, 5) })
    expect(anew.log.logEndOffset).toBe(0)
    expect(anew.askedPartition).toMatchObject({ fetchOffset: 0n, currentLeaderEpoch: 6 })
  })

  it('that was stopped asks no more', () => {
    const bench = new Bench()
    bench.network.sent.length = 0
    bench.fetcher.stop()
    bench.pass(60_000)
    expect(bench.asked).toBeUndefined()
  })
})
