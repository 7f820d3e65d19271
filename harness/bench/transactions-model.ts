/**
 * A history of transactions without anomalies, of any size: producers whose transactions overlap, each of two records for two
 * partitions and one in four with a poll, one in ten of the others aborted, and a reader of what is committed that reads everything.
 */
import type { MicroOp, Polled, PolledRecord } from '../../history/op.ts'
import { makeValue } from '../../history/value-checksum.ts'
import type { OpSink } from './model-history.ts'

const partitions = 16
const producers = 8
const reader = producers
const abortedOneIn = 10
const pollsOneIn = 4
const recordsPerPoll = 100

type Send = Extract<MicroOp, { f: 'send' }>

interface Open {
  readonly producer: number
  readonly asked: readonly MicroOp[]
  /** The second is sent when the transaction ends, so that transactions cross. */
  readonly sends: readonly [Send, Send]
  firstOffset: number
}

class TransactionsModel {
  readonly #sink: OpSink
  #ops = 0
  #sequence = 0
  readonly #ends: number[] = Array.from({ length: partitions }, () => 0)
  /** By partition: committed, and not read yet. */
  readonly #unread: PolledRecord[][] = Array.from({ length: partitions }, () => [])
  /** By producer: what it has not polled yet of the partition of its own number. */
  readonly #unpolled: PolledRecord[][] = Array.from({ length: producers }, () => [])
  readonly #open: Open[] = []

  constructor(sink: OpSink) {
    this.#sink = sink
  }

  config(): void {
    this.#add('harness', 'info', 'config', { acks: -1, idempotence: true, transactional: true })
  }

  /** The nth transaction begins, and the oldest of those that are open ends. */
  transaction(n: number): void {
    const producer = n % producers
    const sends = [this.#send(producer, n), this.#send(producer, n + 1 + (n % 7))] as const
    const asked: MicroOp[] = [...(n % pollsOneIn === 0 ? [{ f: 'poll' } as const] : []), ...sends]
    this.#open.push({ producer, asked, sends, firstOffset: this.#append(sends[0]) })
    this.#add(producer, 'invoke', 'txn', asked)
    if (this.#open.length === producers) this.#end(n)
    if (n % 64 === 63) this.#read()
  }

  finish(): void {
    for (let n = 1; this.#open.length > 0; n++) this.#end(n)
    this.#read()
  }

  #add(process: number | 'harness', type: 'invoke' | 'ok' | 'fail' | 'info', f: string, value: unknown): void {
    this.#sink.push({ index: this.#ops, time: this.#ops * 1000, process, type, f, value })
    this.#ops++
  }

  #send(producer: number, partition: number): Send {
    return { f: 'send', key: `model-${partition % partitions}`, value: makeValue(producer, this.#sequence++) }
  }

  #append({ key }: Send): number {
    return this.#ends[partitionOf(key)]!++
  }

  #end(n: number): void {
    const { producer, asked, sends, firstOffset } = this.#open.shift()!
    const isAborted = n % abortedOneIn === 0
    const sent = [{ ...sends[0], offset: firstOffset }, { ...sends[1], offset: this.#append(sends[1]) }]
    const polled: MicroOp[] = asked[0]?.f === 'poll' ? [{ f: 'poll', polled: this.#next(producer) }] : []
    this.#add(producer, isAborted && polled.length === 0 ? 'fail' : 'ok', 'txn', [...polled, ...sent])
    if (!isAborted || polled.length > 0) for (const { key, offset, value } of sent) this.#unread[partitionOf(key)]!.push([offset, value])
  }

  /** The next record of the producer's own partition. */
  #next(producer: number): Polled[] {
    const next = this.#unpolled[producer]!.shift()
    return next === undefined ? [] : [[`model-${producer}`, [next]]]
  }

  /** Up to the last stable offset of each partition. */
  #read(): void {
    for (let partition = 0; partition < partitions; partition++) {
      const stable = Math.min(...this.#open.filter(({ sends }) => partitionOf(sends[0].key) === partition).map(({ firstOffset }) => firstOffset))
      const unread = this.#unread[partition]!.sort(([a], [b]) => a - b)
      const readable = unread.filter(([offset]) => offset < stable)
      this.#unread[partition] = unread.slice(readable.length)
      this.#unpolled[partition]?.push(...readable)
      for (let from = 0; from < readable.length; from += recordsPerPoll) {
        this.#add(reader, 'invoke', 'poll', [{ f: 'poll' }])
        this.#add(reader, 'ok', 'poll', [{ f: 'poll', polled: [[`model-${partition}`, readable.slice(from, from + recordsPerPoll)]] }])
      }
    }
  }
}

function partitionOf(key: Send['key']): number {
  return Number(String(key).slice('model-'.length))
}

export function writeTransactions(count: number, sink: OpSink): void {
  const model = new TransactionsModel(sink)
  model.config()
  for (let n = 0; n < count; n++) model.transaction(n)
  model.finish()
}
