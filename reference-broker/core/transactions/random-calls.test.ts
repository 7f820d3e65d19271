/** Random calls, most of them wrong, at a coordinator, two partitions and a group: each is answered as the model says, and changes only what it says. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { apis } from '../../../protocol/apis.ts'
import { errorName } from '../../../protocol/errors.ts'
import { toBigInt, toNumber } from '../../../protocol/int64.ts'
import { encodeBatch } from '../../../protocol/record-batch-encode.ts'
import { RoleCluster } from '../../../simulator/role-cluster.testing.ts'
import { peekCommitted, readCommitted } from '../../../simulator/transaction-client.testing.ts'
import { soundDecisions, type Decisions } from '../decisions.ts'
import { offsetsIndex, TransactionModel, type Caller, type Version } from './transaction-model.testing.ts'

const settings = {
  'transaction.state.log.num.partitions': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'offsets.topic.num.partitions': '1',
  'offsets.topic.replication.factor': '1',
}
const topic = 't'
const transactionalId = 'pay'
const group = 'workers'
const broker = 1
/** Markers are written in a fraction of it. */
const settleMs = 400
const produceVersions = { 1: 11, 2: 12 } as const
const offsetVersions = { 1: 4, 2: 5 } as const
const endVersions = { 1: 4, 2: 5 } as const

type Call =
  | { readonly call: 'init' }
  | { readonly call: 'init as'; readonly caller: Caller }
  | { readonly call: 'add'; readonly caller: Caller; readonly index: number }
  | { readonly call: 'produce'; readonly caller: Caller; readonly index: number; readonly sequenceOffset: number }
  | { readonly call: 'add offsets'; readonly caller: Caller }
  | { readonly call: 'commit offset'; readonly caller: Caller }
  | { readonly call: 'end'; readonly caller: Caller; readonly committed: boolean }

const caller: fc.Arbitrary<Caller> = fc.oneof(
  { weight: 7, arbitrary: fc.constant({ isOther: false, epochOffset: 0 }) },
  { weight: 1, arbitrary: fc.constant({ isOther: true, epochOffset: 0 }) },
  { weight: 3, arbitrary: fc.constantFrom(-2, -1, 1).map((epochOffset) => ({ isOther: false, epochOffset })) },
)

const call: fc.Arbitrary<Call> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({ call: 'init' } as const) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('init as' as const), caller }) },
  { weight: 4, arbitrary: fc.record({ call: fc.constant('add' as const), caller, index: fc.constantFrom(0, 0, 0, 1, 1, 7) }) },
  { weight: 6, arbitrary: fc.record({ call: fc.constant('produce' as const), caller, index: fc.nat(1), sequenceOffset: fc.constantFrom(0, 0, 0, 0, -1, -2, 1) }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('add offsets' as const), caller }) },
  { weight: 2, arbitrary: fc.record({ call: fc.constant('commit offset' as const), caller }) },
  { weight: 4, arbitrary: fc.record({ call: fc.constant('end' as const), caller, committed: fc.boolean() }) },
)

class Play {
  readonly #cluster: RoleCluster
  readonly #model: TransactionModel
  #values = 0

  constructor(version: Version, decisions: Decisions) {
    this.#cluster = new RoleCluster({ roles: ['both'], settings, decisions })
    this.#cluster.untilUp()
    this.#cluster.create(topic, { partitions: 2 })
    for (const internal of ['__transaction_state', '__consumer_offsets']) this.#cluster.create(internal, { partitions: 1 })
    this.#model = new TransactionModel(version)
    this.run({ call: 'init' })
  }

  run(each: Call): void {
    const [answered, due] = this.#answers(each)
    expect(answered, JSON.stringify(each)).toBe(due)
    this.#cluster.pass(settleMs)
    this.#compare(JSON.stringify(each))
  }

  /** The broker's answer and the model's. */
  #answers(each: Call): [answered: string, due: string] {
    const model = this.#model
    switch (each.call) {
      case 'init':
        return this.#init()
      case 'init as': {
        const { producerId, producerEpoch } = model.identity(each.caller)
        const body = { transactionalId, transactionTimeoutMs: 60_000, producerId: toBigInt(producerId), producerEpoch }
        return [errorName(this.#cluster.ask(broker, apis.InitProducerId, body).errorCode), model.initAs(each.caller)]
      }
      case 'add':
        return [this.#add(each.caller, each.index), model.add(each.caller, each.index)]
      case 'produce': {
        const partition = model.partitions[each.index]!
        const { producerEpoch } = model.identity(each.caller)
        const due = producerEpoch === partition.epoch ? partition.next : 0
        const sequence = Math.max(0, due + each.sequenceOffset)
        const value = `v${this.#values++}`
        return [this.#produce(each.caller, { index: each.index, sequence, value }), model.produce(each.caller, { index: each.index, sequence, value })]
      }
      case 'add offsets':
        return [this.#addOffsets(each.caller), model.add(each.caller, offsetsIndex)]
      case 'commit offset': {
        const offset = this.#values++
        return [this.#commitOffset(each.caller, offset), model.commitOffset(each.caller, String(offset))]
      }
      case 'end':
        return [this.#end(each.caller, each.committed), model.end(each.caller, each.committed)]
    }
  }

  #init(): [string, string] {
    for (;;) {
      const answer = this.#cluster.ask(broker, apis.InitProducerId, { transactionalId, transactionTimeoutMs: 60_000 })
      const error = errorName(answer.errorCode)
      const isEarly = error === 'COORDINATOR_NOT_AVAILABLE' || error === 'NOT_COORDINATOR' || error === 'COORDINATOR_LOAD_IN_PROGRESS'
      if (!isEarly) return [error, this.#model.initNew(toNumber(answer.producerId))]
      this.#cluster.pass(settleMs)
    }
  }

  #add(who: Caller, index: number): string {
    const { producerId, producerEpoch } = this.#model.identity(who)
    const { resultsByTopicV3AndBelow: [told] } = this.#cluster.ask(broker, apis.AddPartitionsToTxn, {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: toBigInt(producerId),
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [{ name: topic, partitions: [index] }],
    }, { version: 3 })
    return errorName(told!.resultsByPartition[0]!.partitionErrorCode)
  }

  #produce(who: Caller, { index, sequence, value }: { readonly index: number; readonly sequence: number; readonly value: string }): string {
    const { producerId, producerEpoch } = this.#model.identity(who)
    const records = encodeBatch({
      records: [{ key: null, value: new TextEncoder().encode(value), timestamp: Math.floor(this.#cluster.world.now()) }],
      producerId, producerEpoch, baseSequence: sequence, isTransactional: true,
    })
    const topicData = [{ name: topic, partitionData: [{ index, records }] }]
    const { responses: [told] } = this.#cluster.ask(broker, apis.Produce, { transactionalId, acks: -1, timeoutMs: 3000, topicData }, { version: produceVersions[this.#model.version] })
    return errorName(told!.partitionResponses[0]!.errorCode)
  }

  #addOffsets(who: Caller): string {
    const { producerId, producerEpoch } = this.#model.identity(who)
    const body = { transactionalId, producerId: toBigInt(producerId), producerEpoch, groupId: group }
    return errorName(this.#cluster.ask(broker, apis.AddOffsetsToTxn, body).errorCode)
  }

  #commitOffset(who: Caller, offset: number): string {
    const { producerId, producerEpoch } = this.#model.identity(who)
    const partitions = [{ partitionIndex: 0, committedOffset: toBigInt(offset), committedMetadata: '' }]
    const body = { transactionalId, groupId: group, producerId: toBigInt(producerId), producerEpoch, topics: [{ name: topic, partitions }] }
    const { topics: [told] } = this.#cluster.ask(broker, apis.TxnOffsetCommit, body, { version: offsetVersions[this.#model.version] })
    return errorName(told!.partitions[0]!.errorCode)
  }

  /** -1: none counts. */
  #committedOffset(): number {
    const body = { groupId: group, topics: [{ name: topic, partitionIndexes: [0] }], requireStable: false }
    return toNumber(this.#cluster.ask(broker, apis.OffsetFetch, body, { version: 7 }).topics[0]!.partitions[0]!.committedOffset)
  }

  #end(who: Caller, committed: boolean): string {
    const { producerId, producerEpoch } = this.#model.identity(who)
    const body = { transactionalId, producerId: toBigInt(producerId), producerEpoch, committed }
    return errorName(this.#cluster.ask(broker, apis.EndTxn, body, { version: endVersions[this.#model.version] }).errorCode)
  }

  /** What the coordinator has, and what readers of committed records see. */
  #compare(after: string): void {
    const { transactionStates: [told] } = this.#cluster.ask(broker, apis.DescribeTransactions, { transactionalIds: [transactionalId] })
    const { epoch, state, partitions, producerId } = this.#model.coordinator!
    expect({
      producerId: toNumber(told!.producerId),
      epoch: told!.producerEpoch,
      state: told!.transactionState,
      partitions: told!.topics.flatMap((each) => (each.topic === topic ? [...each.partitions] : [offsetsIndex])).sort(),
    }, after).toEqual({ producerId, epoch, state, partitions: [...partitions].sort() })
    const offsets = this.#model.partitions[offsetsIndex]!.records.findLast((record) => record.state === 'committed')
    expect(this.#committedOffset(), after).toBe(Number(offsets?.value ?? -1))
    for (const [index, partition] of this.#model.partitions.slice(0, offsetsIndex).entries()) {
      const open = partition.records.findIndex((record) => record.state === 'open')
      const stable = partition.isOpen && open >= 0 ? partition.records.slice(0, open) : partition.records
      const visible = stable.filter((record) => record.state === 'committed').map(({ value }) => value)
      expect(peekCommitted(this.#cluster, topic, index), after).toEqual(visible)
    }
  }

  /** Nothing is left open, and everything is as the model has it. */
  close(): void {
    for (let i = 0; i < 2; i++) this.run({ call: 'init' })
    for (const [index, partition] of this.#model.partitions.slice(0, offsetsIndex).entries()) {
      const committed = partition.records.filter((record) => record.state === 'committed').map(({ value }) => value)
      expect(readCommitted(this.#cluster, topic, index)).toEqual(committed)
    }
  }
}

function play(version: Version, calls: readonly Call[], decisions: Partial<Decisions> = {}): void {
  const all = new Play(version, { ...soundDecisions, ...decisions })
  for (const each of calls) all.run(each)
  all.close()
}

const runs = 40

it.each([1, 2] as const)('under version %i every call in every state is answered as Kafka answers it, and a wrong one changes nothing', (version) => {
  fc.assert(fc.property(fc.array(call, { minLength: 4, maxLength: 30 }), (calls) => play(version, calls)), { numRuns: runs })
}, 60_000)

it.each([
  ['fences nobody', 1, { isFencedProducer: () => false }],
  ['does not raise the epoch', 2, { epochAfterEnd: ({ producerEpoch }) => producerEpoch }],
  ['counts offsets at once', 1, { offsetsWaitForTransaction: () => false }],
  ['appends unasked', 1, { mustAskMembership: () => false }],
] as [string, Version, Partial<Decisions>][])('a broker that %s is found out', (_what, version, decisions) => {
  const found = fc.check(fc.property(fc.array(call, { minLength: 4, maxLength: 30 }), (calls) => play(version, calls, decisions)), { numRuns: 200, seed: 1, endOnFailure: true })
  expect(found.failed).toBe(true)
}, 60_000)
