/**
 * Looks at groups from outside, as an administrator's tool does: what each has committed, every so often, and at the end until
 * it has committed all there is. Every question is an op `offsets`; that a group has come to its end is an op `drained`.
 */
import type { Key } from '../../history/op.ts'
import type { TimerId } from '../../ports/events.ts'
import type { CommittedOffset, WorkloadClient } from '../client/client.ts'
import { drains, type GroupPlan } from './group-plan.ts'
import { keyOf, type TopicSpec, type WorkloadContext } from '../workload.ts'

export interface WatchOptions {
  readonly groups: readonly Pick<GroupPlan, 'group' | 'topics' | 'resetPolicy'>[]
  readonly intervalMs: number
  readonly timeoutMs: number
  /** As it is now: topics grow. */
  readonly topics: () => readonly TopicSpec[]
}

type Context = Pick<WorkloadContext, 'loop' | 'recorder' | 'makeClient' | 'nextProcess'>

const latest = -1
const againMs = 300

export class GroupWatch {
  readonly #context: Context
  readonly #options: WatchOptions
  readonly #client: WorkloadClient
  readonly #name: string
  readonly #processes = new Map<string, number>()
  #timer: TimerId | undefined
  #open = 0
  #isStopped = false
  #isClosed = false

  constructor(context: Context, name: string, options: WatchOptions) {
    this.#context = context
    this.#options = options
    this.#name = name
    this.#client = context.makeClient(name)
    this.#again()
  }

  /** Asks no more by itself. */
  stop(): void {
    this.#isStopped = true
    if (this.#timer !== undefined) this.#context.loop.cancel(this.#timer)
  }

  close(): void {
    this.stop()
    this.#isClosed = true
    this.#client.close()
  }

  /** Until each group that drains has committed the end of every partition it reads, or `deadlineMs` is reached; `done` says which. */
  drained(deadlineMs: number, done: (drained: boolean) => void): void {
    const left = this.#options.groups.filter(drains)
    const next = (): void => {
      const each = left[0]
      if (this.#isClosed) return
      if (each === undefined) return done(true)
      if (this.#context.loop.now() >= deadlineMs) return done(false)
      return this.#isAtEnd(each, (isAtEnd) => {
        if (isAtEnd) {
          left.shift()
          this.#hasDrained(each.group)
        }
        this.#context.loop.after(isAtEnd ? 0 : againMs, next)
      })
    }
    next()
  }

  #hasDrained(group: string): void {
    const { recorder, nextProcess } = this.#context
    const op = { process: nextProcess(), f: 'drained', value: { group }, client: this.#name }
    recorder.record({ ...op, type: 'invoke' })
    recorder.record({ ...op, type: 'ok' })
  }

  #again(): void {
    this.#timer = this.#context.loop.after(this.#options.intervalMs, () => {
      if (this.#open === 0) for (const each of this.#options.groups) this.#ask(each, 'watch', () => undefined)
      if (!this.#isStopped) this.#again()
    })
  }

  #partitions(topics: readonly string[]): { topic: string; partition: number }[] {
    const known = this.#options.topics().filter(({ name }) => topics.includes(name))
    return known.flatMap(({ name, partitions }) => Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition })))
  }

  #ask(
    { group, topics }: WatchOptions['groups'][number],
    thread: 'watch' | 'drain',
    done: (offsets: readonly CommittedOffset[] | undefined) => void,
  ): void {
    const { recorder, nextProcess } = this.#context
    const partitions = this.#partitions(topics)
    const keys: Key[] = partitions.map(({ topic, partition }) => keyOf(topic, partition))
    const process = this.#processes.get(`${thread} ${group}`) ?? nextProcess()
    this.#processes.set(`${thread} ${group}`, process)
    const op = { process, f: 'offsets', client: this.#name }
    this.#open++
    recorder.record({ ...op, type: 'invoke', value: { group, keys } })
    this.#client.admin.fetchOffsets(group, partitions, this.#options.timeoutMs, (result) => {
      this.#open--
      if (result.ok) {
        const offsets = result.value.map(({ offset }, at) => [keys[at]!, offset] as const)
        recorder.record({ ...op, type: 'ok', value: { group, offsets }, ...(result.node !== undefined && { node: result.node }) })
      } else {
        recorder.record({ ...op, type: 'fail', value: { group, keys }, error: { ...result.error, definite: true } })
      }
      done(result.ok ? result.value : undefined)
    })
  }

  #isAtEnd(group: WatchOptions['groups'][number], done: (isAtEnd: boolean) => void): void {
    const queries = this.#partitions(group.topics).map((each) => ({ ...each, timestamp: latest }))
    this.#client.admin.listOffsets(queries, this.#options.timeoutMs, (ends) => {
      if (!ends.ok) return done(false)
      return this.#ask(group, 'drain', (offsets) => {
        done(offsets !== undefined && ends.value.every(({ offset }, at) => Math.max(0, offsets[at]!.offset) >= offset))
      })
    })
  }
}
