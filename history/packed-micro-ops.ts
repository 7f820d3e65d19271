/** What an op sent and polled as bytes, for a packed history. What does not fit is refused, and kept as it is. */
import { NumberedTexts } from './numbered-texts.ts'
import type { VarintReader, VarintWriter } from './varints.ts'
import type { Key, MicroOp, OffsetsMicroOp, Polled, PolledRecord, RecordMeta, Value } from './op.ts'

/** Things by a small number each. */
export interface Words<T> {
  codeOf(word: T): number
  wordOf(code: number): T
}

export interface PackedWords {
  readonly keys: Words<Key>
  readonly recordKeys: Words<string>
  readonly values: Words<string>
  readonly producers: Words<string>
}

/** Tags of micro-ops. */
const sendAsked = 0
const sendAnswered = 1
const pollAsked = 2
const pollAnswered = 3
const offsetsCommitted = 4

/** Tags of values, beside what they count. */
const valueTags = 4
const textValue = 0
const numberValue = 1
const numberedText = 2

/** So that it can still be counted with its tag. */
const numberValueBelow = 2 ** 50

const sendFields: ReadonlySet<string> = new Set(['f', 'key', 'value', 'offset'])
const pollFields: ReadonlySet<string> = new Set(['f', 'polled'])
const offsetsFields: ReadonlySet<string> = new Set(['f', 'group', 'offsets'])
const numberMeta = ['leaderEpoch', 'producerId', 'producerEpoch', 'timestamp'] as const
const metaFields: ReadonlySet<string> = new Set([...numberMeta, 'recordKey'])

/** Kept as one more, so that -1, which foreign histories have, can be kept as well. */
function isCountFromMinusOne(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= -1 && value !== Number.MAX_SAFE_INTEGER && !Object.is(value, -0)
}

function hasOnly(value: object, fields: ReadonlySet<string>): boolean {
  for (const field of Object.keys(value)) if (!fields.has(field)) return false
  return true
}

export class MicroOpPacker {
  readonly #keys: Words<Key>
  readonly #recordKeys: Words<string>
  readonly #values: Words<string>
  readonly #numbered: NumberedTexts

  constructor({ keys, recordKeys, values, producers }: PackedWords) {
    this.#keys = keys
    this.#recordKeys = recordKeys
    this.#values = values
    this.#numbered = new NumberedTexts(producers)
  }

  /** False when there is something in it that has no packed form; what is written by then is worth nothing. */
  pack(out: VarintWriter, value: readonly unknown[]): boolean {
    out.varint(value.length)
    for (const micro of value as readonly (MicroOp | null)[]) {
      if (typeof micro !== 'object' || micro === null) return false
      if (!this.#packOne(out, micro)) return false
    }
    return true
  }

  #packOne(out: VarintWriter, micro: MicroOp): boolean {
    switch (micro.f) {
      case 'send':
        return this.#packSend(out, micro)
      case 'poll':
        return this.#packPoll(out, micro)
      case 'offsets':
        return this.#packOffsets(out, micro)
      default:
        return false
    }
  }

  unpack(from: VarintReader): MicroOp[] {
    const micros: MicroOp[] = []
    for (let left = from.varint(); left > 0; left--) micros.push(this.#unpackOne(from))
    return micros
  }

  #packSend(out: VarintWriter, micro: Extract<MicroOp, { f: 'send' }>): boolean {
    const { key, value, offset } = micro
    if (!hasOnly(micro, sendFields) || (offset !== undefined && !isCountFromMinusOne(offset))) return false
    out.varint(offset === undefined ? sendAsked : sendAnswered)
    if (offset !== undefined) out.varint(offset + 1)
    out.varint(this.#keys.codeOf(key))
    return this.#packValue(out, value)
  }

  #packPoll(out: VarintWriter, micro: Extract<MicroOp, { f: 'poll' }>): boolean {
    const { polled } = micro
    if (!hasOnly(micro, pollFields)) return false
    out.varint(polled === undefined ? pollAsked : pollAnswered)
    if (polled === undefined) return true
    out.varint(polled.length)
    for (const [key, records, servedEpoch] of polled) {
      if (servedEpoch !== undefined && !isCountFromMinusOne(servedEpoch)) return false
      out.varint(this.#keys.codeOf(key))
      out.varint(servedEpoch === undefined ? 0 : servedEpoch + 2)
      out.varint(records.length)
      for (const record of records) if (!this.#packRecord(out, record)) return false
    }
    return true
  }

  #packOffsets(out: VarintWriter, micro: OffsetsMicroOp): boolean {
    if (!hasOnly(micro, offsetsFields)) return false
    out.varint(offsetsCommitted)
    out.varint(this.#values.codeOf(micro.group))
    out.varint(micro.offsets.length)
    for (const [key, offset] of micro.offsets) {
      if (!isCountFromMinusOne(offset)) return false
      out.varint(this.#keys.codeOf(key))
      out.varint(offset + 1)
    }
    return true
  }

  #packRecord(out: VarintWriter, record: PolledRecord): boolean {
    const meta = record[2]
    if (!isCountFromMinusOne(record[0])) return false
    out.varint(record[0] + 1)
    if (!this.#packValue(out, record[1])) return false
    if (meta !== undefined && !hasOnly(meta, metaFields)) return false
    out.varint(meta === undefined ? 0 : 1)
    return meta === undefined || this.#packMeta(out, meta)
  }

  #packMeta(out: VarintWriter, meta: RecordMeta): boolean {
    for (const field of numberMeta) {
      const value = meta[field]
      if (value !== undefined && !isCountFromMinusOne(value)) return false
      out.varint(value === undefined ? 0 : value + 2)
    }
    const { recordKey } = meta
    out.varint(recordKey === undefined ? 0 : recordKey === null ? 1 : this.#recordKeys.codeOf(recordKey) + 2)
    return true
  }

  #unpackOne(from: VarintReader): MicroOp {
    const tag = from.varint()
    if (tag === pollAsked) return { f: 'poll' }
    if (tag === pollAnswered) return { f: 'poll', polled: this.#unpackRuns(from) }
    if (tag === offsetsCommitted) return this.#unpackOffsets(from)
    const offset = tag === sendAnswered ? from.varint() - 1 : undefined
    const key = this.#keys.wordOf(from.varint())
    const value = this.#unpackValue(from)
    return offset === undefined ? { f: 'send', key, value } : { f: 'send', key, value, offset }
  }

  #unpackOffsets(from: VarintReader): OffsetsMicroOp {
    const group = this.#values.wordOf(from.varint())
    const offsets: [Key, number][] = []
    for (let left = from.varint(); left > 0; left--) offsets.push([this.#keys.wordOf(from.varint()), from.varint() - 1])
    return { f: 'offsets', group, offsets }
  }

  #unpackRuns(from: VarintReader): Polled[] {
    const runs: Polled[] = []
    for (let left = from.varint(); left > 0; left--) {
      const key = this.#keys.wordOf(from.varint())
      const served = from.varint()
      const records: PolledRecord[] = []
      for (let each = from.varint(); each > 0; each--) records.push(this.#unpackRecord(from))
      runs.push(served === 0 ? [key, records] : [key, records, served - 2])
    }
    return runs
  }

  #unpackRecord(from: VarintReader): PolledRecord {
    const offset = from.varint() - 1
    const value = this.#unpackValue(from)
    return from.varint() === 0 ? [offset, value] : [offset, value, this.#unpackMeta(from)]
  }

  #unpackMeta(from: VarintReader): RecordMeta {
    const meta: { -readonly [Field in keyof RecordMeta]: RecordMeta[Field] } = {}
    for (const field of numberMeta) {
      const value = from.varint()
      if (value > 0) meta[field] = value - 2
    }
    const recordKey = from.varint()
    if (recordKey > 0) meta.recordKey = recordKey === 1 ? null : this.#recordKeys.wordOf(recordKey - 2)
    return meta
  }

  #packValue(out: VarintWriter, value: Value): boolean {
    if (typeof value !== 'string') {
      if (!isCountFromMinusOne(value) || value >= numberValueBelow) return false
      out.varint(valueTags * (value + 1) + numberValue)
    } else if (this.#numbered.split(value)) {
      out.varint(valueTags * this.#numbered.producer + numberedText)
      out.varint(this.#numbered.sequence)
    } else out.varint(valueTags * this.#values.codeOf(value) + textValue)
    return true
  }

  #unpackValue(from: VarintReader): Value {
    const code = from.varint()
    const tag = code % valueTags
    const counted = (code - tag) / valueTags
    if (tag === numberedText) return this.#numbered.textOf(counted, from.varint())
    return tag === numberValue ? counted - 1 : this.#values.wordOf(counted)
  }
}
