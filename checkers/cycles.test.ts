import { describe, expect, it } from 'vitest'
import { judged } from './testing/judged.ts'

function aspects(history: string): string[] {
  return judged(history).findings.filter(({ anomaly }) => anomaly === 'G0' || anomaly === 'G1c').map(({ anomaly, aspect }) => `${anomaly} ${aspect ?? ''}`)
}

describe('G1c', () => {
  it('tells the circle step by step, with each op under a name', () => {
    const { findings } = judged(`
      p0 txn send x v1, poll
      p1 txn send y v2, poll
      p0 -> ok @0, y[0:v2]
      p1 -> ok @0, x[0:v1]
      p2 poll -> ok x[0:v1] y[0:v2]`)
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ anomaly: 'G1c', key: 'x', values: ['v1', 'v2'] })
    expect(findings[0]!.message).toBe(
      'there is no order for these: T1 comes before T2, which polled its v1 of x; T2 comes before T1, which polled its v2 of y',
    )
    expect(findings[0]!.witness).toEqual([
      { op: 2, shows: 'T1 acknowledged v1 to x at offset 0' },
      { op: 2, shows: 'T1 polled v2 of y at offset 0' },
      { op: 3, shows: 'T2 polled v1 of x at offset 0' },
      { op: 3, shows: 'T2 acknowledged v2 to y at offset 0' },
    ])
  })

  it('closes with time: of one client, or of all that had ended', () => {
    const readEarly = (first: string, second: string): string => `
      p0${first} txn poll -> ok y[0:v2]
      p3${second} txn send x v1 -> ok @0
      p1 txn poll, send y v2 -> ok x[0:v1], @?
      p2 poll -> ok x[0:v1] y[0:v2]`
    expect(aspects(readEarly('/a', '/a'))).toEqual(['G1c process'])
    expect(aspects(readEarly('/a', '/b'))).toEqual(['G1c realtime'])
    const { message } = judged(readEarly('/a', '/a')).findings[0]!
    expect(message).toContain('T1 comes before T2, which the same client began after it had ended')
    expect(message).toContain('T3 comes before T1, which polled its v2 of y')
  })

  it('is not what only seems to close: an op that overlaps, or whose outcome is unknown, comes before nothing', () => {
    const early = 'p0 txn poll -> TYPE y[0:v2]; p3 txn send x v1 -> ok @0; p1 txn poll, send y v2 -> ok x[0:v1], @?; p2 poll -> ok x[0:v1] y[0:v2]'
    expect(aspects(early.replace('TYPE', 'ok'))).toEqual(['G1c realtime'])
    expect(aspects(early.replace('TYPE', 'info'))).toEqual([])
    expect(aspects('p0 txn poll; p3 txn send x v1 -> ok @0; p1 txn poll, send y v2 -> ok x[0:v1], @?; p0 -> ok y[0:v2]; p2 poll -> ok x[0:v1] y[0:v2]')).toEqual([])
  })

  it('with the order of records, or what only an uncommitted reader saw, is lawful', () => {
    const crossed = 'p0 txn send x v1, poll; p1 txn send x v2, send y v3 -> ok @1, @0; p0 -> ok @0, y[0:v3]; p2 poll -> ok x[0:v1 1:v2] y[0:v3]'
    expect(judged(crossed)).toMatchObject({ valid: true, allowed: ['G1c'] })
    expect(aspects(crossed)).toEqual(['G1c ww'])
    const uncommitted = `p9/a assign {"keys":["y"],"isolation":"read_uncommitted"} -> ok
      p0/a txn send x v1, poll
      p1 txn send y v2, poll
      p0 -> ok @0, y[0:v2]
      p1 -> ok @0, x[0:v1]
      p2 poll -> ok x[0:v1] y[0:v2]`
    expect(aspects(uncommitted)).toEqual(['G1c uncommitted'])
    expect(judged(uncommitted).valid).toBe(true)
  })

  it('is not looked for without transactions', () => {
    expect(aspects('p0 poll -> ok x[0:v1]; p0 send x v1 -> ok @0')).toEqual([])
  })
})

describe('G0', () => {
  it('is the order of records in a circle, alone or with time', () => {
    const crossed = `
      p0 txn send x v1, send y v2
      p1 txn send x v3, send y v4 -> ok @1, @0
      p0 -> ok @0, @1
      p2 poll -> ok x[0:v1 1:v3] y[0:v4 1:v2]`
    expect(aspects(crossed)).toEqual(['G0 '])
    expect(judged(crossed).findings[0]!.allowed).toContain('nothing isolates')
    const back = (first: string, second: string): string => `
      p2 txn send x v5, send y v6
      p0${first} txn send x v1 -> ok @1
      p1${second} txn send y v3 -> ok @2
      p2 -> ok @0, @3
      p4 poll -> ok x[0:v5 1:v1] y[2:v3 3:v6]`
    expect(aspects(back('/a', '/a'))).toEqual(['G0 process'])
    expect(aspects(back('/a', '/b'))).toEqual(['G0 realtime'])
  })

  it('knows no order of what was aborted', () => {
    expect(aspects(`p9/u assign {"keys":["x"],"isolation":"read_uncommitted"} -> ok
      p0 txn send x v1, send y v2
      p1 txn send x v3, send y v4 -> fail ABORTED @1, @0
      p0 -> ok @0, @1
      p3/u poll -> ok x[0:v1 1:v3] y[0:v4 1:v2]`)).toEqual([])
  })
})
