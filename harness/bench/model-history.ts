/** A history without anomalies, of any size: two producers, two consumers that read everything, sixteen partitions. */
import type { Op, OpType, PolledRecord, Process } from '../../history/op.ts'
import { makeValue } from '../../history/value-checksum.ts'

const partitions = 16
const recordsPerPoll = 100

/** Each record is sent once and polled by both consumers; all of these count as records. */
export const recordsPerSend = 3

/** What takes the ops, in order. */
export interface OpSink {
  push(op: Op): unknown
}

class ModelHistory {
  readonly #sink: OpSink
  #ops = 0
  /** By partition: the next offset, and the records nobody has polled yet. */
  readonly #ends: number[] = Array.from({ length: partitions }, () => 0)
  readonly #unread: PolledRecord[][] = Array.from({ length: partitions }, () => [])

  constructor(sink: OpSink) {
    this.#sink = sink
  }

  add(process: Process, type: OpType, f: string, value: unknown): void {
    const client = typeof process === 'number' ? { client: `client-${process}` } : {}
    this.#sink.push({ index: this.#ops, time: this.#ops * 1000, process, type, f, value, ...client })
    this.#ops++
  }

  send(n: number): void {
    const process = n % 2
    const partition = Math.floor(n / 2) % partitions
    const offset = this.#ends[partition]!++
    const send = { f: 'send', key: keyOf(partition), value: makeValue(process, n) }
    this.add(process, 'invoke', 'send', [send])
    this.add(process, 'ok', 'send', [{ ...send, offset }])
    this.#unread[partition]!.push([offset, send.value])
    if (this.#unread[partition]!.length === recordsPerPoll) this.poll(partition)
  }

  poll(partition: number): void {
    const records = this.#unread[partition]!
    if (records.length === 0) return
    this.#unread[partition] = []
    for (const process of [2, 3]) {
      this.add(process, 'invoke', 'poll', [{ f: 'poll' }])
      this.add(process, 'ok', 'poll', [{ f: 'poll', polled: [[keyOf(partition), records]] }])
    }
  }
}

function keyOf(partition: number): string {
  return `model-${partition}`
}

export function writeModelHistory(sends: number, sink: OpSink): void {
  const history = new ModelHistory(sink)
  const keys = Array.from({ length: partitions }, (_, partition) => keyOf(partition))
  history.add('harness', 'info', 'config', { acks: -1, idempotence: true })
  for (const process of [2, 3]) {
    history.add(process, 'invoke', 'assign', keys)
    history.add(process, 'ok', 'assign', keys)
  }
  for (let n = 0; n < sends; n++) history.send(n)
  for (let partition = 0; partition < partitions; partition++) history.poll(partition)
}
