import { describe, expect, it } from 'vitest'
import { judged } from './testing/judged.ts'

const two = `
  p0 send x v1, x v2 -> ok @0, @1
  p1/c poll -> ok x[0:v1 1:v2]`

describe('nonmonotonic-poll', () => {
  it('is a poll that begins at what was read, or before it', () => {
    const { convicts, findings } = judged(`${two}
      p1/c poll -> ok x[1:v2]`)
    expect(convicts).toEqual(['nonmonotonic-poll'])
    expect(findings[0]).toMatchObject({ offsets: [1, 1], witness: [{ op: 3 }, { op: 5 }] })
    expect(judged(`${two}
      p1/c poll -> ok x[0:v1]`).convicts).toEqual(['nonmonotonic-poll'])
  })

  it('is not another consumer, nor the same after a crash', () => {
    expect(judged(`${two}
      p2 poll -> ok x[0:v1]`).valid).toBe(true)
    expect(judged(`${two}
      p1/c crash -> info
      p2/c poll -> ok x[0:v1]`).valid).toBe(true)
  })

  it('is not a repetition of a poll that failed', () => {
    expect(judged(`${two}
      p0 send x v3 -> ok @2
      p1/c poll -> fail x[2:v3]
      p1/c poll -> ok x[2:v3]`).valid).toBe(true)
  })

  it('is lawful for a consumer that subscribed', () => {
    expect(judged(`
      p1/c subscribe x -> ok${two}
      p1/c poll -> ok x[1:v2]`).allowed).toEqual(['nonmonotonic-poll'])
  })
})
