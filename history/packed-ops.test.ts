import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Op } from './op.ts'
import { PackedOps } from './packed-ops.ts'

const word = fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), fc.integer(), fc.double({ noNaN: true }), fc.maxSafeInteger())
const count = fc.oneof(fc.integer({ min: -1, max: 300 }), fc.integer({ min: -1, max: Number.MAX_SAFE_INTEGER }))
const meta = fc.record(
  { leaderEpoch: count, producerId: count, producerEpoch: count, timestamp: fc.oneof(count, fc.double()), recordKey: fc.option(fc.string()), more: count },
  { requiredKeys: [] },
)
const record = fc.oneof(fc.tuple(count, word), fc.tuple(count, word, meta))
const records = fc.array(record, { maxLength: 4 })
const run = fc.oneof(fc.tuple(word, records), fc.tuple(word, records, count))
const micro = fc.oneof(
  fc.record({ f: fc.constant('send'), key: word, value: word, offset: count }, { requiredKeys: ['f', 'key', 'value'] }),
  fc.record({ f: fc.constant('poll'), polled: fc.array(run, { maxLength: 3 }) }, { requiredKeys: ['f'] }),
  fc.record({ f: fc.constant('send'), key: word, value: word, more: count }),
  fc.record({ f: fc.constant('offsets'), group: fc.string(), offsets: fc.array(fc.tuple(word, count), { maxLength: 3 }) }),
)
const op = fc.record(
  {
    index: fc.oneof({ weight: 9, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat() }),
    time: fc.option(fc.maxSafeNat()),
    process: fc.oneof(fc.integer(), fc.nat(9), fc.constantFrom('nemesis', 'observer', 'harness')),
    type: fc.constantFrom('invoke', 'ok', 'fail', 'info'),
    f: fc.oneof(fc.constantFrom('send', 'poll', 'txn'), fc.string()),
    value: fc.oneof({ weight: 5, arbitrary: fc.array(micro, { maxLength: 4 }) }, { weight: 1, arbitrary: fc.jsonValue() }),
    client: fc.string(),
    error: fc.record({ code: fc.string(), definite: fc.boolean() }),
    attempts: fc.nat(),
    node: fc.oneof(fc.nat(9), fc.string()),
    rebalanced: fc.array(word),
  },
  { requiredKeys: ['index', 'time', 'process', 'type', 'f', 'value'] },
)

function packed(ops: readonly Op[]): PackedOps {
  const all = new PackedOps()
  for (const each of ops) all.push(each)
  return all
}

describe('a packed history', () => {
  it('gives back every op as it was', () => {
    fc.assert(
      fc.property(fc.array(op, { maxLength: 30 }), (drawn) => {
        const ops = drawn.map((each, at) => ({ ...each, index: each.index < 0 ? at : each.index })) as Op[]
        const all = packed(ops)
        expect(all.length).toBe(ops.length)
        expect([...all]).toEqual(ops)
        for (let at = ops.length - 1; at >= 0; at--) expect(all.at(at)).toEqual(ops[at])
      }),
    )
  })

  it('gives back any op of a long one, in any order', () => {
    const value = (at: number): string => (at % 7 === 0 ? 'ü'.repeat(at % 5000) : `${at}-\u{1F600}`.slice(0, 3 + (at % 20)))
    const ops = Array.from({ length: 5000 }, (_, at): Op => ({
      index: at,
      time: at * 1e9,
      process: at % 5,
      type: at % 2 === 0 ? 'invoke' : 'ok',
      f: 'send',
      value: [{ f: 'send', key: `k-${at % 3}`, value: value(at) }],
    }))
    const all = packed(ops)
    fc.assert(fc.property(fc.nat(ops.length - 1), (at) => void expect(all.at(at)).toEqual(ops[at])))
  })

  it('has nothing before its beginning and after its end', () => {
    const all = packed([{ index: 0, time: 0, process: 0, type: 'invoke', f: 'poll', value: [{ f: 'poll' }] }])
    expect(all.at(-1)).toBeUndefined()
    expect(all.at(1)).toBeUndefined()
    expect(new PackedOps().at(0)).toBeUndefined()
  })
})
