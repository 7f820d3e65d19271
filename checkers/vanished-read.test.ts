import { describe, expect, it } from 'vitest'
import { judged } from './testing/judged.ts'

const sent = 'p0 send x v1, x v2, y v3 -> ok @0, @1, @0; p1 poll -> ok y[0:v3]'

describe('vanished-read', () => {
  it('is a record that a poll returned and a final read that went past it did not', () => {
    const { convicts, findings } = judged(`${sent}
      p1 poll -> ok x[0:v1 1:v2]
      p9/final-1 poll -> ok x[1:v2] y[0:v3]
      p9/final-1 final-read -> ok x:2/2 y:1/1`)
    expect(convicts).toEqual(['vanished-read'])
    expect(findings[0]).toMatchObject({ key: 'x', values: ['v1'], offsets: [0], witness: [{ op: 5 }, { op: 8 }] })
    expect(findings[0]!.message).toBe('x: v1 was polled at offset 0, and final-1 read all up to offset 2 without it')
  })

  it('counts polls that did not end ok, and says each record once', () => {
    const { findings } = judged(`p0 send x v1 -> info; p0 send x v2 -> ok @1
      p1 poll -> fail x[0:v1]
      p1 poll -> ok x[0:v1]
      p9/final-1 poll -> ok x[1:v2]
      p9/final-1 final-read -> ok x:2/2
      p8/final-2 poll -> ok x[1:v2]
      p8/final-2 final-read -> ok x:2/2`)
    expect(findings.filter(({ anomaly }) => anomaly === 'vanished-read')).toHaveLength(1)
  })

  it('is not what lies at or beyond the end of the final read, nor what it got in any of its polls', () => {
    expect(judged(`${sent}
      p1 poll -> ok x[0:v1 1:v2]
      p9/final-1 poll -> ok x[0:v1]
      p9/final-1 poll -> ok y[0:v3]
      p9/final-1 final-read -> info x:1/2 y:1/1`).convicts).toEqual([])
  })

  it('is not judged of keys the final read did not read, nor by consumers that are no final ones', () => {
    const polled = `${sent}; p1 poll -> ok x[0:v1 1:v2]`
    expect(judged(`${polled}; p9/final-1 poll -> ok y[0:v3]; p9/final-1 final-read -> ok y:1/1`).convicts).toEqual([])
    expect(judged(`${polled}; p9/consumer-1 poll -> ok x[1:v2] y[0:v3]; p9/consumer-1 final-read -> ok x:2/2 y:1/1`).convicts).toEqual([])
  })

  it('leaves a record that moved to another offset to duplicate', () => {
    expect(judged(`${sent}
      p1 poll -> ok x[0:v1 1:v2]
      p9/final-1 poll -> ok x[1:v2 2:v1] y[0:v3]
      p9/final-1 final-read -> ok x:3/3 y:1/1`).convicts).toEqual(['duplicate'])
  })
})
