/** Any batches and any markers of any producers, in any order and over restarts, against a partition as a plain list. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { apis } from '../../../protocol/apis.ts'
import { errorName } from '../../../protocol/errors.ts'
import { toBigInt, toNumber } from '../../../protocol/int64.ts'
import { encodeBatch } from '../../../protocol/record-batch-encode.ts'
import { RoleCluster } from '../../../simulator/role-cluster.testing.ts'
import { readCommitted } from '../../../simulator/transaction-client.testing.ts'

type Command =
  | {
    readonly do: 'produce'
    readonly producer: number
    readonly epoch: number
    /** 0 is the next, negative is one of those before. */
    readonly step: number
    readonly count: number
    readonly transactional: boolean
  }
  | {
    readonly do: 'marker'
    readonly producer: number
    readonly epoch: number
    readonly committed: boolean
    readonly coordinatorEpoch: number
    readonly version: number
  }
  | { readonly do: 'restart' | 'read' }

const producer = fc.nat(2)
const epoch = fc.constantFrom(0, 0, 1, 1, 2)
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('produce' as const), producer, epoch,
      step: fc.constantFrom(0, 0, 0, 0, -1, -2, 1), count: fc.integer({ min: 1, max: 3 }), transactional: fc.constantFrom(true, true, true, false),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('marker' as const), producer, epoch, committed: fc.boolean(),
      coordinatorEpoch: fc.constantFrom(0, 0, 0, 1), version: fc.constantFrom(0, 2),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'read' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
)

interface Sent {
  readonly sequence: number
  readonly count: number
  readonly offset: number
}

interface Known {
  epoch: number
  coordinatorEpoch: number
  sent: Sent[]
  /** Values of the open transaction. */
  open: { first: number; values: string[] } | undefined
}

/** What Kafka's rules say, told once more in the plainest way. */
class Model {
  readonly known = new Map<number, Known>()
  /** Values in the log, each committed for good, or of an open transaction, or aborted. */
  readonly values: { offset: number; value: string; fate: 'stable' | 'open' | 'aborted' }[] = []
  end = 0

  nextSequence(id: number, ofEpoch: number): number {
    const known = this.known.get(id)
    const last = known?.epoch === ofEpoch ? known.sent.at(-1) : undefined
    return last === undefined ? 0 : last.sequence + last.count
  }

  produce(id: number, sent: { epoch: number; sequence: number; values: string[]; transactional: boolean }): string {
    const before = this.known.get(id)
    const count = sent.values.length
    if (before !== undefined) {
      if (sent.epoch < before.epoch) return 'INVALID_PRODUCER_EPOCH'
      const twin = before.sent.find((each) => each.sequence === sent.sequence && each.count === count)
      if (sent.epoch === before.epoch && twin !== undefined) return `offset ${twin.offset}`
      const next = this.nextSequence(id, sent.epoch)
      if (sent.sequence !== next) return 'OUT_OF_ORDER_SEQUENCE_NUMBER'
      if (before.open !== undefined && !sent.transactional) return 'INVALID_TXN_STATE'
    }
    const known = before ?? { epoch: sent.epoch, coordinatorEpoch: -1, sent: [], open: undefined }
    if (sent.epoch > known.epoch) known.sent = []
    known.epoch = sent.epoch
    known.sent = [...known.sent, { sequence: sent.sequence, count, offset: this.end }].slice(-5)
    if (sent.transactional) known.open ??= { first: this.end, values: [] }
    for (const value of sent.values) {
      this.values.push({ offset: this.end++, value, fate: sent.transactional ? 'open' : 'stable' })
      if (sent.transactional) known.open!.values.push(value)
    }
    this.known.set(id, known)
    return `offset ${this.end - count}`
  }

  mark(id: number, marker: { epoch: number; committed: boolean; coordinatorEpoch: number; version: number }): string {
    const known = this.known.get(id) ?? { epoch: marker.epoch, coordinatorEpoch: -1, sent: [], open: undefined }
    const mustBeNewer = marker.version >= 2 && known.open !== undefined
    if (marker.epoch < known.epoch || (mustBeNewer && marker.epoch === known.epoch)) return 'INVALID_PRODUCER_EPOCH'
    if (marker.coordinatorEpoch < known.coordinatorEpoch) return 'TRANSACTION_COORDINATOR_FENCED'
    if (marker.epoch > known.epoch) known.sent = []
    const ended = new Set(known.open?.values)
    for (const each of this.values) if (ended.has(each.value)) each.fate = marker.committed ? 'stable' : 'aborted'
    this.known.set(id, { epoch: marker.epoch, coordinatorEpoch: marker.coordinatorEpoch, sent: known.sent, open: undefined })
    this.end++
    return 'NONE'
  }

  get lastStableOffset(): number {
    return Math.min(this.end, ...[...this.known.values()].map(({ open }) => open?.first ?? Infinity))
  }

  readable(): string[] {
    return this.values.filter(({ offset, fate }) => offset < this.lastStableOffset && fate === 'stable').map(({ value }) => value)
  }
}

class Twins {
  readonly cluster = new RoleCluster({
    roles: ['both'],
    settings: { 'transaction.partition.verification.enable': 'false', 'log.segment.bytes': '1048576' },
  })
  readonly model = new Model()
  #values = 0

  constructor() {
    this.cluster.untilUp()
    this.cluster.create('t', { partitions: 1 })
  }

  do(command: Command): void {
    switch (command.do) {
      case 'produce':
        return this.#produce(command)
      case 'marker':
        return expect(this.#mark(command)).toBe(this.model.mark(command.producer, command))
      case 'read':
        return this.check()
      case 'restart':
        this.cluster.kill(1)
        this.cluster.start(1)
        this.cluster.untilUp()
        this.cluster.until(() => this.cluster.replica(1, 't', 0)?.isLeading === true, 'a leader')
        // The old connection is found dead by the first who uses it.
        this.cluster.tryAsk(1, apis.ApiVersions, { clientSoftwareName: 'test', clientSoftwareVersion: '1' })
        return undefined
    }
  }

  #produce({ producer, epoch, step, count, transactional }: Command & { do: 'produce' }): void {
    const known = this.model.known.get(producer)
    const earlier = step < 0 && known?.epoch === epoch ? known.sent.at(step) : undefined
    const sequence = earlier?.sequence ?? this.model.nextSequence(producer, epoch) + Math.max(0, step)
    const values = Array.from({ length: earlier?.count ?? count }, () => `v${this.#values++}`)
    const expected = this.model.produce(producer, { epoch, sequence, values, transactional })
    const encode = (value: string): { key: null; value: Uint8Array; timestamp: number } =>
      ({ key: null, value: new TextEncoder().encode(value), timestamp: 1000 })
    const records = encodeBatch({
      records: values.map(encode), producerId: producer, producerEpoch: epoch, baseSequence: sequence, isTransactional: transactional,
    })
    const topicData = [{ name: 't', partitionData: [{ index: 0, records }] }]
    const body = { acks: -1, timeoutMs: 1000, transactionalId: 'any', topicData }
    const answer = this.cluster.ask(1, apis.Produce, body, { version: 11 }).responses[0]!.partitionResponses[0]!
    expect(answer.errorCode === 0 ? `offset ${answer.baseOffset}` : errorName(answer.errorCode)).toBe(expected)
  }

  #mark({ producer, epoch, committed, coordinatorEpoch, version }: Command & { do: 'marker' }): string {
    const marker = {
      producerId: toBigInt(producer), producerEpoch: epoch, transactionResult: committed, coordinatorEpoch, transactionVersion: version,
      topics: [{ name: 't', partitionIndexes: [0] }],
    }
    const answer = this.cluster.ask(1, apis.WriteTxnMarkers, { markers: [marker] })
    return errorName(answer.markers[0]!.topics[0]!.partitions[0]!.errorCode)
  }

  check(): void {
    const latest = (isolationLevel: number): number => toNumber(this.cluster.ask(1, apis.ListOffsets, {
      replicaId: -1, isolationLevel, topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -1n }] }],
    }).topics[0]!.partitions[0]!.offset)
    expect([latest(0), latest(1)]).toEqual([this.model.end, this.model.lastStableOffset])
    expect(readCommitted(this.cluster, 't', 0, this.model.lastStableOffset)).toEqual(this.model.readable())
  }
}

it('answers as the rules say, changes nothing where it refuses, and shows what is committed and nothing else', () => {
  fc.assert(fc.property(fc.array(command, { minLength: 1, maxLength: 40 }), (commands) => {
    const twins = new Twins()
    for (const each of commands) twins.do(each)
    twins.check()
  }), { numRuns: 100 })
})
