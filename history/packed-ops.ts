/**
 * A long history in little memory: ops of sends and polls as bytes, everything else as it is. An op is made again each
 * time it is asked for, equal to the one put in. As bytes a record takes about a tenth of what it takes as objects.
 */
import { VarintReader, VarintWriter } from './varints.ts'
import type { Op, OpError, Ops } from './op.ts'
import { MicroOpPacker, type Words } from './packed-micro-ops.ts'
import { TextDictionary } from './text-dictionary.ts'

const opsPerBlock = 1024
/** Nanoseconds and numbers of processes and brokers up to here are packed. */
const numberMax = Number.MAX_SAFE_INTEGER - 1

interface Block {
  readonly bytes: Uint8Array
  /** By op: where it begins. */
  readonly starts: Uint32Array
}

const types = ['invoke', 'ok', 'fail', 'info'] as const
const typeCodes: Readonly<Record<Op['type'], number>> = { invoke: 0, ok: 1, fail: 2, info: 3 }
const packedFields: ReadonlySet<string> = new Set(['index', 'time', 'process', 'type', 'f', 'value', 'client', 'error', 'attempts', 'node'])

/** Optional numbers are kept as one more than they are, 0 for none. */
function plusOne(value: number | undefined): number {
  return value === undefined ? 0 : value + 1
}

function isPackable(value: unknown): boolean {
  return value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < numberMax)
}

/** Things that come again and again, each with a small number. */
class Dictionary<T> implements Words<T> {
  readonly #codes = new Map<T, number>()
  readonly #words: T[] = []

  codeOf(word: T): number {
    let code = this.#codes.get(word)
    if (code === undefined) this.#codes.set(word, (code = this.#words.push(word) - 1))
    return code
  }

  wordOf(code: number): T {
    return this.#words[code]!
  }
}

export class PackedOps implements Ops {
  readonly #blocks: Block[] = []
  readonly #open = new VarintWriter()
  #starts = new Uint32Array(opsPerBlock)
  /** By position: ops that have no packed form. */
  readonly #plain = new Map<number, Op>()
  readonly #micros = new MicroOpPacker({ keys: new Dictionary(), recordKeys: new Dictionary(), values: new TextDictionary() })
  readonly #functions = new Dictionary<string>()
  readonly #clients = new Dictionary<string>()
  /** Errors as JSON text. */
  readonly #errors = new Dictionary<string>()
  length = 0

  push(op: Op): void {
    const slot = this.length % opsPerBlock
    const start = this.#open.length
    this.#starts[slot] = start
    if (!this.#pack(op)) {
      this.#open.truncate(start)
      this.#plain.set(this.length, op)
    }
    this.length++
    if (slot === opsPerBlock - 1) this.#close()
  }

  /** undefined beyond either end. */
  at(position: number): Op | undefined {
    if (!(position >= 0 && position < this.length)) return undefined
    return this.#plain.get(position) ?? this.#unpack(position)
  }

  *[Symbol.iterator](): Generator<Op> {
    for (let position = 0; position < this.length; position++) yield this.at(position)!
  }

  #close(): void {
    this.#blocks.push({ bytes: this.#open.taken(), starts: this.#starts })
    this.#open.truncate(0)
    this.#starts = new Uint32Array(opsPerBlock)
  }

  /** False when the op has something that the packed form does not. */
  #pack(op: Op): boolean {
    const { index, time, process, type, f, value, client, error, attempts, node } = op
    if (index !== this.length || typeof process !== 'number' || time === null || !Array.isArray(value)) return false
    if (![time, process, attempts, node].every(isPackable)) return false
    for (const field of Object.keys(op)) if (!packedFields.has(field)) return false
    const out = this.#open
    out.varint(typeCodes[type])
    out.varint(process)
    out.varint(time)
    out.varint(this.#functions.codeOf(f))
    out.varint(client === undefined ? 0 : this.#clients.codeOf(client) + 1)
    out.varint(error === undefined ? 0 : this.#errors.codeOf(JSON.stringify(error)) + 1)
    out.varint(plusOne(attempts))
    out.varint(plusOne(node as number | undefined))
    return this.#micros.pack(out, value)
  }

  #unpack(position: number): Op {
    const block = this.#blocks[Math.floor(position / opsPerBlock)]
    const starts = block?.starts ?? this.#starts
    const from = new VarintReader(block?.bytes ?? this.#open.bytes, starts[position % opsPerBlock]!)
    const type = types[from.varint()]!
    const process = from.varint()
    const time = from.varint()
    const f = this.#functions.wordOf(from.varint())
    const client = from.varint()
    const error = from.varint()
    const attempts = from.varint()
    const node = from.varint()
    return {
      index: position,
      time,
      process,
      type,
      f,
      value: this.#micros.unpack(from),
      ...(client > 0 && { client: this.#clients.wordOf(client - 1) }),
      ...(error > 0 && { error: JSON.parse(this.#errors.wordOf(error - 1)) as OpError }),
      ...(attempts > 0 && { attempts: attempts - 1 }),
      ...(node > 0 && { node: node - 1 }),
    }
  }
}
