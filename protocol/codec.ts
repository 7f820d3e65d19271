/**
 * Messages to bytes and back. A message is compiled for a version when that version is first used; after that, encoding
 * and decoding walk a flat list. Decoding refuses bytes left over and throws nothing but MalformedMessage; encoding
 * throws RangeError, and only for a caller's mistake.
 */
import type { Codec } from './field-codec.ts'
import type { Decoded, Encodable, Message } from './message.ts'
import { Reader } from './reader.ts'
import { structCodec } from './struct-codec.ts'
import { includesVersion } from './versions.ts'
import { Writer } from './writer.ts'

const compiled = new WeakMap<Message, Codec[]>()
const writer = new Writer()

/** Programmer error when the message has no such version. */
export function codecOf(message: Message, version: number): Codec {
  const found = compiled.get(message)?.[version]
  return found === undefined ? compile(message, version) : found
}

function compile(message: Message, version: number): Codec {
  if (!includesVersion(message.versions, version)) throw new RangeError(`${message.name} has no version ${version}`)
  const codec = structCodec(message.fields, { version, isFlexible: isFlexible(message, version) })
  const versions = compiled.get(message) ?? []
  versions[version] = codec
  compiled.set(message, versions)
  return codec
}

/** True when this version has compact lengths and tagged fields. */
export function isFlexible(message: Message, version: number): boolean {
  return message.flexible !== 'none' && includesVersion(message.flexible, version)
}

/** What `write` puts into the room's one writer, as bytes of their own. Not to be nested. */
export function written(write: (writer: Writer) => void): Uint8Array {
  writer.reset()
  write(writer)
  return writer.finish()
}

export function encodeMessage<M extends Message>(message: M, version: number, body: Encodable<M>): Uint8Array {
  const codec = codecOf(message, version)
  return written((writer) => codec.write(writer, body as never))
}

/** Decodes the whole of `bytes`. Byte fields are views of it. */
export function decodeMessage<M extends Message>(message: M, version: number, bytes: Uint8Array): Decoded<M> {
  return decodeFrom(message, version, new Reader(bytes))
}

/** Decodes from where the reader stands to its end. */
export function decodeFrom<M extends Message>(message: M, version: number, reader: Reader): Decoded<M> {
  const body = codecOf(message, version).read(reader) as Decoded<M>
  reader.expectEnd()
  return body
}
