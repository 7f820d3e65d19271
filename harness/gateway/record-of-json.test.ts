import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { recordOfJson } from './record-of-json.ts'
import { RestError } from './rest-error.ts'

function refusal(text: string): RestError {
  try {
    recordOfJson(text)
  } catch (error) {
    if (error instanceof RestError) return error
  }
  throw new Error(`${text} was taken`)
}

describe('a record of a v3 request', () => {
  it('has the bytes of its data, by type', () => {
    const data = fc.oneof(
      fc.uint8Array().map((bytes) => ({ type: 'BINARY', data: Buffer.from(bytes).toString('base64'), bytes: [...bytes] })),
      fc.string({ unit: 'grapheme' }).map((text) => ({ type: 'STRING', data: text, bytes: [...Buffer.from(text)] })),
      fc.jsonValue().map((value) => ({ type: 'JSON', data: value, bytes: [...Buffer.from(JSON.stringify(value))] })),
    )
    fc.assert(fc.property(data, data, (key, value) => {
      const record = recordOfJson(JSON.stringify({ key: { type: key.type, data: key.data }, value: { type: value.type, data: value.data } }))
      expect([...record.key!]).toEqual(key.bytes)
      expect([...record.value!]).toEqual(value.bytes)
    }))
  })

  it('may have neither key nor value, and has headers and a time where they are told', () => {
    expect(recordOfJson('{}')).toMatchObject({ key: null, value: null, partition: undefined, headers: undefined, timestamp: undefined })
    const headers = [{ name: 'a', value: Buffer.from('b').toString('base64') }, { name: 'c' }]
    const record = recordOfJson(JSON.stringify({ partition_id: 3, headers, timestamp: '2026-01-02T03:04:05.006Z' }))
    expect(record.partition).toBe(3)
    expect(record.timestamp).toBe(Date.UTC(2026, 0, 2, 3, 4, 5, 6))
    expect(record.headers).toEqual([{ key: 'a', value: Buffer.from('b') }, { key: 'c', value: null }])
  })

  it.each([
    ['{', 400], ['[]', 400], ['{"value":1}', 400], ['{"value":{"type":"TEXT","data":"x"}}', 400],
    ['{"value":{"type":"STRING","data":7}}', 400], ['{"value":{"type":"BINARY","data":"%%"}}', 400],
    ['{"partition_id":-1}', 400], ['{"partition_id":1.5}', 400], ['{"timestamp":"soon"}', 400], ['{"headers":{}}', 400],
    ['{"headers":[{"value":"YQ=="}]}', 400], ['{"value":{"type":"AVRO","data":{}}}', 422], ['{"value":{"schema_id":7,"data":{}}}', 422],
  ])('%s is refused with %i', (text, code) => {
    expect(refusal(text).code).toBe(code)
  })
})
