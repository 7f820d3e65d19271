/**
 * One instance of a worker: reads inputs as a member of the group, writes what it makes of them, and commits how far it is: in
 * one transaction (exactly once), after writing (at least once), or before it (at most once). It can die or stand still at any
 * boundary between two steps; one that stood still goes on as if nothing had happened.
 */
import { randomBetween, randomChance, randomPick } from '../../ports/random.ts'
import type { OpError } from '../../history/op.ts'
import type { GroupIdentity, GroupMember, PolledPartition, SendOutcome, TopicPartition, TransactionalProducer, WorkloadProducer } from '../client/client.ts'
import { consumerDefaults, producerDefaults } from '../client/defaults.ts'
import { memberOptions } from '../groups/group-plan.ts'
import { MemberProcess, type MemberHandler } from '../groups/member-process.ts'
import { chosenAbort, crashed, TransactionOp, type NotDone, type OpEnd } from '../transactions/transaction-op.ts'
import { keyOf, type TopicSpec, type WorkloadContext } from '../workload.ts'
import type { Outside } from './outside.ts'
import { boundaries, type Boundary, type PipelineOptions } from './pipeline-options.ts'
import { transformed, type Batch } from './transform.ts'

export interface WorkerSetup {
  readonly context: WorkloadContext
  readonly options: PipelineOptions
  readonly name: string
  readonly transactionalId: string
  readonly outputs: readonly TopicSpec[]
  readonly outside: Outside | undefined
  readonly acknowledged: Map<string, number>
  readonly onGone: () => void
}

/** `tenures`: of each partition polled, when it was. */
type TenuredBatch = Batch & { readonly tenures: readonly number[] }

/** What is to happen to the batch at hand. */
interface Fate {
  readonly crashAt: Boundary | undefined
  readonly pauseAt: Boundary | undefined
}

/** After standing still, its own steps go on before it hears what it missed. */
const deafMs = 300
const commitTimeoutMs = 5000

export class Worker implements MemberHandler {
  readonly #setup: WorkerSetup
  readonly #process: MemberProcess
  readonly #transactional: TransactionalProducer | undefined
  readonly #plain: WorkloadProducer | undefined
  #revocations: (() => void)[] = []
  /** By key, how often it came and went. */
  readonly #tenures = new Map<string, number>()
  #nextSequence = 0
  #open: { readonly op: TransactionOp; isCommitting: boolean } | undefined
  #isLeaving = false
  #isGone = false

  constructor(setup: WorkerSetup) {
    const { context, options, name } = setup
    this.#setup = setup
    const plan = { ...options.group, members: options.workers, staticMembers: 0, delivery: 'at-least-once' as const }
    const member = { ...memberOptions(plan, undefined), consumer: { ...consumerDefaults, isolation: 'read_committed' as const } }
    this.#process = new MemberProcess(context, { name, options: member, handler: this })
    const { client } = this.#process
    if (options.delivery !== 'exactly-once') {
      this.#plain = client.producer({ ...producerDefaults, deliveryTimeoutMs: options.producer.deliveryTimeoutMs, lingerMs: options.producer.lingerMs })
      this.#after(0, () => this.#step())
      return
    }
    if (client.transactionalProducer === undefined) throw new Error('this client has no transactions')
    this.#transactional = client.transactionalProducer({ ...options.producer, transactionalId: setup.transactionalId })
    this.#init(this.#transactional)
  }

  /** After the batch at hand. */
  leave(): void {
    this.#isLeaving = true
  }

  close(): void {
    this.#isGone = true
    this.#process.close()
  }

  // What its member is told

  assigned(partitions: readonly TopicPartition[]): void {
    this.#changeTenures(partitions)
  }

  revoking(partitions: readonly TopicPartition[], proceed: () => void): void {
    this.#revocations.push(() => {
      this.#changeTenures(partitions)
      proceed()
    })
  }

  lost(partitions: readonly TopicPartition[]): void {
    this.#changeTenures(partitions)
    this.#revocations = []
  }

  #changeTenures(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) this.#tenures.set(keyOf(topic, partition), this.#tenure(topic, partition) + 1)
  }

  #tenure(topic: string, partition: number): number {
    return this.#tenures.get(keyOf(topic, partition)) ?? 0
  }

  // The steps

  #after(delayMs: number, act: () => void): void {
    this.#setup.context.loop.after(delayMs, () => {
      if (!this.#isGone) act()
    })
  }

  #init(producer: TransactionalProducer): void {
    const { transactionalId } = this.#setup
    this.#process.invoke('init-transactions', { transactionalId })
    producer.initTransactions((outcome) => {
      if (this.#isGone) return
      if (outcome.type !== 'ok') {
        this.#process.complete('init-transactions', { transactionalId }, outcome)
        return this.#die()
      }
      const { producerId, producerEpoch } = outcome
      this.#process.complete('init-transactions', { transactionalId, producerId, producerEpoch }, { type: 'ok' })
      this.#step()
    })
  }

  #step(): void {
    for (const proceed of this.#revocations.splice(0)) proceed()
    if (this.#isLeaving) {
      this.#isGone = true
      return this.#process.leave(() => this.#setup.onGone())
    }
    const { recordsPerPoll, pollTimeoutMs } = this.#setup.options
    return this.#process.poll(recordsPerPoll, pollTimeoutMs, (polled) => {
      const batch = this.#batchOf(polled)
      const { identity } = this.#process.member
      // A poll may end within the call that ends it.
      this.#after(0, () => this.#take(batch, identity))
    })
  }

  /** At once: a partition that is to be given up has no position any more. */
  #batchOf(polled: readonly PolledPartition[]): TenuredBatch {
    const { member, name } = this.#process
    const batch = transformed(polled.filter(({ records }) => records.length > 0), this.#setup.outputs, {
      producer: name,
      nextSequence: () => this.#nextSequence++,
      position: (topic, partition) => member.position(topic, partition)!,
    })
    return { ...batch, tenures: batch.polled.map(({ topic, partition }) => this.#tenure(topic, partition)) }
  }

  #take(batch: TenuredBatch, { memberId, generation, instanceId }: GroupIdentity): void {
    // Somebody who is no member any more would commit as nobody, whom nobody fences.
    if (batch.effects.length === 0 || generation < 0) return this.#again(batch)
    const identity = { memberId, generation, ...(instanceId !== undefined && { instanceId }) }
    const fate = this.#drawFate()
    return this.#at('polled', fate, () => this.#work(batch, identity, fate))
  }

  #drawFate(): Fate {
    const { context: { random }, options } = this.#setup
    const at = randomPick(random, boundaries)
    const crashes = randomChance(random, options.crashChance)
    return { crashAt: crashes ? at : undefined, pauseAt: !crashes && randomChance(random, options.pauseChance) ? at : undefined }
  }

  #at(boundary: Boundary, { crashAt, pauseAt }: Fate, then: () => void): void {
    if (crashAt === boundary) return this.#crash()
    if (pauseAt !== boundary) return then()
    this.#process.member.hold()
    return this.#after(this.#setup.options.pauseMs, () => {
      this.#after(deafMs, () => this.#process.member.release())
      then()
    })
  }

  #work(batch: TenuredBatch, identity: GroupMember, fate: Fate): void {
    this.#callOutside(batch)
    if (this.#transactional !== undefined) return this.#transact(this.#transactional, batch, { identity, fate })
    if (this.#setup.options.delivery === 'at-least-once') {
      return this.#write(batch, (written) => {
        if (!written) return this.#again(batch)
        return this.#at('sent', fate, () => this.#commit(batch, fate, () => this.#step()))
      })
    }
    return this.#commit(batch, fate, (type) => {
      if (type === 'fail') return this.#again(batch)
      return this.#at('offsets', fate, () => (type === 'ok' && this.#isStillIts(batch) ? this.#write(batch, () => this.#step()) : this.#step()))
    })
  }

  #callOutside({ effects }: Batch): void {
    const { outside } = this.#setup
    if (outside === undefined) return
    for (const input of new Set(effects.map((effect) => effect.input))) {
      this.#process.invoke('side-effect', { input })
      this.#process.complete('side-effect', { input, applied: outside.call(input) }, { type: 'ok' })
    }
  }

  // Without transactions

  /** One op; ok when all of it was acknowledged. */
  #write({ effects }: Batch, done: (written: boolean) => void): void {
    const micros = effects.map(({ micro }) => micro)
    const outcomes: SendOutcome[] = []
    let open = effects.length
    this.#process.invoke('send', micros)
    for (const [at, { record }] of effects.entries()) {
      this.#plain!.send(record, (outcome) => {
        outcomes[at] = outcome
        open--
        if (open > 0 || this.#isGone) return
        const value = micros.map((micro, i) => withOffset(micro, outcomes[i]!))
        const end = endOf(outcomes)
        this.#process.complete('send', value, end)
        if (end.type === 'ok') this.#acknowledge(value)
        this.#after(0, () => done(end.type === 'ok'))
      })
    }
  }

  #commit({ offsets }: Batch, { crashAt }: Fate, done: (type: OpEnd['type']) => void): void {
    this.#process.commit(offsets, commitTimeoutMs, ({ type }) => {
      if (!this.#isGone) done(type)
    })
    if (crashAt === 'committing') this.#after(0, () => this.#crash())
  }

  // Exactly once

  #transact(
    producer: TransactionalProducer,
    batch: TenuredBatch,
    { identity, fate }: { readonly identity: GroupMember; readonly fate: Fate },
  ): void {
    const { group } = this.#setup.options.group
    const asked = batch.offsets.map(({ topic, partition, offset }) => [keyOf(topic, partition), offset] as const)
    const op = new TransactionOp(this.#process, [...batch.effects.map(({ micro }) => micro), { f: 'offsets', group, offsets: asked }])
    const open = { op, isCommitting: false }
    this.#open = open
    producer.begin()
    for (const [at, { record }] of batch.effects.entries()) producer.send(record, (outcome) => op.sent(at, outcome))
    this.#at('sent', fate, () => {
      producer.sendOffsets(group, batch.offsets, (outcome) => {
        if (this.#isGone) return
        if (outcome.type !== 'ok') return this.#abort(producer, batch, { type: 'fail', error: { ...outcome.error, definite: true } })
        return this.#at('offsets', fate, () => this.#end(producer, batch, { open, fate }))
      }, identity)
    })
  }

  #end(
    producer: TransactionalProducer,
    batch: TenuredBatch,
    { open, fate }: { readonly open: { readonly op: TransactionOp; isCommitting: boolean }; readonly fate: Fate },
  ): void {
    const { context: { random }, options } = this.#setup
    if (randomChance(random, options.abortChance) || !this.#isStillIts(batch)) return this.#abort(producer, batch, chosenAbort)
    open.isCommitting = true
    producer.commit((outcome) => {
      if (this.#isGone) return
      if (outcome.type === 'ok') {
        open.op.end(outcome)
        this.#open = undefined
        this.#acknowledge(open.op.micros)
        return this.#after(0, () => this.#step())
      }
      if (outcome.next === 'close') {
        open.op.end(outcome)
        return this.#die()
      }
      return this.#abort(producer, batch, outcome)
    })
    if (fate.crashAt === 'committing') this.#after(randomBetween(random, 0, 20), () => this.#open === open && this.#crash())
  }

  #abort(producer: TransactionalProducer, batch: TenuredBatch, why: NotDone): void {
    const { op } = this.#open!
    producer.abort((outcome) => {
      if (this.#isGone) return
      op.end(why.error.code === '' ? chosenAbort : why)
      this.#open = undefined
      if (outcome.type !== 'ok' && outcome.next === 'close') return this.#die()
      return this.#again(batch)
    })
  }

  #acknowledge(micros: readonly { readonly f: string; readonly key?: string | number; readonly offset?: number }[] | TransactionOp['micros']): void {
    const { acknowledged } = this.#setup
    for (const micro of micros) {
      if (micro.f !== 'send' || !('offset' in micro) || micro.offset === undefined) continue
      const key = String(micro.key)
      acknowledged.set(key, Math.max(micro.offset, acknowledged.get(key) ?? -1))
    }
  }

  /**
   * All of the batch was its own ever since. What it lost it may have got again, beginning before this batch: a member that was
   * told it is none, and whose coordinator still knew it, is let back in with the epoch it had, and then commits with that.
   */
  #isStillIts({ polled, tenures }: TenuredBatch): boolean {
    return polled.every(({ topic, partition }, at) => this.#tenure(topic, partition) === tenures[at])
  }

  /** Back to where the batch began, on what is still its own. */
  #again(batch: TenuredBatch): void {
    for (const [at, { topic, partition, records }] of batch.polled.entries()) {
      if (this.#tenure(topic, partition) !== batch.tenures[at]) continue
      const isOwned = this.#process.member.owned.some((each) => each.topic === topic && each.partition === partition)
      if (isOwned && records.length > 0) this.#process.seek(topic, partition, records[0]!.offset)
    }
    this.#after(0, () => this.#step())
  }

  #crash(): void {
    if (this.#isGone) return
    this.#open?.op.end(crashed(this.#open.isCommitting))
    this.#die()
  }

  #die(): void {
    this.#isGone = true
    this.#process.crash()
    this.#setup.onGone()
  }
}

function withOffset<T extends object>(micro: T, outcome: SendOutcome): T & { readonly offset?: number } {
  return outcome.type === 'ok' && outcome.offset !== undefined ? { ...micro, offset: outcome.offset } : micro
}

/** Of records that stand each for itself: what can be said of all of them. */
function endOf(outcomes: readonly SendOutcome[]): OpEnd {
  const errors = outcomes.flatMap((outcome): OpError[] => (outcome.type === 'ok' ? [] : [outcome.error]))
  const [first] = errors
  if (first === undefined) return { type: 'ok' }
  const isDefinite = errors.length === outcomes.length && errors.every(({ definite }) => definite)
  return { type: isDefinite ? 'fail' : 'info', error: { ...first, definite: isDefinite } }
}
