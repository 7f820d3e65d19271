import { describe, expect, it } from 'vitest'
import { parseNotation } from '../history/notation.ts'
import { judge } from './judge.ts'
import { judged, leaderChange } from './testing/judged.ts'

const three = `
  p0 send x v1, x v2, x v3 -> ok @0, @1, @2
  p2 poll -> ok x[0:v1 1:v2 2:v3]`

describe('poll-skip', () => {
  it('is a poll that begins beyond the next record', () => {
    const { convicts, findings } = judged(`${three}
      p1 poll -> ok x[0:v1]
      p1 poll -> ok x[2:v3]`)
    expect(convicts).toEqual(['poll-skip'])
    expect(findings[0]).toMatchObject({ values: ['v1', 'v3'], offsets: [0, 2], witness: [{ op: 1 }, { op: 5 }, { op: 7 }] })
    expect(findings[0]!.message).toContain('skipping v2')
  })

  it('is not a poll that begins at the next record, or behind a hole', () => {
    expect(judged(`
      p0 send x v1, x v3 -> ok @0, @2
      p1 poll -> ok x[0:v1]
      p1 poll -> ok x[2:v3]`).valid).toBe(true)
  })

  it('is judged per client across processes, and per process without a client', () => {
    expect(judged(`${three}
      p1/consumer poll -> ok x[0:v1]
      p3/consumer poll -> ok x[2:v3]`).convicts).toEqual(['poll-skip'])
    expect(judged(`${three}
      p1 poll -> ok x[0:v1]
      p3 poll -> ok x[2:v3]`).valid).toBe(true)
  })

  it('compares a poll that failed, and expects nothing else after it', () => {
    expect(judged(`${three}
      p1 poll -> ok x[0:v1]
      p1 poll -> fail x[2:v3]`).convicts).toEqual(['poll-skip'])
    expect(judged(`${three}
      p1 poll -> ok x[0:v1]
      p1 poll -> fail x[1:v2]
      p1 poll -> ok x[2:v3]`).convicts).toEqual(['poll-skip'])
  })

  it('is not judged after a crash, after giving the key up, or after seeking', () => {
    const between = ['p1 crash -> info', 'p1 assign y -> ok', 'p1 assign y -> info', 'p1 assign x from beginning -> ok']
    for (const op of between) {
      const history = `${three}
        p1/c assign x -> ok
        p1/c poll -> ok x[0:v1]
        ${op.replace('p1', 'p1/c')}
        p5/c poll -> ok x[2:v3]`
      expect(judged(history).valid, op).toBe(true)
    }
  })

  it('is judged after assign that keeps the key, and after one that failed', () => {
    for (const op of ['p1 assign x y -> ok', 'p1 assign y -> fail']) {
      expect(judged(`${three}
        p1 poll -> ok x[0:v1]
        ${op}
        p1 poll -> ok x[2:v3]`).convicts, op).toEqual(['poll-skip'])
    }
  })

  it('is not judged between polls of one client that overlap, nor from them to the next', () => {
    expect(judged(`${three}
      p1/c poll
      p3/c poll
      p3 -> ok x[2:v3]
      p1 -> ok x[0:v1]
      p1/c poll -> ok x[2:v3]`).valid).toBe(true)
  })

  it('is listed, not convicted, for a consumer that subscribed, and convicted again once it assigns', () => {
    const subscribed = `${three}
      p1 subscribe x -> ok
      p1 poll -> ok x[0:v1]`
    expect(judged(`${subscribed}
      p1 poll -> ok x[2:v3]`).allowed).toEqual(['poll-skip'])
    expect(judged(`${subscribed}
      p1 assign x -> ok
      p1 poll -> ok x[2:v3]`).convicts).toEqual(['poll-skip'])
  })

  it('of records that were lost is lawful with acks=1 and a leader change; of records that others read it is not', () => {
    const acks = `config {"acks":1}
      ${leaderChange}
      p0 send x v1, x v2, x v3 -> ok @0, @1, @2
      p1 poll -> ok x[0:v1]
      p1 poll -> ok x[2:v3]`
    expect(judged(acks).allowed).toEqual(['lost-write', 'poll-skip'])
    expect(judged(`${acks}
      p2 poll -> ok x[1:v2]`).convicts).toEqual(['poll-skip'])
  })

  it('is not judged for keys that were rebalanced during the op', () => {
    const ops = parseNotation(`${three}
      p1 poll -> ok x[0:v1]
      p1 poll -> ok x[2:v3]`)
    expect(judge([...ops.slice(0, -1), { ...ops.at(-1)!, rebalanced: ['x'] }]).valid).toBe(true)
    expect(judge([...ops.slice(0, -1), { ...ops.at(-1)!, rebalanced: ['y'] }]).valid).toBe(false)
  })
})
