/**
 * A long history in little memory: ops of sends and polls as bytes, everything else as it is. An op is made again each
 * time it is asked for, equal to the one put in. As bytes a record takes about a tenth of what it takes as objects.
 */
import { VarintReader, VarintWriter } from './varints.ts'
import type { Op, Ops } from './op.ts'
import { OpHeads } from './op-heads.ts'
import { MicroOpPacker, type Words } from './packed-micro-ops.ts'
import { TextDictionary } from './text-dictionary.ts'

const opsPerBlock = 1024
/** Of so many neighbours only the first one's place is kept; the others are found by reading on from it. */
const opsPerStart = 16
/** Nanoseconds and numbers of processes and brokers up to here are packed. */
const numberMax = Number.MAX_SAFE_INTEGER - 1

interface Block {
  readonly bytes: Uint8Array
  /** Where every so-manieth op begins. */
  readonly starts: Uint32Array
}

const packedFields: ReadonlySet<string> = new Set(['index', 'time', 'process', 'type', 'f', 'value', 'client', 'error', 'attempts', 'node'])

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
  #starts = new Uint32Array(opsPerBlock / opsPerStart)
  /** By position: ops that have no packed form. */
  readonly #plain = new Map<number, Op>()
  readonly #micros = new MicroOpPacker({
    keys: new Dictionary(),
    recordKeys: new Dictionary(),
    values: new TextDictionary(),
    producers: new Dictionary(),
  })
  readonly #heads = new OpHeads()
  /** The op that follows the one read last, and where it begins. */
  #next = -1
  #nextStart = 0
  length = 0

  push(op: Op): void {
    const slot = this.length % opsPerBlock
    const start = this.#open.length
    if (slot % opsPerStart === 0) this.#starts[slot / opsPerStart] = start
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
    this.#starts = new Uint32Array(opsPerBlock / opsPerStart)
  }

  /** False when the op has something that the packed form does not. */
  #pack(op: Op): boolean {
    const { index, time, process, value, attempts, node } = op
    if (index !== this.length || typeof process !== 'number' || time === null || !Array.isArray(value)) return false
    if (![time, process, attempts, node].every(isPackable)) return false
    for (const field of Object.keys(op)) if (!packedFields.has(field)) return false
    const out = this.#open
    out.varint(process)
    out.varint(time)
    out.varint(this.#heads.codeOf(op, process))
    return this.#micros.pack(out, value)
  }

  #unpack(position: number): Op {
    const block = this.#blocks[Math.floor(position / opsPerBlock)]
    const bytes = block?.bytes ?? this.#open.bytes
    if (position !== this.#next || position % opsPerBlock === 0) {
      const first = position - (position % opsPerStart)
      this.#next = first
      this.#nextStart = (block?.starts ?? this.#starts)[(first % opsPerBlock) / opsPerStart]!
    }
    for (;;) {
      const at = this.#next++
      if (this.#plain.has(at)) continue
      const from = new VarintReader(bytes, this.#nextStart)
      const op = this.#read(from, at)
      this.#nextStart = from.at
      if (at === position) return op
    }
  }

  #read(from: VarintReader, index: number): Op {
    const process = from.varint()
    const time = from.varint()
    const { type, f, client, error, attempts, node } = this.#heads.headOf(from.varint())
    return {
      index,
      time,
      process,
      type,
      f,
      value: this.#micros.unpack(from),
      ...(client !== undefined && { client }),
      ...(error !== undefined && { error }),
      ...(attempts !== undefined && { attempts }),
      ...(node !== undefined && { node }),
    }
  }
}
