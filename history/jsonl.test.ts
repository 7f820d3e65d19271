import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HistoryError } from './history-error.ts'
import { HistoryReader, parseHistory, renderOp } from './jsonl.ts'
import type { MicroOp, Op, PollMicroOp } from './op.ts'

const name = fc.oneof(fc.string({ minLength: 1, maxLength: 8 }), fc.maxSafeInteger())
const offset = fc.oneof(fc.nat(9), fc.maxSafeNat())
const record = fc.oneof(fc.tuple(offset, name), fc.tuple(offset, name, fc.record({ leaderEpoch: fc.nat() }, { requiredKeys: [] })))
const records = fc.array(record, { maxLength: 3 })
const run = fc.oneof(fc.tuple(name, records), fc.tuple(name, records, fc.nat(2 ** 31 - 1)))
const micro: fc.Arbitrary<MicroOp> = fc.oneof(
  fc.record({ f: fc.constant('send' as const), key: name, value: name, offset }, { requiredKeys: ['f', 'key', 'value'] }),
  fc.record({ f: fc.constant('poll' as const), polled: fc.array(run, { maxLength: 2 }) }, { requiredKeys: ['f'] }),
) as fc.Arbitrary<MicroOp>
const extras = fc.record(
  {
    client: fc.string(),
    error: fc.record({ code: fc.stringMatching(/^[A-Z_]{1,9}$/), definite: fc.boolean(), message: fc.stringMatching(/^[a-z ]{0,9}$/) }, { requiredKeys: ['code', 'definite'] }),
    attempts: fc.nat(9),
    node: fc.oneof(fc.nat(9), fc.string()),
    rebalanced: fc.array(name, { maxLength: 2 }),
  },
  { requiredKeys: [] },
)

/** Complete ops of ever new processes, and words of the harness. */
const history: fc.Arbitrary<Op[]> = fc
  .array(
    fc.record({
      asked: fc.array(micro, { maxLength: 3 }),
      told: fc.array(micro, { maxLength: 3 }),
      f: fc.constantFrom('send', 'poll', 'txn'),
      type: fc.constantFrom('ok' as const, 'fail' as const, 'info' as const),
      extras,
      time: fc.option(fc.nat()),
      note: fc.option(fc.jsonValue()),
    }),
    { maxLength: 5 },
  )
  .map(list => {
    const ops: Op[] = []
    for (const { asked, told, f, type, extras, time, note } of list) {
      const process = ops.length
      ops.push({ index: ops.length, time, process, type: 'invoke', f, value: asked })
      ops.push({ index: ops.length, time, process, type, f, value: told, ...withoutColon(extras) })
      ops.push({ index: ops.length, time, process: 'harness', type: 'info', f: 'note', value: note })
    }
    return ops
  })

/** A leading colon of a name is not kept, so names of ours have none. */
function withoutColon<T extends { readonly client?: string }>(extras: T): T {
  return extras.client === undefined ? extras : { ...extras, client: extras.client.replace(/^:+/, '') }
}

function refusal(...lines: string[]): string {
  try {
    parseHistory(lines)
  } catch (error) {
    expect(error).toBeInstanceOf(HistoryError)
    expect((error as HistoryError).message).toMatch(new RegExp(`^line ${(error as HistoryError).line}: `))
    return (error as HistoryError).message
  }
  return 'nothing was refused'
}

describe('a history as lines of JSON', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(history, ops => {
        const lines = ops.map(renderOp)
        expect(parseHistory(lines.join('\n'))).toEqual(JSON.parse(JSON.stringify(ops)))
        expect(parseHistory(lines).map(renderOp)).toEqual(lines)
      }),
    )
  })

  it('reads the same as text, as lines, and line by line, with any line ends', () => {
    const lines = ['{"process":0,"type":"invoke","f":"poll"}', '', '{"process":0,"type":"ok","f":"poll","value":[]}']
    const reader = new HistoryReader()
    for (const line of lines) reader.add(line)
    expect(reader.finish()).toHaveLength(2)
    expect(parseHistory(lines)).toEqual([...reader.finish()])
    expect(parseHistory(`\uFEFF${lines.join('\r\n')}\r\n`)).toEqual([...reader.finish()])
    expect(parseHistory('')).toEqual([])
  })

  it('counts on where indices are missing, and refuses to go back', () => {
    const op = (index: string): string => `{${index}"process":"harness","type":"info","f":"note"}`
    expect(parseHistory([op('"index":4,'), op(''), op('"index":9,'), op('')]).map(({ index }) => index)).toEqual([4, 5, 9, 10])
    expect(refusal(op('"index":4,'), op('"index":4,'))).toBe('line 2: "index" 4 comes after index 4: ops must be in order')
  })

  it('lets a process leave marks, which complete nothing', () => {
    const lines = [
      '{"process":0,"type":"invoke","f":"poll"}',
      '{"process":0,"type":"info","f":"rebalance","value":null}',
      '{"process":0,"type":"ok","f":"poll","value":[]}',
      '{"process":0,"type":"info","f":"crash"}',
      '{"process":0,"type":"ok","f":"final-read","value":{}}',
      '{"process":"nemesis","type":"ok","f":"kill"}',
    ]
    expect(parseHistory(lines)).toHaveLength(6)
    for (const f of ['crash', 'final-read']) {
      const both = [`{"process":0,"type":"invoke","f":"${f}"}`, `{"process":0,"type":"info","f":"${f}"}`]
      expect(parseHistory([...both, ...both])).toHaveLength(4)
    }
    expect(refusal(lines[0]!, lines[0]!.replace('poll', 'assign'))).toBe('line 2: process 0 invokes assign while its poll is still open')
    expect(refusal(lines[0]!, '{"process":0,"type":"ok","f":"assign","value":[]}')).toBe('line 2: process 0 completes assign but has poll open')
    expect(refusal('{"process":0,"type":"info","f":"send"}')).toBe('line 1: process 0 completes send but has no op open')
  })

  it('reads errors of any form', () => {
    const read = (error: string): unknown => parseHistory(['{"process":0,"type":"invoke","f":"crash"}', `{"process":0,"type":"fail","f":"crash","error":${error}}`])[1]!.error
    expect(read('":timeout"')).toEqual({ code: 'timeout', definite: true })
    expect(read('[":a",":b",3]')).toEqual({ code: 'a', definite: true, message: 'b 3' })
    expect(read('{"code":"X","definite":false}')).toEqual({ code: 'X', definite: false })
    expect(read('{"type":"X"}')).toEqual({ code: 'UNKNOWN', definite: true, message: '{"type":"X"}' })
    expect(read('null')).toBeUndefined()
  })

  it('reads the keys of a rebalance log', () => {
    const read = (log: string): unknown => parseHistory([`{"process":0,"type":"invoke","f":"poll",${log}}`])[0]!.rebalanced
    expect(read('"rebalance-log":[{"keys":[1,2]},{"keys":[2,3]},{}]')).toEqual([1, 2, 3])
    expect(read('"rebalanced":["x"]')).toEqual(['x'])
  })

  it('tells keys that are numbers from names in a map of polled records', () => {
    const [, done] = parseHistory(['{"process":0,"type":"invoke","f":"poll"}', '{"process":0,"type":"ok","f":"poll","value":[["poll",{"7":[[0,1]],"07":[[0,1]],":a":[[0,1]]}]]}'])
    expect((done!.value as { polled: [unknown][] }[])[0]!.polled.map(([key]) => key)).toEqual([7, '07', 'a'])
  })

  it.each([
    ['[]', 'an op must be a JSON object'],
    ['{"type":"ok","f":"poll"}', 'the op has no "process"'],
    ['{"process":-0.5,"type":"ok","f":"poll"}', '"process" must be a whole number, "nemesis", "observer" or "harness", not -0.5'],
    ['{"process":"me","type":"ok","f":"poll"}', '"process" must be a whole number, "nemesis", "observer" or "harness", not "me"'],
    ['{"process":0,"f":"poll"}', 'the op has no "type"'],
    ['{"process":0,"type":"ok"}', 'the op has no "f"'],
    ['{"process":0,"type":"ok","f":7}', '"f" must be the name of an operation, not 7'],
    ['{"index":1.5,"process":0,"type":"invoke","f":"poll"}', '"index" must be a whole number, not 1.5'],
    ['{"time":"now","process":0,"type":"invoke","f":"poll"}', '"time" must be a number of nanoseconds or null, not "now"'],
    ['{"process":0,"type":"invoke","f":"send"}', 'the invocation of a send must say what it asks, but has no value'],
    ['{"process":0,"type":"invoke","f":"send","value":7}', 'the value must be a list of micro-ops, not 7'],
    ['{"process":0,"type":"invoke","f":"send","value":[7]}', 'a micro-op must be an object or a tuple, not 7'],
    ['{"process":0,"type":"invoke","f":"send","value":[{"f":"drop"}]}', 'a micro-op must be a send or a poll, not {"f":"drop"}'],
    ['{"process":0,"type":"invoke","f":"send","value":[["drop"]]}', 'a micro-op must be a send or a poll, not ["drop"]'],
    ['{"process":0,"type":"invoke","f":"send","value":[{"f":"send","value":1}]}', 'a key must be a string or a whole number below 2^53, not nothing'],
    ['{"process":0,"type":"invoke","f":"send","value":[["send",1,null]]}', "a record's value must be a string or a whole number below 2^53, not null"],
    ['{"process":0,"type":"invoke","f":"send","value":[["send",1,[-2,1]]]}', 'an offset must be a whole number from 0 to 2^53 - 1, or null, not -2'],
    ['{"process":0,"type":"invoke","f":"poll","value":[{"f":"poll","polled":7}]}', '"polled" must be a list of [key, records], not 7'],
    ['{"process":0,"type":"invoke","f":"poll","value":[{"f":"poll","polled":[[1]]}]}', '"polled" must list [key, records], not [1]'],
    ['{"process":0,"type":"invoke","f":"poll","value":[{"f":"poll","polled":[[1,[],-1]]}]}', '"polled" must list [key, records], not [1,[],-1]'],
    ['{"process":0,"type":"invoke","f":"poll","value":[{"f":"poll","polled":[[1,2]]}]}', 'polled records must be a list, not 2'],
    ['{"process":0,"type":"invoke","f":"poll","value":[{"f":"poll","polled":[[1,[2]]]}]}', 'a polled record must be [offset, value], not 2'],
    ['{"process":0,"type":"invoke","f":"poll","value":[{"f":"poll","polled":[[1,[["2",2]]]]}]}', 'an offset must be a whole number from 0 to 2^53 - 1, or null, not "2"'],
    ['{"process":0,"type":"invoke","f":"assign","value":"x"}', 'the value of assign must be a list of keys'],
    ['{"process":0,"type":"invoke","f":"assign","value":[{}]}', 'a key must be a string or a whole number below 2^53, not {}'],
  ])('refuses %s', (line, sentence) => {
    expect(refusal('{"process":"harness","type":"info","f":"note"}', line)).toBe(`line 2: ${sentence}`)
  })

  it.each([
    ['{"acks":"all"}', '"acks" of the configuration must be one of -1, 0, 1, not "all"'],
    ['{"isolation":"foo"}', '"isolation" of the configuration must be one of read_uncommitted, read_committed, not "foo"'],
    ['{"floors":5}', '"floors" of the configuration must be figures by name, each a number from 0, not 5'],
    ['{"floors":{"acknowledged":"x"}}', '"floors" of the configuration must be figures by name, each a number from 0, not {"acknowledged":"x"}'],
    ['{"groups":{}}', '"groups" of the configuration must be a list of groups, each with its name as "group", not {}'],
    ['{"groups":[null]}', '"groups" of the configuration must be a list of groups, each with its name as "group", not [null]'],
    ['{"groups":[{"group":"g","topics":{}}]}', '"topics" of the configuration must be a list of topics, not {}'],
  ])('refuses the configuration %s', (value, sentence) => {
    expect(refusal(`{"process":"harness","type":"info","f":"config","value":${value}}`)).toBe(`line 1: ${sentence}`)
  })

  it('takes what a record says of itself as left out when it is null, whatever its value', () => {
    for (const value of ['v', '0-1-5882f9b5', 'tx1.0-2-019686e1#-100']) {
      const ops = parseHistory(['{"process":0,"type":"invoke","f":"poll"}', `{"process":0,"type":"ok","f":"poll","value":[{"f":"poll","polled":[["x",[[0,"${value}",null]]]]}]}`])
      expect((ops.at(1)!.value as PollMicroOp[])[0]!.polled).toEqual([['x', [[0, value]]]])
    }
  })

  it('refuses anything unreadable with its one error, never another', () => {
    const deep = `{"process":0,"type":"invoke","f":"send","value":[${'['.repeat(20_000)}${']'.repeat(20_000)}]}`
    expect(refusal(deep)).toContain('line 1: ')
    fc.assert(
      fc.property(fc.json(), fc.jsonValue(), (text, value) => {
        for (const line of [text, `{"process":0,"type":"ok","f":"poll","value":${JSON.stringify(value)}}`]) {
          try {
            parseHistory([line])
          } catch (error) {
            expect(error).toBeInstanceOf(HistoryError)
          }
        }
      }),
    )
  })
})
