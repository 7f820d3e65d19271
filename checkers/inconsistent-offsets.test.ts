import { describe, expect, it } from 'vitest'
import { judged, leaderChange } from './testing/judged.ts'

const sent = `
  p0 send x v1 -> ok @0
  p1 send x v2 -> info TIMED_OUT
  p2 poll -> ok x[0:v1]`

describe('inconsistent-offsets', () => {
  it('is one offset with two records', () => {
    const { convicts, findings } = judged(`${sent}
      p3 poll -> ok x[0:v2]`)
    expect(convicts).toEqual(['inconsistent-offsets'])
    expect(findings[0]).toMatchObject({ values: ['v1', 'v2'], offsets: [0], witness: [{ op: 1 }, { op: 7 }] })
  })

  it('is not two records at two offsets', () => {
    expect(judged(`${sent}
      p3 poll -> ok x[1:v2]`).valid).toBe(true)
  })

  it('is seen in polls that failed', () => {
    expect(judged(`${sent}
      p3 poll -> fail x[0:v2]`).convicts).toEqual(['inconsistent-offsets'])
  })

  it('between an answer and all polls is lawful with acks=1 and a leader change; between two polls it is not', () => {
    const answer = `config {"acks":1}
      ${leaderChange}
      p0 send x v1 -> ok @0
      p1 send x v2 -> ok @0
      p2 poll -> ok x[0:v2]`
    expect(judged(answer).convicts).toEqual([])
    expect(judged(`${answer}
      p3 poll -> ok x[0:v1]`).convicts).toEqual(['inconsistent-offsets', 'stale-offset-ack'])
  })
})
