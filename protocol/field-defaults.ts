/** What the absence of a field means, read from its descriptor: Kafka's defaults, by type where none is given. */
import type { Field, Fields, PrimitiveName, StructField } from './message.ts'
import { zeroUuid } from './uuid.ts'

/** The type a field is described under is its first key, and the versions are what stands there. */
export function rangeOf(field: Field): string {
  return Object.values(field)[0] as string
}

export function typeOf(field: Field): PrimitiveName | 'array' | 'struct' {
  return Object.keys(field)[0] as PrimitiveName | 'array' | 'struct'
}

const noBytes = new Uint8Array(0)
const zeros: Record<Exclude<PrimitiveName, 'bytes' | 'records'>, unknown> = {
  bool: false,
  int8: 0,
  int16: 0,
  uint16: 0,
  int32: 0,
  int64: 0n,
  string: '',
  uuid: zeroUuid,
}

/** Objects are made anew by each call. */
export function defaultMaker(field: Field): () => unknown {
  const given = field.default
  if (given !== undefined) return () => given
  if ('fields' in field) return structMaker(field.fields)
  const type = typeOf(field)
  if (type === 'array') return () => []
  if (type === 'records') return () => (field.nullable === undefined ? noBytes : null)
  if (type === 'bytes') return () => noBytes
  const zero = zeros[type as keyof typeof zeros]
  return () => zero
}

function structMaker(fields: Fields): () => Record<string, unknown> {
  const members = Object.entries(fields).map(([key, field]) => ({ key, make: defaultMaker(field) }))
  return () => {
    const value: Record<string, unknown> = {}
    for (const { key, make } of members) value[key] = make()
    return value
  }
}

/** True for a value that a tagged field leaves out. */
export function defaultTest(field: Field): (value: unknown) => boolean {
  if ('fields' in field && field.default !== null) return structDefaultTest(field)
  const absent = defaultMaker(field)()
  if (absent === null || typeof absent !== 'object') return (value) => value === absent
  return isEmpty
}

function isEmpty(value: unknown): boolean {
  return value !== null && (value as { length: number }).length === 0
}

function structDefaultTest(field: StructField): (value: unknown) => boolean {
  const tests = Object.entries(field.fields).map(([key, inner]) => ({ key, test: defaultTest(inner) }))
  return (value) =>
    tests.every(({ key, test }) => {
      const given = (value as Record<string, unknown>)[key]
      return given === undefined || test(given)
    })
}
