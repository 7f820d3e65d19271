import { describe, expect, it } from 'vitest'
import { judged } from './testing/judged.ts'

const two = 'p0 send x v1, x v2 -> ok @0, @1'

describe('int-nonmonotonic-poll', () => {
  it('is a record before or at the one it follows in one op', () => {
    expect(judged(`${two}
      p1 poll -> ok x[0:v1 1:v2 0:v1]`).convicts).toEqual(['int-nonmonotonic-poll'])
    expect(judged(`${two}
      p1 txn poll, poll -> ok x[0:v1 1:v2], x[1:v2]`).convicts).toEqual(['int-nonmonotonic-poll'])
  })

  it('is not the order between two keys', () => {
    expect(judged(`${two}
      p0 send y v3 -> ok @0
      p1 poll -> ok x[0:v1] y[0:v3] x[1:v2]`).valid).toBe(true)
  })

  it('is not excused by a subscription', () => {
    expect(judged(`${two}
      p1 subscribe x -> ok
      p1 poll -> ok x[0:v1 1:v2 1:v2]`).convicts).toEqual(['int-nonmonotonic-poll'])
  })

  it('is not seen where offsets are unknown and the record is at several', () => {
    expect(judged(`${two}
      p2 poll -> ok x[1:v2]
      p1 poll -> ok x[?:v1 ?:v2]`).valid).toBe(true)
    expect(judged(`${two}
      p2 poll -> ok x[0:v1 1:v2]
      p1 poll -> ok x[?:v2 ?:v1]`).convicts).toEqual(['int-nonmonotonic-poll'])
    expect(judged(`${two}
      p2 poll -> ok x[0:v1 1:v2 2:v1]
      p1 poll -> ok x[?:v2 ?:v1]`).convicts).toEqual(['duplicate'])
  })
})
