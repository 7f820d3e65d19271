/**
 * A group that is led back: it reads for a while, leaves, an administrator sets its offsets to where the log begins, to where it
 * ends, or to where no log reaches, and it reads again from there, or from where its reset policy leads. Nothing is published
 * again for it (GRP-10).
 */
import type { NewOp, OpError } from '../../history/op.ts'
import { randomChance } from '../../ports/random.ts'
import type { TimerId } from '../../ports/events.ts'
import type { WorkloadClient } from '../client/client.ts'
import type { Companion } from '../group-churn/group-churn.ts'
import { Consuming, type ConsumingOptions } from '../groups/consuming.ts'
import { memberOptions, type GroupPlan } from '../groups/group-plan.ts'
import { keyOf, type WorkloadContext } from '../workload.ts'

export interface ReplayOptions {
  readonly plan: GroupPlan
  readonly consuming: ConsumingOptions
  /** How long it reads each time. */
  readonly readMs: number
}

const earliest = -2
const latest = -1
const farBeyond = 1_000_000_000
const resetTimeoutMs = 10_000
const againMs = 500
/** Who left may be a member for a session yet, and then nobody may set the group's offsets. */
const ledWithinMs = 30_000

export class Replay implements Companion {
  readonly #context: WorkloadContext
  readonly #options: ReplayOptions
  readonly #admin: WorkloadClient
  #process: number
  #member: Consuming | undefined
  #life = 0
  #timer: TimerId | undefined
  #isStopped = false
  /** Leaving, or leading back. */
  #isBusy = false
  /** It was led back once at least: who is stopped before is led back then, within this time. */
  #wasLed = false
  #leadUntilMs = 0
  /** Called when it is not any more. */
  #stopped: (() => void) | undefined

  constructor(context: WorkloadContext, options: ReplayOptions) {
    this.#context = context
    this.#options = options
    this.#process = context.nextProcess()
    this.#admin = context.makeClient(`${options.plan.group}-admin`)
    this.#read()
  }

  stop(done: () => void): void {
    this.#isStopped = true
    this.#leadUntilMs = this.#context.loop.now() + ledWithinMs
    if (this.#timer !== undefined) this.#context.loop.cancel(this.#timer)
    this.#stopped = done
    if (this.#isBusy) return
    if (this.#member !== undefined) return this.#leave(this.#member)
    this.#isBusy = true
    this.#timer = this.#context.loop.after(0, () => this.#again())
  }

  close(): void {
    this.#isStopped = true
    this.#leadUntilMs = 0
    if (this.#timer !== undefined) this.#context.loop.cancel(this.#timer)
    this.#member?.process.close()
    this.#admin.close()
  }

  #read(): void {
    const { plan, consuming, readMs } = this.#options
    const member = new Consuming(this.#context, { name: `${plan.group}-member-${this.#life++}`, member: memberOptions(plan, undefined), consuming })
    this.#member = member
    this.#timer = this.#context.loop.after(readMs, () => this.#leave(member))
  }

  #leave(member: Consuming): void {
    this.#isBusy = true
    member.leave(() => {
      this.#member = undefined
      if (this.#isOver) this.#again()
      else this.#reset()
    })
  }

  get #isOver(): boolean {
    return this.#isStopped && (this.#wasLed || this.#context.loop.now() >= this.#leadUntilMs)
  }

  #reset(): void {
    const { recorder, topics, random, loop } = this.#context
    const { plan } = this.#options
    const timestamp = randomChance(random, 0.6) ? earliest : latest
    const isBeyond = randomChance(random, 0.3)
    const queries = topics.filter(({ name }) => plan.topics.includes(name)).flatMap(({ name, partitions }) =>
      Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition, timestamp })))
    return this.#admin.admin.listOffsets(queries, resetTimeoutMs, (listed) => {
      if (!listed.ok || this.#isOver) return this.#again()
      const offsets = isBeyond ? listed.value.map((each) => ({ ...each, offset: farBeyond, leaderEpoch: -1 })) : listed.value
      const value = { group: plan.group, offsets: offsets.map(({ topic, partition, offset }) => [keyOf(topic, partition), offset]) }
      const op = { process: this.#process, f: 'reset-offsets', value, client: `${plan.group}-admin` }
      recorder.record({ ...op, type: 'invoke' })
      return this.#admin.admin.commitOffsets(plan.group, offsets, resetTimeoutMs, (result) => {
        if (result.ok) {
          recorder.record({ ...op, type: 'ok' })
          this.#wasLed = true
        } else this.#isOpen(op, result.error)
        loop.after(0, () => this.#again())
      })
    })
  }

  /** An attempt before the last may have been carried out. */
  #isOpen(op: Pick<NewOp, 'process' | 'f' | 'value' | 'client'>, error: OpError): void {
    this.#context.recorder.record({ ...op, type: 'info', error: { ...error, definite: false } })
    this.#process = this.#context.nextProcess()
  }

  #again(): void {
    if (this.#isStopped && !this.#isOver) {
      this.#timer = this.#context.loop.after(againMs, () => this.#reset())
      return undefined
    }
    this.#isBusy = false
    if (this.#isStopped) return this.#stopped?.()
    this.#timer = this.#context.loop.after(againMs, () => this.#read())
    return undefined
  }
}
