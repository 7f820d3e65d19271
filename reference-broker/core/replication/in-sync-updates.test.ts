import { describe, expect, it } from 'vitest'
import { apis } from '../../../protocol/apis.ts'
import type { AlterPartitionRequest, AlterPartitionResponseInput } from '../../../protocol/apis/56-alter-partition.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { decodeRequestBody, decodeRequestHeader, encodeResponse } from '../../../protocol/frames.ts'
import type { SentFrame } from '../testing/scripted-network.ts'
import { ControllerChannel } from '../server/controller-channel.ts'
import { Peer } from '../server/peer.ts'
import { plainBatch } from '../log/log-model.testing.ts'
import { brokerEpoch, LoneReplica } from '../testing/lone-replica.ts'
import { InSyncUpdates } from './in-sync-updates.ts'
import type { Partition } from './partition.ts'

const api = apis.AlterPartition
const retryBackoffMs = 100
type Answer = AlterPartitionResponseInput['topics'][number]['partitions'][number]

/** Leads, and tells the controller, whose part is played by the test. */
class Bench extends LoneReplica {
  readonly #updates: InSyncUpdates

  constructor() {
    super()
    const { loop } = this
    const peer = new Peer(loop, 'broker', () => ({ host: 'controller', port: 9093 }))
    const channel = new ControllerChannel({
      nodeId: 1,
      timeoutMs: 500,
      leaderId: () => 2,
      peer: () => peer,
      handleLocally: () => undefined,
      later: (call) => void loop.after(0, call),
    })
    this.#updates = new InSyncUpdates({
      brokerId: 1,
      brokerEpoch: () => brokerEpoch,
      liveEpoch: (id) => this.live.get(id),
      loop,
      channel,
      retryBackoffMs,
    })
  }

  protected override propose(partition: Partition, inSyncReplicas: readonly number[]): void {
    this.#updates.propose(partition, inSyncReplicas)
  }

  /** Lets the followers lag, so that the leader asks to be alone. */
  lag(): void {
    this.partition.appendAsLeader(plain(), () => undefined)
    this.settle()
    this.pass(1001)
    this.partition.maybeShrink()
  }

  /** What the controller is asked; undefined when nothing. */
  get asked(): AlterPartitionRequest | undefined {
    expect(this.network.sent.length).toBeLessThanOrEqual(1)
    const frame = this.network.sent[0]?.frame
    return frame === undefined ? undefined : decodeRequestBody(api, api.versions.max, frame, decodeRequestHeader(frame).bodyStart)
  }

  get askedMembers(): number[] | undefined {
    return this.asked?.topics[0]?.partitions[0]?.newIsrWithEpochs.map(({ brokerId }) => brokerId)
  }

  #take(): SentFrame {
    return this.network.sent.shift()!
  }

  answer(error: ErrorName, answer: Partial<Answer> = {}): void {
    const { topicId } = this.asked!.topics[0]!
    const partition = { partitionIndex: 0, errorCode: errorCode[error], leaderId: -1, leaderEpoch: -1, isr: [], partitionEpoch: -1, ...answer }
    this.#respond({ errorCode: errorCode.NONE, topics: [{ topicId, partitions: [partition] }] })
  }

  refuseAll(error: ErrorName): void {
    this.#respond({ errorCode: errorCode[error], topics: [] })
  }

  #respond(body: AlterPartitionResponseInput): void {
    const { connection, frame } = this.#take()
    this.network.answer(connection, encodeResponse(api, api.versions.max, decodeRequestHeader(frame).correlationId, body))
  }

  breakOff(): void {
    this.network.break(this.#take().connection)
  }
}

function plain(): Uint8Array {
  return plainBatch(0, 1)
}

describe('a proposed in-sync set', () => {
  it('is sent with the epochs it rests on', () => {
    const bench = new Bench()
    bench.lag()
    expect(bench.asked).toMatchObject({ brokerId: 1, brokerEpoch: BigInt(brokerEpoch) })
    expect(bench.asked!.topics[0]!.partitions[0]).toMatchObject({
      partitionIndex: 0,
      leaderEpoch: 0,
      partitionEpoch: 0,
      newIsrWithEpochs: [{ brokerId: 1, brokerEpoch: BigInt(brokerEpoch) }],
    })
  })

  it('that is taken is taken over at once, with what it commits', () => {
    const bench = new Bench()
    bench.lag()
    expect(bench.partition.highWatermark).toBe(0)
    bench.answer('NONE', { leaderId: 1, leaderEpoch: 0, isr: [1], partitionEpoch: 1 })
    expect(bench.partition.image).toMatchObject({ inSyncReplicas: [1], partitionEpoch: 1 })
    expect(bench.partition.highWatermark).toBe(1)
    expect(bench.partition.isProposing).toBe(false)
  })

  it('that names a replica that may not join is given up, and another may be proposed', () => {
    const bench = new Bench()
    bench.lag()
    bench.answer('INELIGIBLE_REPLICA')
    expect(bench.partition.image.inSyncReplicas).toEqual([1, 2, 3])
    bench.partition.maybeShrink()
    expect(bench.askedMembers).toEqual([1])
  })

  it('that comes too late waits for the metadata', () => {
    for (const error of ['FENCED_LEADER_EPOCH', 'INVALID_UPDATE_VERSION', 'INVALID_REQUEST'] as const) {
      const bench = new Bench()
      bench.lag()
      bench.answer(error)
      bench.partition.maybeShrink()
      bench.pass(retryBackoffMs * 10)
      expect(bench.asked).toBeUndefined()
      bench.partition.update({ ...bench.partition.image, partitionEpoch: 1 })
      bench.partition.maybeShrink()
      expect(bench.asked!.topics[0]!.partitions[0]).toMatchObject({ partitionEpoch: 1 })
    }
  })

  const unanswered: readonly (readonly [string, (bench: Bench) => void])[] = [
    ['who was asked is not the controller', (bench) => bench.answer('NOT_CONTROLLER')],
    ['it is not the controller of anything', (bench) => bench.refuseAll('NOT_CONTROLLER')],
    ['this broker is not registered yet', (bench) => bench.refuseAll('STALE_BROKER_EPOCH')],
    ['the connection broke', (bench) => bench.breakOff()],
  ]

  it.each(unanswered)('is sent again when %s', (_why, fail) => {
    const bench = new Bench()
    bench.lag()
    fail(bench)
    bench.pass(retryBackoffMs - 1)
    expect(bench.asked).toBeUndefined()
    bench.pass(1)
    expect(bench.askedMembers).toEqual([1])
  })

  it.each(unanswered)('is not sent again when %s and meanwhile the controller decided otherwise', (_why, fail) => {
    const bench = new Bench()
    bench.lag()
    fail(bench)
    bench.partition.update({ ...bench.partition.image, inSyncReplicas: [1, 2], partitionEpoch: 1 })
    bench.pass(retryBackoffMs)
    expect(bench.asked).toBeUndefined()
  })

  it('waits while another is on its way', () => {
    const bench = new Bench()
    bench.lag()
    bench.partition.update({ ...bench.partition.image, partitionEpoch: 1 })
    bench.partition.maybeShrink()
    expect(bench.asked!.topics[0]!.partitions[0]).toMatchObject({ partitionEpoch: 0 })
    bench.answer('INVALID_UPDATE_VERSION')
    expect(bench.asked!.topics[0]!.partitions[0]).toMatchObject({ partitionEpoch: 1 })
  })
})
