/**
 * The consumers' side: each is one process that assigns itself every partition and polls. A poll op stays open until
 * records come, at most a second, so that a quiet second is one op. Now and then a consumer is replaced by a fresh one,
 * which begins at the start of the log or where its predecessor stood.
 */
import type { Polled, PolledRecord } from '../../history/op.ts'
import type { TimerId } from '../../ports/events.ts'
import { randomChance } from '../../ports/random.ts'
import type { AssignedPartition, ConsumerEvent, PolledPartition, WorkloadClient, WorkloadConsumer } from '../client/client.ts'
import { consumerDefaults } from '../client/defaults.ts'
import { keyOf } from '../workload.ts'
import type { ReadingContext } from './options.ts'
import { decodeValue } from './values.ts'

const emptyPollMs = 1000
/** Between two polls of one consumer, on average: fewer, larger ops. */
const pollSpacingMs = 20
const fromBeginningChance = 1 / 3

/** Begins the names of readers that read what is uncommitted, too, where others do not. */
export const uncommittedPrefix = 'uncommitted-'

const decoder = new TextDecoder()

/** What the history keeps of a poll. */
export function polledOf(polled: readonly PolledPartition[]): Polled[] {
  return polled.map(({ topic, partition, records, servedEpoch }) => {
    const read = records.map(({ offset, value, leaderEpoch, timestamp, key }): PolledRecord => {
      const recordKey = key === null ? null : decoder.decode(key)
      return [offset, decodeValue(value), { leaderEpoch, timestamp, recordKey }]
    })
    return servedEpoch === undefined ? [keyOf(topic, partition), read] : [keyOf(topic, partition), read, servedEpoch]
  })
}

/** One client that reads, as one process of the history. */
export class ReadingProcess {
  readonly #context: ReadingContext
  readonly #client: WorkloadClient
  readonly consumer: WorkloadConsumer
  readonly name: string
  readonly process: number

  constructor(context: ReadingContext, name: string, assigned: readonly AssignedPartition[]) {
    this.#context = context
    this.name = name
    this.process = context.nextProcess()
    this.#client = context.makeClient(name)
    const onEvent = (event: ConsumerEvent): void => this.#note(event)
    this.consumer = this.#client.consumer({ ...consumerDefaults, isolation: context.options.isolation, onEvent })
    const keys = assigned.map(({ topic, partition }) => keyOf(topic, partition))
    const value = name.startsWith(uncommittedPrefix) ? { keys, isolation: 'read_uncommitted' } : keys
    this.record('invoke', 'assign', value)
    this.consumer.assign(assigned)
    this.record('ok', 'assign', value)
  }

  record(type: 'invoke' | 'ok' | 'info', f: string, value: unknown): void {
    this.#context.recorder.record({ process: this.process, type, f, value, client: this.name })
  }

  /** A jump or damage the client met: a mark, beside the poll that is open. */
  #note(event: ConsumerEvent): void {
    const { kind, topic, partition, ...facts } = event
    this.record('info', kind === 'error' ? 'consumer-error' : kind, { key: keyOf(topic, partition), ...facts })
  }

  /** One poll op. */
  poll(timeoutMs: number, done: () => void): void {
    this.record('invoke', 'poll', [{ f: 'poll' }])
    this.consumer.poll(this.#context.options.maxRecordsPerPoll, timeoutMs, (polled) => {
      this.record('ok', 'poll', [{ f: 'poll', polled: polledOf(polled) }])
      done()
    })
  }

  /** An open poll ends empty. */
  close(): void {
    this.#client.close()
  }
}

/** One consumer of the workload and those that replace it. */
export class Reading {
  readonly #context: ReadingContext
  readonly #name: string
  readonly #partitions: readonly { readonly topic: string; readonly partition: number }[]
  #current: ReadingProcess
  #life = 0
  #replaceAtMs = Infinity
  #timer: TimerId | undefined
  #stopped = false

  /** `name`: with a number for each life. */
  constructor(context: ReadingContext, name: string) {
    this.#context = context
    this.#name = name
    this.#partitions = partitionsOf(context)
    this.#current = this.#begin(() => 'beginning')
    this.#pollSoon()
  }

  get replacements(): number {
    return this.#life - 1
  }

  /** Ends the open poll too. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    if (this.#timer !== undefined) this.#context.loop.cancel(this.#timer)
    this.#current.close()
  }

  #begin(startOf: (topic: string, partition: number) => AssignedPartition['start']): ReadingProcess {
    const { loop, random, options } = this.#context
    const assigned = this.#partitions.map(({ topic, partition }) => ({ topic, partition, start: startOf(topic, partition) }))
    const name = `${this.#name}-${this.#life++}`
    if (options.replaceConsumerMs > 0) this.#replaceAtMs = loop.now() + options.replaceConsumerMs * (0.5 + random.next())
    return new ReadingProcess(this.#context, name, assigned)
  }

  #pollSoon(): void {
    const { loop, random } = this.#context
    this.#timer = loop.after(pollSpacingMs * (0.5 + random.next()), () => {
      this.#timer = undefined
      this.#current.poll(emptyPollMs, () => this.#polled())
    })
  }

  #polled(): void {
    if (this.#stopped) return
    if (this.#context.loop.now() >= this.#replaceAtMs) this.#replace()
    this.#pollSoon()
  }

  #replace(): void {
    const last = this.#current
    const isAnew = randomChance(this.#context.random, fromBeginningChance)
    last.record('info', 'crash', null)
    last.close()
    this.#current = this.#begin((topic, partition) => {
      const stood = isAnew ? undefined : last.consumer.position(topic, partition)
      return stood ?? 'beginning'
    })
  }
}

export function partitionsOf(context: Pick<ReadingContext, 'topics'>): { topic: string; partition: number }[] {
  return context.topics.flatMap(({ name, partitions }) =>
    Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition })),
  )
}
