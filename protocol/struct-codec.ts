/**
 * A struct at one version: the flat list of its fields in wire order, and its tagged fields by number. Reading starts
 * from a copy of a template that already holds every default, so all values of a struct share one hidden class.
 */
import { arrayCodec, Codec, nullableStruct, primitiveCodec } from './field-codec.ts'
import { defaultMaker, defaultTest, rangeOf, typeOf } from './field-defaults.ts'
import { MalformedMessage } from './malformed.ts'
import type { Field, Fields, PrimitiveName } from './message.ts'
import type { Reader } from './reader.ts'
import { includesVersion } from './versions.ts'
import type { Writer } from './writer.ts'

type Values = Record<string, unknown>

/** Where and how a message is compiled. */
interface Target {
  readonly version: number
  readonly isFlexible: boolean
}

class CompiledField {
  readonly key: string
  readonly codec: Codec
  /** A left-out value is written as the default; without one, leaving it out is a programmer error. */
  readonly isOptional: boolean
  readonly tag: number
  readonly makeDefault: () => unknown
  readonly isDefault: (value: unknown) => boolean

  constructor(key: string, field: Field, target: Target) {
    this.key = key
    this.codec = fieldCodec(field, target)
    this.tag = field.tag ?? -1
    this.isOptional = field.default !== undefined || field.tag !== undefined || rangeOf(field) !== '0+'
    this.makeDefault = defaultMaker(field)
    this.isDefault = defaultTest(field)
  }
}

export function structCodec(fields: Fields, target: Target): Codec {
  const present: CompiledField[] = []
  const tagged: CompiledField[] = []
  const dropped: CompiledField[] = []
  for (const [key, field] of Object.entries(fields)) {
    const compiled = new CompiledField(key, field, target)
    if (includesVersion(rangeOf(field), target.version)) (field.tag === undefined ? present : tagged).push(compiled)
    else if (field.ignorable !== true) dropped.push(compiled)
  }
  tagged.sort((a, b) => a.tag - b.tag)
  let minSizeBytes = target.isFlexible ? 1 : 0
  for (const field of present) minSizeBytes += field.codec.minSizeBytes
  const reading = new StructReading(fields, present, target.isFlexible ? tagged : null)
  const writing = new StructWriting(present, target.isFlexible ? tagged : null, dropped)
  return new Codec(minSizeBytes, (reader) => reading.read(reader), (writer, value: Values) => writing.write(writer, value))
}

class StructReading {
  readonly #template: Values = {}
  /** Fields whose default is an object and would be shared if it came from the template. */
  readonly #fresh: readonly { key: string; make: () => unknown }[]
  readonly #present: readonly CompiledField[]
  readonly #tagged: readonly CompiledField[] | null

  constructor(fields: Fields, present: readonly CompiledField[], tagged: readonly CompiledField[] | null) {
    const read = new Set(present.map((field) => field.key))
    const fresh: { key: string; make: () => unknown }[] = []
    for (const [key, field] of Object.entries(fields)) {
      const make = defaultMaker(field)
      const value = make()
      const isShared = value === null || typeof value !== 'object' || value instanceof Uint8Array
      if (!isShared && !read.has(key)) fresh.push({ key, make })
      this.#template[key] = value
    }
    this.#fresh = fresh
    this.#present = present
    this.#tagged = tagged
  }

  read(reader: Reader): Values {
    const value: Values = { ...this.#template }
    const present = this.#present
    let i = 0
    try {
      for (; i < present.length; i++) {
        const field = present[i]!
        value[field.key] = field.codec.read(reader)
      }
    } catch (error) {
      throw error instanceof MalformedMessage ? error.within(present[i]!.key) : error
    }
    for (const field of this.#fresh) value[field.key] = field.make()
    if (this.#tagged !== null) this.#readTags(reader, value, this.#tagged)
    return value
  }

  #readTags(reader: Reader, value: Values, tagged: readonly CompiledField[]): void {
    let previous = -1
    for (let left = reader.uvarint(); left > 0; left--) {
      const tag = reader.uvarint()
      const size = reader.uvarint()
      if (tag <= previous) throw new MalformedMessage(`tag ${tag} after tag ${previous}`)
      previous = tag
      const from = reader.take(size)
      const field = tagged.find((candidate) => candidate.tag === tag)
      if (field !== undefined) value[field.key] = readTagged(reader, field, from)
    }
  }
}

/** Reads the payload from `from` to where the reader stands, exactly. */
function readTagged(reader: Reader, field: CompiledField, from: number): unknown {
  const outerEnd = reader.end
  reader.end = reader.at
  reader.at = from
  try {
    const value = field.codec.read(reader)
    reader.expectEnd()
    reader.end = outerEnd
    return value
  } catch (error) {
    throw error instanceof MalformedMessage ? error.within(field.key) : error
  }
}

class StructWriting {
  readonly #present: readonly CompiledField[]
  readonly #tagged: readonly CompiledField[] | null
  /** Absent from this version and not ignorable: only a default may be given. */
  readonly #dropped: readonly CompiledField[]

  constructor(
    present: readonly CompiledField[],
    tagged: readonly CompiledField[] | null,
    dropped: readonly CompiledField[],
  ) {
    this.#present = present
    this.#tagged = tagged
    this.#dropped = dropped
  }

  write(writer: Writer, value: Values): void {
    let key = ''
    try {
      for (const field of this.#present) {
        key = field.key
        const given = value[key]
        field.codec.write(writer, (given === undefined && field.isOptional ? field.makeDefault() : given) as never)
      }
      for (const field of this.#dropped) {
        key = field.key
        const given = value[key]
        if (given !== undefined && !field.isDefault(given)) throw new RangeError('this version cannot carry it')
      }
    } catch (error) {
      throw within(error, key)
    }
    if (this.#tagged !== null) writeTags(writer, value, this.#tagged)
  }
}

function writeTags(writer: Writer, value: Values, tagged: readonly CompiledField[]): void {
  let count = 0
  for (const field of tagged) {
    const given = value[field.key]
    if (given !== undefined && !field.isDefault(given)) count++
  }
  writer.uvarint(count)
  if (count === 0) return
  for (const field of tagged) {
    const given = value[field.key]
    if (given === undefined || field.isDefault(given)) continue
    const mark = writer.beginTag(field.tag)
    try {
      field.codec.write(writer, given as never)
    } catch (error) {
      throw within(error, field.key)
    }
    writer.endTag(mark)
  }
}

/** Encoding fails only through the caller's fault; the path to the field tells whose. */
function within(error: unknown, key: string): Error {
  const reason = error instanceof Error ? error.message : String(error)
  return new RangeError(`${key}: ${reason}`, { cause: error })
}

function fieldCodec(field: Field, target: Target): Codec {
  const isNullable = field.nullable !== undefined && includesVersion(field.nullable, target.version)
  if ('fields' in field) {
    const codec = structCodec(field.fields, target)
    return isNullable ? nullableStruct(codec) : codec
  }
  if (!('of' in field)) return primitiveCodec(typeOf(field) as PrimitiveName, target.isFlexible, isNullable)
  const element =
    typeof field.of === 'string' ? primitiveCodec(field.of, target.isFlexible, false) : structCodec(field.of, target)
  return arrayCodec(element, target.isFlexible, isNullable)
}
