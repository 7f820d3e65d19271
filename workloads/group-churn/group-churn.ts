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
import { GroupLife, type ChurnEvent, type ChurnName, type Handling } from './group-life.ts'

export interface GroupChurnOptions {
  readonly traffic: KeyedAppendOptions
  readonly groups: readonly GroupPlan[]
  readonly consuming: Omit<ConsumingOptions, 'delivery'>
  /** Of single groups, otherwise. */
  readonly consumingOf?: Readonly<Record<string, Partial<ConsumingOptions>>>
  readonly events?: readonly ChurnEvent[]
  /** Topics that producers leave alone. */
  readonly quietTopics?: readonly string[]
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

/** What else goes on beside the groups. */
export interface Companion {
  /** Of this group's members. */
  handlingOf?(group: string): Handling | undefined
  /** By key, the largest offset acknowledged of what it has sent. */
  readonly acknowledged?: ReadonlyMap<string, number>
  stop(done: () => void): void
  close(): void
}

export class GroupWork implements RunningWorkload {
  readonly #context: KeyedAppendContext
  readonly #options: GroupChurnOptions
  #topics: TopicSpec[]
  readonly #sending: Sending
  readonly #lives: readonly GroupLife[]
  readonly #watch: GroupWatch
  readonly #companions: readonly Companion[]
  readonly #admin: ReturnType<WorkloadContext['makeClient']>
  #final: FinalReading | undefined
  #growTimer: TimerId | undefined
  #grown = 0
  #isStopping = false

  constructor(context: WorkloadContext, options: GroupChurnOptions, companions: readonly Companion[] = []) {
    this.#companions = companions
    this.#context = { ...context, options: options.traffic }
    this.#options = options
    this.#topics = [...context.topics]
    const busy = context.topics.filter(({ name }) => options.quietTopics?.includes(name) !== true)
    this.#sending = new Sending({ ...this.#context, topics: busy })
    this.#lives = options.groups.map((plan) => {
      const consuming = { ...options.consuming, delivery: plan.delivery, ...options.consumingOf?.[plan.group] }
      const handling = companions.map((each) => each.handlingOf?.(plan.group)).find((each) => each !== undefined)
      const { churnMs, events } = options
      return new GroupLife(context, { plan, consuming, churnMs, ...(events && { events }), ...(handling && { handling }) })
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
    for (const life of this.#lives) life.calm()
    let open = this.#companions.length + 1
    const stopped = (): void => {
      open--
      if (open === 0) done()
    }
    for (const companion of this.#companions) companion.stop(stopped)
    this.#sending.stop(() => {
      this.#sending.close()
      this.#context.loop.after(this.#options.restMs, () => {
        this.#watch.stop()
        stopped()
      })
    })
  }

  /** The groups first: they are to process and commit all there is, and then go. */
  finalReads(deadlineMs: number, done: (complete: boolean) => void): void {
    const { loop } = this.#context
    const drainedByMs = loop.now() + (deadlineMs - loop.now()) * drainShare
    this.#watch.drained(drainedByMs, (isDrained) => this.#leave([...this.#lives], () => {
      const context = { ...this.#context, topics: this.#topics }
      const acknowledged = new Map([this.#sending, ...this.#companions].flatMap((each) => [...each.acknowledged ?? []]))
      this.#final = new FinalReading(context, acknowledged, deadlineMs, (complete) => done(complete && isDrained))
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
    for (const companion of this.#companions) companion.close()
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
  return { ...aboutGroupChurn, start: (context) => new GroupWork(context, options) }
}
