/**
 * Values of a message at a version, generated from its descriptor for the tests. Says on its own what absence means, so
 * that a wrong default in the codec is found.
 */
import fc from 'fast-check'
import type { Field, Fields, Message, PrimitiveName } from '../message.ts'
import { includesVersion } from '../versions.ts'
import { zeroUuid } from '../uuid.ts'

const maxElements = 3

/** A whole value: fields absent from the version hold their defaults, as decoding must leave them. */
export function arbitraryBody(message: Message, version: number): fc.Arbitrary<unknown> {
  return arbitraryStruct(message.fields, version)
}

function arbitraryStruct(fields: Fields, version: number): fc.Arbitrary<unknown> {
  const model: Record<string, fc.Arbitrary<unknown>> = {}
  for (const [key, field] of Object.entries(fields)) {
    model[key] = includesVersion(rangeOf(field), version) ? arbitraryField(field, version) : fc.constant(absent(field))
  }
  return fc.record(model, { noNullPrototype: true })
}

function arbitraryField(field: Field, version: number): fc.Arbitrary<unknown> {
  const isNullable = field.nullable !== undefined && includesVersion(field.nullable, version)
  const value = arbitraryValue(field, version)
  const given = isNullable ? fc.option(value, { nil: null, freq: 4 }) : value
  // A default must come up often enough to see tagged fields left out.
  const isDefaultValid = absent(field) !== null || isNullable
  return isDefaultValid ? fc.oneof({ weight: 4, arbitrary: given }, { weight: 1, arbitrary: fc.constant(absent(field)) }) : given
}

function arbitraryValue(field: Field, version: number): fc.Arbitrary<unknown> {
  if ('fields' in field) return arbitraryStruct(field.fields, version)
  if (!('of' in field)) return primitives[Object.keys(field)[0] as PrimitiveName]
  const element = typeof field.of === 'string' ? primitives[field.of] : arbitraryStruct(field.of, version)
  return fc.array(element, { maxLength: maxElements })
}

/** What decoding must give for a field that is not there. */
export function absent(field: Field): unknown {
  if (field.default !== undefined) return field.default
  if ('fields' in field) return Object.fromEntries(Object.entries(field.fields).map(([key, inner]) => [key, absent(inner)]))
  if ('of' in field) return []
  if ('records' in field && field.nullable !== undefined) return null
  return zeros[Object.keys(field)[0] as PrimitiveName]
}

const noBytes = new Uint8Array(0)
const zeros: Record<PrimitiveName, unknown> = {
  bool: false,
  int8: 0,
  int16: 0,
  uint16: 0,
  int32: 0,
  int64: 0n,
  string: '',
  uuid: zeroUuid,
  bytes: noBytes,
  records: noBytes,
}

function signed(bits: number): fc.Arbitrary<number> {
  const half = 2 ** (bits - 1)
  return fc.integer({ min: -half, max: half - 1 })
}

const bytes = fc.uint8Array({ maxLength: 24 })
const text = fc.oneof(
  fc.string({ maxLength: 12, unit: 'grapheme-ascii' }),
  fc.string({ maxLength: 6, unit: 'grapheme' }),
  fc.string({ minLength: 120, maxLength: 140, unit: 'grapheme-ascii' }),
)
const uuid = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((sixteen) => Buffer.from(sixteen).toString('base64url'))

const primitives: Record<PrimitiveName, fc.Arbitrary<unknown>> = {
  bool: fc.boolean(),
  int8: signed(8),
  int16: signed(16),
  uint16: fc.integer({ min: 0, max: 65535 }),
  int32: signed(32),
  int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  string: text,
  uuid,
  bytes,
  records: bytes,
}

function rangeOf(field: Field): string {
  return Object.values(field)[0] as string
}
