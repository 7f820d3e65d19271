/** From one JSON object of a v3 produce request to a record, or the reason why it is none. */
import type { RecordHeader } from '../../protocol/record-batch-encode.ts'
import { RestError } from './rest-error.ts'

/** A record before it has a topic. */
export interface AskedRecord {
  readonly partition: number | undefined
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly keyType: DataType | undefined
  readonly valueType: DataType | undefined
  readonly timestamp: number | undefined
  readonly headers: readonly RecordHeader[] | undefined
}

export type DataType = 'BINARY' | 'JSON' | 'STRING'

type Json = Readonly<Record<string, unknown>>

/** Schema formats of the real proxy, which want a Schema Registry. */
const schemaTypes: ReadonlySet<unknown> = new Set(['AVRO', 'JSONSCHEMA', 'PROTOBUF'])
const base64 = /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?$/
const partitionMax = 2 ** 31 - 1

/** Throws RestError. */
export function recordOfJson(text: string): AskedRecord {
  const body = parsed(text)
  const key = dataOf(body['key'], 'key')
  const value = dataOf(body['value'], 'value')
  return {
    partition: partitionOf(body['partition_id']),
    key: key.bytes,
    value: value.bytes,
    keyType: key.type,
    valueType: value.type,
    timestamp: timestampOf(body['timestamp']),
    headers: headersOf(body['headers']),
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parsed(text: string): Json {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch (error) {
    throw new RestError(400, `Bad Request: Error processing JSON: ${(error as Error).message}`)
  }
  if (!isObject(body)) throw new RestError(400, 'Bad Request: a record is a JSON object')
  return body
}

function dataOf(data: unknown, name: 'key' | 'value'): { readonly bytes: Uint8Array | null; readonly type: DataType | undefined } {
  if (data === undefined || data === null) return { bytes: null, type: undefined }
  if (!isObject(data)) throw new RestError(400, `Bad Request: ${name} is an object with type and data`)
  const { type, data: content } = data
  if (schemaTypes.has(type) || data['schema'] !== undefined || data['schema_id'] !== undefined || data['subject'] !== undefined) {
    throw new RestError(422, `Error: ${name} needs a schema, and this gateway has no Schema Registry`)
  }
  if (type !== 'BINARY' && type !== 'JSON' && type !== 'STRING') throw new RestError(400, `Bad Request: ${name}.type is BINARY, JSON or STRING`)
  return { bytes: bytesOf(type, content, name), type }
}

function bytesOf(type: DataType, content: unknown, name: string): Uint8Array | null {
  if (type === 'JSON') return content === undefined ? null : Buffer.from(JSON.stringify(content))
  if (content === undefined || content === null) return null
  if (typeof content !== 'string') throw new RestError(400, `Bad Request: ${name}.data of type ${type} is a string`)
  if (type === 'STRING') return Buffer.from(content)
  if (!base64.test(content)) throw new RestError(400, `Bad Request: ${name}.data of type BINARY is base64`)
  return Buffer.from(content, 'base64')
}

function partitionOf(partition: unknown): number | undefined {
  if (partition === undefined || partition === null) return undefined
  if (!Number.isInteger(partition) || (partition as number) < 0 || (partition as number) > partitionMax) {
    throw new RestError(400, 'Bad Request: partition_id is a whole number from 0')
  }
  return partition as number
}

function timestampOf(timestamp: unknown): number | undefined {
  if (timestamp === undefined || timestamp === null) return undefined
  const ms = typeof timestamp === 'string' ? Date.parse(timestamp) : Number.NaN
  if (Number.isNaN(ms) || ms < 0) throw new RestError(400, 'Bad Request: timestamp is a time of ISO 8601')
  return ms
}

function headersOf(headers: unknown): RecordHeader[] | undefined {
  if (headers === undefined || headers === null) return undefined
  if (!Array.isArray(headers)) throw new RestError(400, 'Bad Request: headers is a list')
  return headers.map((header: unknown) => {
    if (!isObject(header) || typeof header['name'] !== 'string') throw new RestError(400, 'Bad Request: a header has a name')
    const { name, value = null } = header
    if (value !== null && (typeof value !== 'string' || !base64.test(value))) {
      throw new RestError(400, 'Bad Request: the value of a header is base64')
    }
    return { key: name as string, value: value === null ? null : Buffer.from(value as string, 'base64') }
  })
}
