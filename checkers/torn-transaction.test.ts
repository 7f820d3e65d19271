import { describe, expect, it } from 'vitest'
import { judged } from './testing/judged.ts'

function convicts(history: string): readonly string[] {
  return judged(history).convicts
}

describe('torn-transaction', () => {
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
