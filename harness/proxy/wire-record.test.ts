/** Who said what: the word of a client against what went over the wire. */
import { expect, it } from 'vitest'
import { judge } from '../../checkers/judge.ts'
import { parseNotation } from '../../history/notation.ts'
import type { Op } from '../../history/op.ts'
import { apis } from '../../protocol/apis.ts'
import { errorCode } from '../../protocol/errors.ts'
import { encodeRequest, encodeResponse } from '../../protocol/frames.ts'
import { encodeBatch } from '../../protocol/record-batch-encode.ts'
import { withWireRecord, type WireLine } from './wire-record.ts'
import { WireTap } from './wire-tap.ts'

function completion(notation: string, lines: readonly WireLine[]): Op {
  const ops = parseNotation(notation).map((op) => (op.f === 'send' ? { ...op, client: 'producer-0' } : op))
  return withWireRecord(ops, lines).find(({ f, type }) => f === 'send' && type !== 'invoke')!
}

function line(node: number, values: readonly string[], answer?: WireLine['batches'][number]['answer']): WireLine {
  return { client: 'producer-0', node, batches: [{ key: 'x', values, ...(answer !== undefined && { answer }) }] }
}

const written = (offset: number): { readonly errorCode: number; readonly offset: number } => ({ errorCode: 0, offset })
const refused = { errorCode: errorCode.NOT_ENOUGH_REPLICAS, offset: -1 }
const unsure = { errorCode: errorCode.NOT_LEADER_OR_FOLLOWER, offset: -1 }

it.each([
  ['who answered is who acknowledged', 'p0 send x v2 -> ok @8', [line(2, ['v1', 'v2'], written(7))], { type: 'ok', attempts: 1, node: 2 }],
  ['of several requests the one with the offset counts', 'p0 send x v1 -> ok @7', [line(1, ['v1'], written(5)), line(2, ['v1'], written(7))], { type: 'ok', attempts: 2, node: 2 }],
  ['refused every time is refused', 'p0 send x v1 -> info', [line(1, ['v1'], refused)], { type: 'fail', attempts: 1, error: { code: 'NOT_ENOUGH_REPLICAS', definite: true } }],
  ['never asked did not happen', 'p0 send x v1 -> info', [line(1, ['v2'], written(0))], { type: 'fail', attempts: 0, error: { definite: true } }],
  ['one answer that leaves it open leaves it open', 'p0 send x v1 -> info', [line(1, ['v1'], refused), line(1, ['v1'], unsure)], { type: 'info', attempts: 2 }],
  ['one answer that is missing leaves it open', 'p0 send x v1 -> info', [line(1, ['v1']), line(1, ['v1'], refused)], { type: 'info', attempts: 2 }],
])('%s', (_claim, notation, lines, expected) => {
  expect(completion(notation, lines)).toMatchObject(expected)
})

it.each([
  ['what no broker answered, or answered with another offset', [line(1, ['v1']), line(1, ['v1'], written(3))]],
  ['what was never asked', [line(1, ['v2'], written(0))]],
])('%s, nobody acknowledged', (_what, lines) => {
  expect(completion('p0 send x v1 -> ok @7', lines).node).toBeUndefined()
})

it('a record under the sequence of another is acknowledged by nobody, and the other is', () => {
  const producer = { id: 4, epoch: 0, sequence: 10 }
  const batch = { key: 'x', producer, answer: written(7) }
  const lines = [['v1', 'v2'], ['v3']].map((values): WireLine => ({ client: 'producer-0', node: 1, batches: [{ ...batch, values }] }))
  expect(completion('p0 send x v1 -> ok @7', lines).node).toBe(1)
  expect(completion('p0 send x v3 -> ok @7', lines).node).toBeUndefined()
  expect(completion('p0 send x v2 -> ok @8', [...lines, lines[0]!])).toMatchObject({ attempts: 2, node: 1 })
})

it('a history of which nothing was recorded stays as it is', () => {
  expect(completion('p0 send x v1 -> info', [])).toEqual(completion('p0 send x v1 -> info', [{ client: 'producer-0', node: 1, batches: [] }]))
})

it('a lost record is blamed on the broker that acknowledged it, or on the client when none did', () => {
  const ops = parseNotation('p0 send x v1 -> ok @0; p0 send x v2 -> ok @1; p1 assign x -> ok; p1 poll -> ok x[1:v2]')
    .map((op) => (op.f === 'send' ? { ...op, client: 'producer-0' } : op))
  const blamed = (lines: readonly WireLine[]): unknown[] => judge(withWireRecord(ops, lines)).findings.map(({ anomaly, blame }) => [anomaly, blame])
  expect(blamed([line(1, ['v1', 'v2'], written(0))])).toEqual([['lost-write', 'broker']])
  expect(blamed([line(1, ['v1']), line(1, ['v2'], written(1))])).toEqual([['lost-write', 'client']])
  expect(blamed([])).toEqual([['lost-write', undefined]])
})

it('a tap hears requests and answers in whatever pieces they come, and what is left open at the end', () => {
  const heard: WireLine[] = []
  const tap = new WireTap(2, (each) => heard.push(each))
  const request = (correlationId: number, values: readonly string[]): Buffer => {
    const records = batchOf(values)
    const body = { acks: -1, timeoutMs: 1, topicData: [{ name: 'x', partitionData: [{ index: 0, records }] }] }
    return framed(encodeRequest(apis.Produce, 7, { correlationId, clientId: 'producer-1' }, body))
  }
  const answer = framed(encodeResponse(apis.Produce, 7, 1, {
    responses: [{ name: 'x', partitionResponses: [{ index: 0, errorCode: 0, baseOffset: 5n }] }],
  }))
  for (const byte of Buffer.concat([request(1, ['a', 'b']), request(2, ['c'])])) tap.request(Buffer.of(byte))
  for (const byte of answer) tap.answer(Buffer.of(byte))
  tap.end()
  expect(heard).toEqual([
    { client: 'producer-1', node: 2, batches: [{ key: 'x-0', values: ['a', 'b'], answer: { errorCode: 0, offset: 5 } }] },
    { client: 'producer-1', node: 2, batches: [{ key: 'x-0', values: ['c'] }] },
  ])
})

it('a tap does not listen to who is no producer, nor to what is no Kafka', () => {
  const heard: WireLine[] = []
  const tap = new WireTap(1, (each) => heard.push(each))
  tap.request(framed(encodeRequest(apis.Metadata, 1, { correlationId: 1, clientId: 'consumer-0-0' }, { topics: [] })))
  const other = new WireTap(1, (each) => heard.push(each))
  other.request(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
  other.answer(Buffer.from('HTTP/1.1 200 OK\r\n\r\n'))
  tap.end()
  other.end()
  expect(heard).toEqual([])
})

function framed(frame: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4 + frame.length)
  bytes.writeInt32BE(frame.length)
  bytes.set(frame, 4)
  return bytes
}

function batchOf(values: readonly string[]): Uint8Array {
  return encodeBatch({ records: values.map((value) => ({ key: null, value: Buffer.from(`${value}...`), timestamp: 1 })) })
}
