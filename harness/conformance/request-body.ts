/** A step's body as its version can carry it: references resolved, what the version does not have left out. */
import { defaultMaker, rangeOf, typeOf } from '../../protocol/field-defaults.ts'
import type { Field, Fields, Message } from '../../protocol/message.ts'
import { includesVersion } from '../../protocol/versions.ts'
import type { Names } from './names.ts'
import { encodeRecords, type BatchSpec } from './record-spec.ts'
import type { Json, JsonObject } from './step.ts'

/** Everything the request has in this version. */
export function resolveBody(message: Message, version: number, source: { readonly body: JsonObject; readonly names: Names }): object {
  return resolveFields(message.fields, version, source)
}

function resolveFields(
  fields: Fields,
  version: number,
  { body, names }: { readonly body: JsonObject; readonly names: Names },
): Record<string, unknown> {
  const resolved: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    if (!includesVersion(rangeOf(field), version)) continue
    resolved[name] = resolveField(field, version, { value: body[name], names })
  }
  return resolved
}

function resolveField(
  field: Field,
  version: number,
  { value, names }: { readonly value: Json | undefined; readonly names: Names },
): unknown {
  const isNullable = field.nullable !== undefined && includesVersion(field.nullable, version)
  if (value === null) return isNullable ? null : emptyOf(field)
  if (value === undefined) return withoutNull(defaultMaker(field)(), field, isNullable)
  if ('fields' in field) return resolveFields(field.fields, version, { body: value as JsonObject, names })
  if ('of' in field) {
    const { of } = field
    return (value as readonly Json[]).map((element) =>
      typeof of === 'string' ? resolvePrimitive(of, element, names) : resolveFields(of, version, { body: element as JsonObject, names }),
    )
  }
  return resolvePrimitive(typeOf(field), value, names)
}

function withoutNull(value: unknown, field: Field, isNullable: boolean): unknown {
  return value === null && !isNullable ? emptyOf(field) : value
}

/** What stands for null where a version has none. */
function emptyOf(field: Field): unknown {
  if ('of' in field) return []
  const type = typeOf(field)
  return type === 'records' || type === 'bytes' ? new Uint8Array(0) : ''
}

function resolvePrimitive(type: string, value: Json, names: Names): unknown {
  if (type === 'string') return names.real(String(value))
  if (type === 'uuid') return names.topicId(String(value))
  if (type === 'records' || type === 'bytes') return recordBytes(value as readonly BatchSpec[] | string, names)
  if (type !== 'int64') return value
  return BigInt(typeof value === 'string' && value.startsWith('p') ? names.producerId(value) : (value as string | number))
}

function recordBytes(value: readonly BatchSpec[] | string, names: Names): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value)
  return encodeRecords(value, { zeroMs: names.zeroMs, producerIdOf: (reference) => names.producerId(reference) })
}
