/**
 * A pipeline (TXN-2): producers write inputs, workers of one group read them and write what they make of them to every output
 * topic, with their offsets in the same transaction, or beside it where less is promised. Workers die and stand still, are taken
 * for dead while they live, and the group shares out anew what they had.
 *
 * Ops beside those of keyed-append, transactions and members of groups: `side-effect` ({input} -> {input, applied}) for each
 * call of somebody outside, and at the end the mark `side-effects` ({applied, repeated}).
 */
import { Reading } from '../keyed-append/reading.ts'
import type { TimerId } from '../../ports/events.ts'
import { randomChance, randomInt } from '../../ports/random.ts'
import { FinalReading } from '../keyed-append/final-reading.ts'
import { Sending } from '../keyed-append/sending.ts'
import type { ReadingContext } from '../keyed-append/options.ts'
import { GroupWatch } from '../groups/group-watch.ts'
import type { About, RunningWorkload, TopicSpec, Workload, WorkloadContext } from '../workload.ts'
import { Outside } from './outside.ts'
import type { PipelineOptions } from './pipeline-options.ts'
import { Worker } from './worker.ts'

const adminTimeoutMs = 10_000
/** Of the time there is at the end; the rest is for reading everything once more. */
const drainShare = 0.6
const returnMs = 500

class Pipeline implements RunningWorkload {
  readonly #context: WorkloadContext
  readonly #options: PipelineOptions
  readonly #outputs: readonly TopicSpec[]
  readonly #sending: Sending
  readonly #workers: (Worker | undefined)[]
  /** Another has their place and their transactional id, and they do not know. */
  readonly #takenForDead = new Set<Worker>()
  #takes: TimerId | undefined
  readonly #lives: number[]
  readonly #transactionalIds: string[]
  readonly #watch: GroupWatch
  readonly #readings: readonly Reading[]
  readonly #outside: Outside | undefined
  readonly #acknowledged = new Map<string, number>()
  #final: FinalReading | undefined
  #isLeaving = false
  #left: (() => void) | undefined
  #workersLost = 0

  constructor(context: WorkloadContext, options: PipelineOptions) {
    this.#context = context
    this.#options = options
    const { group, traffic, workers, watchMs: intervalMs, sideEffects } = options
    this.#outputs = context.topics.filter(({ name }) => options.outputs.includes(name))
    this.#outside = sideEffects === undefined ? undefined : new Outside(sideEffects)
    const inputs = context.topics.filter(({ name }) => group.topics.includes(name))
    this.#sending = new Sending({ ...context, topics: inputs, options: traffic })
    this.#lives = Array.from({ length: workers }, () => 0)
    this.#transactionalIds = this.#lives.map((_, at) => this.#transactionalId(at))
    this.#workers = this.#lives.map((_, at) => this.#bear(at))
    this.#watch = new GroupWatch(context, 'group-watch', { groups: [group], intervalMs, timeoutMs: adminTimeoutMs, topics: () => context.topics })
    this.#readings = Array.from({ length: traffic.consumers }, (_, index) => new Reading(this.#reading, `consumer-${index}`))
    this.#takeForDead()
  }

  stop(done: () => void): void {
    this.#watch.stop()
    this.#takeNoMore()
    this.#sending.stop(() => {
      this.#sending.close()
      for (const reading of this.#readings) reading.stop()
      done()
    })
  }

  /** The workers first: they are to take all there is, and then go. */
  finalReads(deadlineMs: number, done: (complete: boolean) => void): void {
    const { loop } = this.#context
    const drainedByMs = loop.now() + (deadlineMs - loop.now()) * drainShare
    this.#watch.drained(drainedByMs, (isDrained) => {
      this.#leave(() => {
        this.#tellOutside()
        const acknowledged = new Map([...this.#sending.acknowledged, ...this.#acknowledged])
        this.#final = new FinalReading(this.#reading, acknowledged, deadlineMs, (complete) => done(isDrained && complete))
      })
    })
  }

  close(): void {
    this.#isLeaving = true
    this.#takeNoMore()
    this.#sending.close()
    for (const worker of this.#everyWorker()) worker.close()
    for (const reading of this.#readings) reading.stop()
    this.#watch.close()
    this.#final?.close()
  }

  figures(): Readonly<Record<string, number>> {
    const outside = this.#outside && { sideEffects: this.#outside.applied, sideEffectsRepeated: this.#outside.repeated }
    return { sends: this.#sending.started, workersLost: this.#workersLost, ...outside }
  }

  get #reading(): ReadingContext {
    const { maxRecordsPerPoll, replaceConsumerMs } = this.#options.traffic
    return { ...this.#context, options: { isolation: 'read_committed', maxRecordsPerPoll, replaceConsumerMs } }
  }

  #tellOutside(): void {
    if (this.#outside === undefined) return
    const { applied, repeated } = this.#outside
    const value = { applied, repeated }
    this.#context.recorder.record({ process: this.#context.nextProcess(), type: 'info', f: 'side-effects', value, client: 'outside' })
  }

  #everyWorker(): Worker[] {
    return [...this.#workers.filter((worker) => worker !== undefined), ...this.#takenForDead]
  }

  #takeForDead(): void {
    const { takenForDeadMs } = this.#options
    const { loop, random } = this.#context
    if (takenForDeadMs === 0) return
    this.#takes = loop.after(takenForDeadMs * (0.5 + random.next()), () => {
      const at = randomInt(random, this.#workers.length)
      const worker = this.#workers[at]
      if (worker !== undefined) {
        this.#takenForDead.add(worker)
        this.#workers[at] = this.#bear(at)
      }
      this.#takeForDead()
    })
  }

  #takeNoMore(): void {
    if (this.#takes !== undefined) this.#context.loop.cancel(this.#takes)
    this.#takes = undefined
  }

  /** Of the group's name, as its topics are: workloads on one cluster share nothing. */
  #transactionalId(at: number): string {
    return `${this.#options.group.group}-worker-${at}`
  }

  #bear(at: number): Worker {
    const worker: Worker = new Worker({
      context: this.#context,
      options: this.#options,
      name: `worker-${at}.${this.#lives[at]!++}`,
      transactionalId: this.#transactionalIds[at]!,
      outputs: this.#outputs,
      outside: this.#outside,
      acknowledged: this.#acknowledged,
      onGone: () => this.#gone(at, worker),
    })
    return worker
  }

  #gone(at: number, worker: Worker): void {
    const isReplaced = this.#takenForDead.delete(worker)
    if (!isReplaced) this.#workers[at] = undefined
    if (this.#isLeaving) return this.#tellLeft()
    this.#workersLost++
    if (isReplaced) return undefined
    const { loop, random } = this.#context
    return void loop.after(returnMs * 2 * random.next(), () => {
      if (this.#isLeaving) return
      if (randomChance(random, this.#options.freshIdChance)) this.#transactionalIds[at] = `${this.#transactionalId(at)}-${this.#lives[at]}`
      this.#workers[at] = this.#bear(at)
    })
  }

  #leave(done: () => void): void {
    this.#isLeaving = true
    this.#left = done
    for (const worker of this.#everyWorker()) worker.leave()
    this.#tellLeft()
  }

  #tellLeft(): void {
    if (this.#everyWorker().length > 0) return
    const left = this.#left
    this.#left = undefined
    left?.()
  }
}

export const aboutConsumeTransformProduce: About = {
  name: 'consume-transform-produce',
  describes: 'Workers of a group read, write what they make of it and commit how far they are, and die and freeze at every boundary.',
}

export function consumeTransformProduce(options: PipelineOptions): Workload {
  return { ...aboutConsumeTransformProduce, start: (context) => new Pipeline(context, options) }
}
