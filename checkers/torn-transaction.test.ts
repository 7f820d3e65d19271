import { describe, expect, it } from 'vitest'
import { judged } from './testing/judged.ts'

function convicts(history: string): readonly string[] {
  return judged(history).convicts
}

describe('torn-transaction', () => {
  it('is not what was aborted whole, and sent again in part', () => {
    const aborted = 'p0 txn send x v1, send x v2 -> fail ABORTED @0, @1'
    const read = 'p1 send x v3 -> ok @5; p2 poll -> ok x[3:v1 5:v3]'
    expect(judged(`${aborted}; p0 txn send x v1 -> ok @3; ${read}`).convicts).toEqual([])
    expect(judged(`p0 txn send x v1, send x v2 -> ok @3, @4; ${read}`).convicts).toContain('torn-transaction')
  })

  it('tells which part was read and which was passed, and by whom', () => {
    const { findings } = judged(`
      p0 txn send x v1, send y v2 -> ok @0, @0
      p1 send y v3 -> ok @2
      p2 poll -> ok x[0:v1] y[2:v3]`)
    const torn = findings.find(({ anomaly }) => anomaly === 'torn-transaction')
    expect(torn).toMatchObject({
      key: 'y',
      values: ['v1', 'v2'],
      offsets: [0],
      message: 'of one transaction v1 of x was read, and v2 of y, at offset 0, was passed and never was',
      witness: [
        { op: 1, shows: 'acknowledged v1 to x at offset 0' },
        { op: 1, shows: 'acknowledged v2 to y at offset 0' },
        { op: 5, shows: 'polled v1 of x at offset 0' },
        { op: 5, shows: 'polled v3 of y at offset 2' },
      ],
    })
  })

  it('is not what nobody has passed, what has no known place, or what was whole to uncommitted readers only', () => {
    const sent = 'p0 txn send x v1, send y v2 -> ok @0, @2'
    expect(convicts(`${sent}; p1 send y v3 -> ok @0; p2 poll -> ok x[0:v1] y[0:v3]`)).not.toContain('torn-transaction')
    expect(convicts('p0 txn send x v1, send y v2 -> info TIMED_OUT @0, @?; p1 send y v3 -> ok @2; p2 poll -> ok x[0:v1] y[2:v3]')).toEqual([])
    expect(convicts(`p9/u assign {"keys":["x"],"isolation":"read_uncommitted"} -> ok
      p0 txn send x v1, send y v2 -> fail ABORTED @0, @0
      p1 txn send y v3 -> ok @2
      p9/u poll -> ok x[0:v1]
      p2 poll -> ok y[2:v3]`)).toEqual([])
  })

  it('knows the place of a part from whoever read it, and from final reads that nothing lies behind it', () => {
    expect(convicts(`p9/u assign {"keys":["y"],"isolation":"read_uncommitted"} -> ok
      p0 txn send x v1, send y v2 -> info TIMED_OUT
      p9/u poll -> ok y[0:v2]
      p1 txn send y v3 -> ok @2
      p2 poll -> ok x[0:v1] y[2:v3]`)).toEqual(['lost-write', 'torn-transaction'])
    expect(convicts(`p0 txn send x v1, send y v2 -> fail ABORTED @0, @0
      p1 txn send x v3 -> ok @2
      p9/final-1 poll -> ok x[0:v1 2:v3]
      p9/final-1 final-read -> ok x:4/4 y:2/2`)).toEqual(['G1a', 'torn-transaction'])
  })

  it('in a run with phases counts what final readers passed', () => {
    const run = (final: string): string => `phase faults
      p0 txn send x v1, send y v2 -> fail ABORTED @0, @0
      p1 txn send y v3, send x v4 -> ok @2, @2
      p2 poll -> ok x[0:v1 2:v4] y[2:v3]
      phase final
      ${final}`
    expect(convicts(run('p9/final-1 poll -> ok x[0:v1 2:v4]; p9/final-1 final-read -> info x:4/4 y:0/4'))).toEqual(['G1a'])
    expect(convicts(run('p9/final-1 poll -> ok x[0:v1 2:v4] y[2:v3]; p9/final-1 final-read -> ok x:4/4 y:4/4'))).toEqual(['G1a', 'torn-transaction'])
  })
})

const fetched = (offset: number): string => `p2 offsets {"group":"g"} -> ok {"group":"g","offsets":[["a",${offset}]]}`
const base = 'p0 txn send x v1, offsets g a:3 -> ok @0; p1 poll -> ok x[0:v1]'

describe('offsets and records of one transaction', () => {
  it('are torn when an aborted one moved the group, and nobody else asked for that offset', () => {
    const aborted = `${base}; p0 txn send x v2, offsets g a:7 -> fail ABORTED @2`
    const { findings } = judged(`${aborted}; ${fetched(7)}`)
    expect(findings[0]).toMatchObject({ anomaly: 'torn-transaction', aspect: 'offsets', key: 'a', offsets: [7] })
    expect(findings[0]!.message).toBe('a transaction with offset 7 of a for group g was aborted, and yet the group was at 7')
    expect(convicts(`${aborted}; ${fetched(3)}`)).toEqual([])
    expect(convicts(`${aborted}; p3 txn send x v3, offsets g a:7 -> info TIMED_OUT; ${fetched(7)}`)).toEqual([])
    expect(convicts(`${aborted}; p3 commit {"group":"g","offsets":[["a",7]]} -> ok; ${fetched(7)}`)).toEqual([])
    expect(convicts(`${aborted}; p3 commit {"group":"g","offsets":[["a",7]]} -> fail FENCED_INSTANCE_ID; p3 commit {"group":"g","offsets":[["a",3]]} -> ok; ${fetched(7)}`)).toContain('torn-transaction')
    expect(convicts(`${aborted}; p3 reset-offsets {"group":"g","offsets":[["a",7]]} -> ok; ${fetched(7)}`)).toEqual([])
    expect(convicts(`${aborted}; p4 txn send x v9, offsets h a:7 -> ok; p1 poll -> ok x[4:v9]; ${fetched(7)}`)).toEqual(['torn-transaction'])
  })

  it('are torn when a committed one did not, once everything has settled', () => {
    const committed = `${base}; p0 txn send x v2, offsets g a:7 -> ok @2; p1 poll -> ok x[2:v2]`
    expect(convicts(`${committed}; ${fetched(3)}`)).toContain('torn-transaction')
    expect(convicts(`${committed}; ${fetched(-1)}`)).toContain('torn-transaction')
    expect(convicts(`${committed}; ${fetched(7)}`)).toEqual([])
    // Not yet settled: markers may be on their way.
    expect(convicts(`phase faults; ${committed}; ${fetched(3)}; phase final; p9/final-1 poll -> ok x[0:v1 2:v2]; p9/final-1 final-read -> ok x:4/4`)).not.toContain('torn-transaction')
    // Somebody may have set it back.
    expect(convicts(`${base}; p3 txn send x v9, offsets g a:3 -> info TIMED_OUT; p0 txn send x v2, offsets g a:7 -> ok @2; p1 poll -> ok x[2:v2]; ${fetched(3)}`)).not.toContain('torn-transaction')
  })
})

describe('offsets of transactions one after another', () => {
  const story = (first: string): string => `config {"transactionTimeoutMs":1000,"recoveryMs":1000}
    phase faults
    ${first}p1/b txn send x v2, offsets g a:3 -> ok @1
    ${first === '' ? '' : 'p0 -> ok @0'}
    p0/a txn send x v3, offsets g a:9 -> ok @4
    phase heal
    phase final
    p9/final-1 poll -> ok x[${first === '' ? '' : '0:v1 '}1:v2 4:v3]
    p9/final-1 final-read -> ok x:6/6
    p3 offsets {"group":"g"} -> ok {"group":"g","offsets":[["a",3]]}`

  it('are lost when the last is, whatever an earlier one may have been set back by', () => {
    expect(judged(story('')).convicts).toEqual(['torn-transaction'])
    expect(judged(story('p0/a txn send x v1, offsets g a:5\n')).convicts).toEqual(['torn-transaction'])
  })

  it('are not lost when what was told may have come after all of them', () => {
    const late = story('').replace('p1/b txn send x v2, offsets g a:3 -> ok @1', 'p1/b txn send x v2, offsets g a:3').replace('phase heal', 'p1 -> ok @1\nphase heal')
    expect(judged(late).convicts).toEqual([])
  })
})
