/**
 * One instance of a transactional producer, from its initialization until it crashes, is fenced, or is told to leave: one
 * transaction after the other, each as its script says. An instance does not know of its successor: it goes on until it is
 * told that it is fenced.
 */
import { randomChance } from '../../ports/random.ts'
import type { AssignedPartition, ConsumerPosition, TransactionNotOk, TransactionalProducer, WorkloadClient, WorkloadConsumer } from '../client/client.ts'
import { consumerDefaults } from '../client/defaults.ts'
import { partitionsOf, polledOf } from '../keyed-append/reading.ts'
import { keyOf, type WorkloadContext } from '../workload.ts'
import { ActingProcess, chosenAbort, crashed, TransactionOp, type NotDone } from './transaction-op.ts'
import type { Script, Step } from './transaction-script.ts'
import type { InstanceFigures, ProducingOptions } from './transactions-options.ts'

export interface InstanceSetup {
  readonly context: WorkloadContext
  readonly options: ProducingOptions
  readonly script: Script
  readonly figures: InstanceFigures
  readonly name: string
  readonly transactionalId: string
  /** Where it begins to read, by key; undefined for the end. */
  readonly positions: ReadonlyMap<string, ConsumerPosition> | 'beginning' | undefined
  readonly acknowledged: Map<string, number>
  /** A transaction is to be haunted: somebody else takes the transactional id while it is open. */
  readonly onHaunted: () => void
  /** It is gone, for whatever reason. */
  readonly onGone: () => void
}

type Fate = 'commit' | 'abort' | 'crash' | 'crash while committing' | 'haunted'

const selfPollMs = 40
const selfPollRecords = 100
const stepPauseMs = 15

export class ProducerInstance {
  readonly #setup: InstanceSetup
  readonly #acting: ActingProcess
  readonly #client: WorkloadClient
  readonly #producer: TransactionalProducer
  readonly #consumer: WorkloadConsumer
  #before: readonly AssignedPartition[]
  #open: { readonly op: TransactionOp; isCommitting: boolean } | undefined
  #nextSequence = 0
  #isLeaving = false
  #isGone = false

  constructor(setup: InstanceSetup) {
    const { context, options, name } = setup
    this.#setup = setup
    this.#acting = new ActingProcess(context, name)
    this.#client = context.makeClient(name)
    this.#producer = transactionalProducerOf(this.#client, options, setup.transactionalId)
    this.#consumer = this.#client.consumer({ ...consumerDefaults, isolation: 'read_committed' })
    this.#before = this.#assigned()
    if (options.polls) this.#assign()
    this.#init()
  }

  /** Where it stands, for who comes after it. */
  positions(): Map<string, ConsumerPosition> {
    const known = new Map<string, ConsumerPosition>()
    for (const { topic, partition } of this.#before) {
      const position = this.#consumer.position(topic, partition)
      if (position !== undefined) known.set(keyOf(topic, partition), position)
    }
    return known
  }

  /** Ends after its transaction. */
  leave(): void {
    this.#isLeaving = true
    if (this.#open === undefined) this.#go()
  }

  #assigned(): AssignedPartition[] {
    const { positions, context } = this.#setup
    return partitionsOf(context).map(({ topic, partition }) => {
      const start = positions === 'beginning' ? positions : (positions?.get(keyOf(topic, partition)) ?? 'end')
      return { topic, partition, start }
    })
  }

  #assign(): void {
    const keys = this.#before.map(({ topic, partition }) => keyOf(topic, partition))
    this.#acting.invoke('assign', keys)
    this.#consumer.assign(this.#before)
    this.#acting.complete('assign', keys, { type: 'ok' })
  }

  #init(): void {
    const { transactionalId } = this.#setup
    this.#acting.invoke('init-transactions', { transactionalId })
    this.#producer.initTransactions((outcome) => {
      if (this.#isGone) return
      if (outcome.type !== 'ok') {
        this.#acting.complete('init-transactions', { transactionalId }, outcome)
        return this.#go()
      }
      const { producerId, producerEpoch } = outcome
      this.#acting.complete('init-transactions', { transactionalId, producerId, producerEpoch }, outcome)
      this.#next()
    })
  }

  #after(delayMs: number, act: () => void): void {
    this.#setup.context.loop.after(delayMs, () => {
      if (!this.#isGone) act()
    })
  }

  #next(): void {
    if (this.#isLeaving) return this.#go()
    const { context: { random }, options } = this.#setup
    return this.#after(options.thinkMs * 2 * random.next(), () => {
      if (this.#isLeaving) this.#go()
      else this.#begin()
    })
  }

  #begin(): void {
    const { script, figures, name } = this.#setup
    const steps = script.draw(name, () => this.#nextSequence++)
    const fate = this.#drawFate()
    figures.transactions++
    this.#before = this.#before.map((each) => {
      const start = this.#consumer.position(each.topic, each.partition)
      return start === undefined ? each : { ...each, start }
    })
    this.#open = { op: new TransactionOp(this.#acting, steps.map((step) => (step.f === 'poll' ? step : step.micro))), isCommitting: false }
    this.#producer.begin()
    if (fate === 'haunted') this.#setup.onHaunted()
    const crashAt = fate === 'crash' ? Math.floor(this.#setup.context.random.next() * (steps.length + 1)) : -1
    this.#step(steps, 0, { fate, crashAt })
  }

  #drawFate(): Fate {
    const { context: { random }, options } = this.#setup
    if (randomChance(random, options.abortChance)) return 'abort'
    if (randomChance(random, options.crashChance)) return randomChance(random, 0.5) ? 'crash' : 'crash while committing'
    return randomChance(random, options.hauntChance) ? 'haunted' : 'commit'
  }

  #step(steps: readonly Step[], at: number, ahead: { readonly fate: Fate; readonly crashAt: number }): void {
    const { random } = this.#setup.context
    if (at === ahead.crashAt) return this.#crash()
    const step = steps[at]
    if (step === undefined) return this.#finish(ahead.fate)
    const following = (): void => this.#step(steps, at + 1, ahead)
    const { op } = this.#open!
    if (step.f === 'poll') {
      return this.#consumer.poll(selfPollRecords, selfPollMs, (polled) => {
        if (this.#isGone) return
        op.polled(at, polledOf(polled))
        following()
      })
    }
    this.#producer.send(step.record, (outcome) => op.sent(at, outcome))
    return randomChance(random, 0.5) ? following() : this.#after(stepPauseMs * 2 * random.next(), following)
  }

  #finish(fate: Fate): void {
    if (fate === 'abort') return this.#abort(chosenAbort)
    const open = this.#open!
    open.isCommitting = true
    if (fate === 'crash while committing') this.#after(stepPauseMs * 2 * this.#setup.context.random.next(), () => this.#open === open && this.#crash())
    return this.#producer.commit((outcome) => {
      if (this.#isGone) return
      if (outcome.type === 'ok') {
        this.#acknowledge(open.op)
        return this.#ended(open.op, outcome)
      }
      if (outcome.next === 'close') return this.#dead(open.op, outcome)
      open.isCommitting = false
      return this.#abort(outcome)
    })
  }

  #acknowledge(op: TransactionOp): void {
    const { acknowledged } = this.#setup
    for (const micro of op.micros) {
      if (micro.f === 'send' && micro.offset !== undefined) acknowledged.set(String(micro.key), Math.max(micro.offset, acknowledged.get(String(micro.key)) ?? -1))
    }
  }

  /** `why`: the commit was refused, or never asked for. */
  #abort(why: NotDone): void {
    const { op } = this.#open!
    this.#setup.figures.aborted++
    this.#producer.abort((outcome) => {
      if (this.#isGone) return
      if (outcome.type !== 'ok' && outcome.next === 'close') return this.#dead(op, { ...outcome, ...why, next: 'close' })
      this.#ended(op, why)
    })
  }

  #ended(op: TransactionOp, end: Parameters<TransactionOp['end']>[0]): void {
    op.end(end)
    this.#open = undefined
    if (end.type !== 'ok' && this.#setup.options.polls) this.#consumer.assign(this.#before)
    this.#next()
  }

  #dead(op: TransactionOp, outcome: TransactionNotOk): void {
    this.#setup.figures.closed++
    op.end(outcome)
    this.#open = undefined
    this.#go()
  }

  #crash(): void {
    this.#setup.figures.crashed++
    this.#open!.op.end(crashed(this.#open!.isCommitting))
    this.#open = undefined
    this.#acting.mark('crash', null)
    this.#go()
  }

  #go(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#client.close()
    this.#setup.onGone()
  }

  /** Nothing is recorded any more. */
  close(): void {
    this.#isGone = true
    this.#client.close()
  }
}

/** Programmer error with a client that has no transactions. */
export function transactionalProducerOf(client: WorkloadClient, options: ProducingOptions, transactionalId: string): TransactionalProducer {
  if (client.transactionalProducer === undefined) throw new Error('this client has no transactions')
  return client.transactionalProducer({ ...options.producer, transactionalId })
}
