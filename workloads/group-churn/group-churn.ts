/**
 * Groups whose members come and go while producers write: every record that was acknowledged is to be processed at least once
 * by each group that commits after processing, nobody is to own what another owns, and what is committed stays committed.
 *
 * Ops beside those of keyed-append: those of members (workloads/groups/member-process.ts), `offsets`, and the mark
 * `grow` ({topic, partitions}) when a topic has got more partitions.
 */
import type { TimerId } from '../../ports/events.ts'
import { GroupWatch } from '../groups/group-watch.ts'
import type { ConsumingOptions } from '../groups/consuming.ts'
import type { GroupPlan } from '../groups/group-plan.ts'
import { FinalReading } from '../keyed-append/final-reading.ts'
import { Sending } from '../keyed-append/sending.ts'
import type { KeyedAppendContext, KeyedAppendOptions } from '../keyed-append/options.ts'
import type { About, RunningWorkload, TopicSpec, Workload, WorkloadContext } from '../workload.ts'
import { GroupLife, type ChurnName } from './group-life.ts'

export interface GroupChurnOptions {
  readonly traffic: KeyedAppendOptions
  readonly groups: readonly GroupPlan[]
  readonly consuming: Omit<ConsumingOptions, 'delivery'>
  readonly churnMs: number
  /** A topic gets one partition more about this often, at most `growthMax` in all; 0 for never. */
  readonly growMs: number
  readonly growthMax: number
  readonly watchMs: number
  /** So long the members are left alone at the end, for whoever judges what a group at rest must look like. */
  readonly restMs: number
}

const adminTimeoutMs = 10_000
/** Of the time there is at the end; the rest is for reading everything once more. */
const drainShare = 0.6

class GroupChurn implements RunningWorkload {
  readonly #context: KeyedAppendContext
  readonly #options: GroupChurnOptions
  #topics: TopicSpec[]
  readonly #sending: Sending
  readonly #lives: readonly GroupLife[]
  readonly #watch: GroupWatch
  readonly #admin: ReturnType<WorkloadContext['makeClient']>
  #final: FinalReading | undefined
  #growTimer: TimerId | undefined
  #grown = 0
  #isStopping = false

  constructor(context: WorkloadContext, options: GroupChurnOptions) {
    this.#context = { ...context, options: options.traffic }
    this.#options = options
    this.#topics = [...context.topics]
    this.#sending = new Sending(this.#context)
    this.#lives = options.groups.map((plan) => {
      const consuming = { ...options.consuming, delivery: plan.delivery }
      return new GroupLife(context, { plan, consuming, churnMs: options.churnMs })
    })
    const { groups, watchMs: intervalMs } = options
    this.#watch = new GroupWatch(context, 'group-watch', { groups, intervalMs, timeoutMs: adminTimeoutMs, topics: () => this.#topics })
    this.#admin = context.makeClient('group-admin')
    if (options.growMs > 0) {
      this.#sending.choosePartitions()
      this.#growLater()
    }
  }

  stop(done: () => void): void {
    this.#isStopping = true
    if (this.#growTimer !== undefined) this.#context.loop.cancel(this.#growTimer)
    this.#watch.stop()
    for (const life of this.#lives) life.calm()
    this.#sending.stop(() => {
      this.#sending.close()
      this.#context.loop.after(this.#options.restMs, done)
    })
  }

  /** The groups first: they are to process and commit all there is, and then go. */
  finalReads(deadlineMs: number, done: (complete: boolean) => void): void {
    const { loop } = this.#context
    const drainedByMs = loop.now() + (deadlineMs - loop.now()) * drainShare
    this.#watch.drained(drainedByMs, (isDrained) => this.#leave([...this.#lives], () => {
      const context = { ...this.#context, topics: this.#topics }
      this.#final = new FinalReading(context, this.#sending.acknowledged, deadlineMs, (complete) => done(complete && isDrained))
    }))
  }

  #leave(lives: GroupLife[], done: () => void): void {
    const life = lives.shift()
    if (life === undefined) done()
    else life.leave(() => this.#leave(lives, done))
  }

  close(): void {
    this.#isStopping = true
    this.#sending.close()
    for (const life of this.#lives) life.close()
    this.#watch.close()
    this.#admin.close()
    this.#final?.close()
  }

  figures(): Readonly<Record<string, number>> {
    const sum = (name: ChurnName): number => this.#lives.reduce((total, { counts }) => total + counts[name], 0)
    const names: readonly ChurnName[] = ['joins', 'leaves', 'crashes', 'pauses', 'staticRestarts', 'subscriptionChanges']
    return {
      sends: this.#sending.started,
      skippedSends: this.#sending.skipped,
      partitionsAdded: this.#grown,
      ...Object.fromEntries(names.map((name) => [name, sum(name)])),
    }
  }

  #growLater(): void {
    const { loop, random } = this.#context
    this.#growTimer = loop.after(this.#options.growMs * (0.5 + random.next()), () => {
      if (!this.#isStopping && this.#grown < this.#options.growthMax) this.#grow(this.#grown % this.#topics.length)
    })
  }

  #grow(at: number): void {
    const { name, partitions } = this.#topics[at]!
    const grown = { name, partitions: partitions + 1 }
    this.#admin.admin.createPartitions(name, grown.partitions, adminTimeoutMs, (result) => {
      if (this.#isStopping) return
      if (result.ok) this.#hasGrown(at, grown)
      this.#growLater()
    })
  }

  #hasGrown(at: number, grown: TopicSpec): void {
    this.#grown++
    this.#topics = this.#topics.with(at, grown)
    this.#sending.grow(grown.name, grown.partitions)
    const value = { topic: grown.name, partitions: grown.partitions }
    this.#context.recorder.record({ process: this.#context.nextProcess(), type: 'info', f: 'grow', value, client: 'group-admin' })
  }
}

export const aboutGroupChurn: About = {
  name: 'group-churn',
  describes: 'Members of consumer groups join, leave, die, freeze and come back, while producers write and topics grow.',
}

export function groupChurn(options: GroupChurnOptions): Workload {
  return { ...aboutGroupChurn, start: (context) => new GroupChurn(context, options) }
}
