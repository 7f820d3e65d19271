/**
 * What a thread of the native generator did, as columns that can be handed over without a copy: sends as they began and as they
 * ended, each in the order of time. Times are milliseconds of the machine's monotonic clock, which all threads share.
 */
import type { NewOp, Op, OpType } from '../../history/op.ts'
import { makeValue } from '../../history/value-checksum.ts'

export interface Begun {
  readonly length: number
  readonly atMs: Float64Array
  /** When it was due. */
  readonly dueMs: Float64Array
  readonly sequence: Uint32Array
  readonly process: Uint32Array
  /** Of the keys of the run. */
  readonly key: Uint16Array
}

export interface Ended {
  readonly length: number
  readonly atMs: Float64Array
  readonly dueMs: Float64Array
  readonly sequence: Uint32Array
  readonly process: Uint32Array
  readonly key: Uint16Array
  readonly type: Uint8Array
  /** -1 when it is not known. */
  readonly offset: Float64Array
  readonly attempts: Uint16Array
  /** -1 for none. */
  readonly node: Int32Array
  /** Of `errors`, plus one; 0 for none. */
  readonly error: Uint16Array
}

export interface Chunk {
  readonly worker: number
  readonly begun: Begun
  readonly ended: Ended
  /** As JSON; those that have come up since the last chunk. */
  readonly errors: readonly string[]
}

export const endTypes: readonly OpType[] = ['ok', 'fail', 'info']

export function nativeClient(worker: number): string {
  return `native-${worker}`
}

/** The process numbers of one worker begin here. */
export const processesPerWorker = 10_000_000

function begunOf(capacity: number): Begun {
  return {
    length: 0, atMs: new Float64Array(capacity), dueMs: new Float64Array(capacity), sequence: new Uint32Array(capacity),
    process: new Uint32Array(capacity), key: new Uint16Array(capacity),
  }
}

function endedOf(capacity: number): Ended {
  return {
    ...begunOf(capacity), type: new Uint8Array(capacity), offset: new Float64Array(capacity), attempts: new Uint16Array(capacity),
    node: new Int32Array(capacity), error: new Uint16Array(capacity),
  }
}

type Table = { readonly length: number } & { readonly [Column in string]: number | Float64Array | Uint32Array | Uint16Array | Uint8Array | Int32Array }

function grown<T extends Begun>(table: T, make: (capacity: number) => T): T {
  const larger = make(2 * table.atMs.length)
  for (const [name, column] of Object.entries(table as unknown as Table)) {
    if (typeof column !== 'number') ((larger as unknown as Table)[name] as Float64Array).set(column as Float64Array)
  }
  return { ...larger, length: table.length }
}

const firstCapacity = 4096

/** Fills columns; `taken` hands them over and begins anew. */
export class ColumnWriter {
  readonly #worker: number
  #begun: { -readonly [Column in keyof Begun]: Begun[Column] } = begunOf(firstCapacity)
  #ended: { -readonly [Column in keyof Ended]: Ended[Column] } = endedOf(firstCapacity)
  readonly #errorCodes = new Map<string, number>()
  #newErrors: string[] = []

  constructor(worker: number) {
    this.#worker = worker
  }

  begin(send: { readonly atMs: number; readonly dueMs: number; readonly sequence: number; readonly process: number; readonly key: number }): void {
    if (this.#begun.length === this.#begun.atMs.length) this.#begun = grown(this.#begun, begunOf)
    const table = this.#begun
    const row = table.length++
    table.atMs[row] = send.atMs
    table.dueMs[row] = send.dueMs
    table.sequence[row] = send.sequence
    table.process[row] = send.process
    table.key[row] = send.key
  }

  end(
    send: { readonly atMs: number; readonly dueMs: number; readonly sequence: number; readonly process: number; readonly key: number },
    outcome: Pick<NewOp, 'type' | 'error' | 'attempts'> & { readonly offset: number | undefined; readonly node: number | undefined },
  ): void {
    if (this.#ended.length === this.#ended.atMs.length) this.#ended = grown(this.#ended, endedOf)
    const table = this.#ended
    const row = table.length++
    table.atMs[row] = send.atMs
    table.dueMs[row] = send.dueMs
    table.sequence[row] = send.sequence
    table.process[row] = send.process
    table.key[row] = send.key
    table.type[row] = endTypes.indexOf(outcome.type)
    table.offset[row] = outcome.offset ?? -1
    table.attempts[row] = outcome.attempts ?? 0
    table.node[row] = outcome.node ?? -1
    table.error[row] = outcome.error === undefined ? 0 : this.#errorCode(JSON.stringify(outcome.error))
  }

  #errorCode(error: string): number {
    let code = this.#errorCodes.get(error)
    if (code === undefined) {
      code = this.#errorCodes.size + 1
      this.#errorCodes.set(error, code)
      this.#newErrors.push(error)
    }
    return code
  }

  taken(): { readonly chunk: Chunk; readonly transfer: ArrayBuffer[] } {
    const chunk = { worker: this.#worker, begun: this.#begun, ended: this.#ended, errors: this.#newErrors }
    const columns = [...Object.values(this.#begun), ...Object.values(this.#ended)].filter((column) => typeof column !== 'number')
    this.#begun = begunOf(firstCapacity)
    this.#ended = endedOf(firstCapacity)
    this.#newErrors = []
    return { chunk, transfer: columns.map(({ buffer }) => buffer as ArrayBuffer) }
  }
}

export interface OpsOf {
  readonly keys: readonly string[]
  /** Milliseconds of the shared clock at which the run's time was 0. */
  readonly originMs: number
}

function timeOf(atMs: number, originMs: number): number {
  return Math.max(0, Math.round((atMs - originMs) * 1e6))
}

/** The op of one row, without its index. */
export function beginOp(worker: number, table: Begun, row: number, { keys, originMs }: OpsOf): Omit<Op, 'index'> {
  const value = [{ f: 'send', key: keys[table.key[row]!]!, value: valueOf(worker, table.sequence[row]!) }]
  return { time: timeOf(table.atMs[row]!, originMs), process: table.process[row]!, type: 'invoke', f: 'send', value, client: nativeClient(worker) }
}

export function endOp(worker: number, table: Ended, row: number, of: OpsOf & { readonly errors: readonly string[] }): Omit<Op, 'index'> {
  const { keys, originMs, errors } = of
  const [offset, node, error] = [table.offset[row]!, table.node[row]!, table.error[row]!]
  const micro = { f: 'send', key: keys[table.key[row]!]!, value: valueOf(worker, table.sequence[row]!), ...(offset >= 0 && { offset }) }
  return {
    time: timeOf(table.atMs[row]!, originMs), process: table.process[row]!, type: endTypes[table.type[row]!]!, f: 'send', value: [micro], client: nativeClient(worker),
    attempts: table.attempts[row]!, ...(node >= 0 && { node }), ...(error > 0 && { error: JSON.parse(errors[error - 1]!) as NonNullable<Op['error']> }),
  }
}

export function valueOf(worker: number, sequence: number): string {
  return makeValue(nativeClient(worker), sequence)
}
