import { describe, expect, it } from 'vitest'
import { judged } from './testing/judged.ts'

const read = 'p0 txn send x v1 -> ok @0; p1 poll -> ok x[0:v1]'

function told(...lines: readonly string[]): readonly string[] {
  return judged([read, ...lines.map(line => `observe ${line}`)].join('\n')).convicts
}

describe('lso-regression', () => {
  it('is a last stable offset that one leader takes back, or that lies above its high watermark then or later', () => {
    const { findings } = judged(`${read}; observe 1 x lastStableOffset 2 highWatermark 2; observe 1 x lastStableOffset 1 highWatermark 2`)
    expect(findings[0]).toMatchObject({ key: 'x', offsets: [1, 2], blame: 'broker', message: 'x: the last stable offset of leader 1 went from 2 back to 1' })
    expect(told('1 x lastStableOffset 3 highWatermark 2')).toEqual(['lso-regression'])
    expect(told('1 x lastStableOffset 3', '1 x highWatermark 2')).toEqual(['lso-regression'])
  })

  it('compares nobody with another leader, or with himself under another leaderEpoch, or with what he told before', () => {
    expect(told('1 x lastStableOffset 2', '2 x leaderEpoch 1 lastStableOffset 1')).toEqual([])
    expect(told('1 x lastStableOffset 2', '1 x leaderEpoch 1 lastStableOffset 1')).toEqual([])
    expect(told('1 x lastStableOffset 2', '2 x leader 1 lastStableOffset 1')).toEqual([])
    expect(told('1 x highWatermark 2', '1 x lastStableOffset 3')).toEqual([])
    expect(told('1 x lastStableOffset 3', '2 x leaderEpoch 1 highWatermark 2')).toEqual([])
  })
})
