/**
 * How one value is read and written at one version. A codec is chosen when a message is compiled, so that reading and
 * writing ask nothing about versions any more.
 */
import { MalformedMessage } from './malformed.ts'
import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'
import type { PrimitiveName } from './message.ts'

/** One class for all codecs keeps the call sites monomorphic. */
export class Codec {
  /** The least an encoded value takes; bounds a hostile element count. */
  readonly minSizeBytes: number
  readonly read: (reader: Reader) => unknown
  readonly write: (writer: Writer, value: never) => void

  constructor(minSizeBytes: number, read: (reader: Reader) => unknown, write: (writer: Writer, value: never) => void) {
    this.minSizeBytes = minSizeBytes
    this.read = read
    this.write = write
  }
}

export function primitiveCodec(type: PrimitiveName, isFlexible: boolean, isNullable: boolean): Codec {
  if (type === 'string') return stringCodec(isFlexible, isNullable)
  if (type === 'bytes' || type === 'records') return bytesCodec(isFlexible, isNullable)
  return fixedCodecs[type]
}

const fixedCodecs: Record<Exclude<PrimitiveName, 'string' | 'bytes' | 'records'>, Codec> = {
  bool: new Codec(1, (reader) => reader.bool(), (writer, value: boolean) => writer.bool(value)),
  int8: new Codec(1, (reader) => reader.int8(), (writer, value: number) => writer.int8(value)),
  int16: new Codec(2, (reader) => reader.int16(), (writer, value: number) => writer.int16(value)),
  uint16: new Codec(2, (reader) => reader.uint16(), (writer, value: number) => writer.uint16(value)),
  int32: new Codec(4, (reader) => reader.int32(), (writer, value: number) => writer.int32(value)),
  int64: new Codec(8, (reader) => reader.int64(), (writer, value: bigint) => writer.int64(value)),
  uuid: new Codec(16, (reader) => reader.uuid(), (writer, value: string) => writer.uuid(value)),
}

function stringCodec(isFlexible: boolean, isNullable: boolean): Codec {
  return new Codec(
    isFlexible ? 1 : 2,
    (reader) => {
      const length = reader.length(isFlexible, true)
      return length < 0 ? readNull(isNullable) : reader.text(length)
    },
    (writer, value: string | null) => {
      if (value === null) writeNull(writer, isNullable, isFlexible, true)
      else writer.string(value, isFlexible)
    },
  )
}

function bytesCodec(isFlexible: boolean, isNullable: boolean): Codec {
  return new Codec(
    isFlexible ? 1 : 4,
    (reader) => {
      const length = reader.length(isFlexible, false)
      return length < 0 ? readNull(isNullable) : reader.view(length)
    },
    (writer, value: Uint8Array | null) => {
      if (value === null) {
        writeNull(writer, isNullable, isFlexible, false)
      } else {
        writer.length(value.length, isFlexible, false)
        writer.raw(value)
      }
    },
  )
}

export function arrayCodec(element: Codec, isFlexible: boolean, isNullable: boolean): Codec {
  const elementBytes = Math.max(1, element.minSizeBytes)
  return new Codec(
    isFlexible ? 1 : 4,
    (reader) => {
      const count = reader.length(isFlexible, false)
      if (count < 0) return readNull(isNullable)
      if (count > (reader.end - reader.at) / elementBytes) throw new MalformedMessage(`${count} elements`)
      reader.elementsLeft -= count
      if (reader.elementsLeft < 0) throw new MalformedMessage(`${count} elements, and too many in all`)
      const values: unknown[] = []
      for (let i = 0; i < count; i++) values.push(element.read(reader))
      return values
    },
    (writer, values: readonly never[] | null) => {
      if (values === null) return writeNull(writer, isNullable, isFlexible, false)
      writer.length(values.length, isFlexible, false)
      for (let i = 0; i < values.length; i++) element.write(writer, values[i]!)
    },
  )
}

const nullMark = -1
const presentMark = 1

/** One byte in front tells whether there is a struct. */
export function nullableStruct(struct: Codec): Codec {
  return new Codec(
    1,
    (reader) => (reader.int8() < 0 ? null : struct.read(reader)),
    (writer, value: object | null) => {
      writer.int8(value === null ? nullMark : presentMark)
      if (value !== null) struct.write(writer, value as never)
    },
  )
}

function readNull(isNullable: boolean): null {
  if (!isNullable) throw new MalformedMessage('null where none is allowed')
  return null
}

function writeNull(writer: Writer, isNullable: boolean, isFlexible: boolean, isShort: boolean): void {
  if (!isNullable) throw new RangeError('null where none is allowed')
  writer.length(-1, isFlexible, isShort)
}
