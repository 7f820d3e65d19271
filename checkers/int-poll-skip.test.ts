import { describe, expect, it } from 'vitest'
import { parseNotation } from '../history/notation.ts'
import { judge } from './judge.ts'
import { judged, leaderChange } from './testing/judged.ts'

const three = `
  p0 send x v1, x v2, x v3 -> ok @0, @1, @2
  p2 poll -> ok x[0:v1 1:v2 2:v3]`

describe('int-poll-skip', () => {
  it('is a record left out inside one poll', () => {
    const { convicts, findings } = judged(`${three}
      p1 poll -> ok x[0:v1 2:v3]`)
    expect(convicts).toEqual(['int-poll-skip'])
    expect(findings[0]).toMatchObject({ offsets: [0, 2] })
  })

  it('is not a hole in the offsets, nor a poll that goes on in another op', () => {
    expect(judged(`
      p0 send x v1, x v3 -> ok @0, @2
      p1 poll -> ok x[0:v1 2:v3]`).valid).toBe(true)
  })

  it('is seen between two polls of one op, and in ops that failed', () => {
    expect(judged(`${three}
      p1 txn poll, poll -> ok x[0:v1], x[2:v3]`).convicts).toEqual(['int-poll-skip'])
    expect(judged(`${three}
      p1 poll -> fail x[0:v1 2:v3]`).convicts).toEqual(['int-poll-skip'])
  })

  it('is not excused by a subscription', () => {
    expect(judged(`${three}
      p1 subscribe x -> ok
      p1 poll -> ok x[0:v1 2:v3]`).convicts).toEqual(['int-poll-skip'])
  })

  it('is not judged for keys that were rebalanced during the op', () => {
    const ops = parseNotation(`${three}
      p1 poll -> ok x[0:v1 2:v3]`)
    expect(judge([...ops.slice(0, -1), { ...ops.at(-1)!, rebalanced: ['x'] }]).valid).toBe(true)
  })

  it('of lost records is lawful with acks=1 and a leader change', () => {
    expect(judged(`config {"acks":1}
      ${leaderChange}
      p0 send x v1, x v2, x v3 -> ok @0, @1, @2
      p1 poll -> ok x[0:v1 2:v3]`).allowed).toEqual(['int-poll-skip', 'lost-write'])
  })
})
