/** The checkers of what brokers say of themselves. */
import { describe, expect, it } from 'vitest'
import { parseNotation } from '../history/notation.ts'
import { judge } from './judge.ts'
import { judged } from './testing/judged.ts'

const work = 'p0 send x v1, x v2 -> ok @0, @1; p1 poll -> ok x@5[0:v1@5 1:v2@5]'

function told(...lines: string[]): ReturnType<typeof judged> {
  return judged([work, ...lines].join('\n'))
}

describe('two-leaders', () => {
  it('is two brokers that each say they lead a key under one leaderEpoch, told once', () => {
    const { convicts, findings } = told('observe 1 x leaderEpoch 5', 'observe 2 x leaderEpoch 5', 'observe 3 x leaderEpoch 5')
    expect(convicts).toEqual(['two-leaders'])
    expect(findings).toMatchObject([{ key: 'x', blame: 'broker', witness: [{ op: 4 }, { op: 5 }] }])
    expect(findings[0]!.message).toBe('x: brokers 1 and 2 both led it under leaderEpoch 5')
  })

  it('is not what others say, another leaderEpoch, another key, or the same broker again', () => {
    const said = ['observe 1 x leaderEpoch 5', 'observe 2 x leader 3 leaderEpoch 5', 'observe 2 x leaderEpoch 6', 'observe 3 y leaderEpoch 5']
    expect(told(...said, 'observe 1 x leaderEpoch 5').valid).toBe(true)
  })

  it('is not said of brokers that tell no leaderEpoch', () => {
    expect(told('observe 1 x leaderEpoch -1', 'observe 2 x leaderEpoch -1').valid).toBe(true)
  })
})

describe('what one leader tells under one leaderEpoch', () => {
  const cases = [
    ['highWatermark', 'high-watermark-regression', 'x: the high watermark of leader 1 went from 9 back to 7'],
    ['logStartOffset', 'log-start-regression', 'x: the log start of broker 1 went from 9 back to 7'],
  ] as const
  it.each(cases)('goes back: %s is a %s', (what, anomaly, message) => {
    const { convicts, findings } = told(...[2, 9, 7, 8, 9].map(offset => `observe 1 x leaderEpoch 5 ${what} ${offset}`))
    expect(convicts).toEqual([anomaly])
    expect(findings.map(({ offsets }) => offsets)).toEqual([[7, 9], [8, 9]])
    expect(findings[0]).toMatchObject({ message, key: 'x', blame: 'broker', witness: [{ op: 5 }, { op: 6 }] })
  })

  it.each(cases)('and what others tell, or it under another leaderEpoch, is another matter: %s', (what) => {
    expect(told(
      `observe 1 x leaderEpoch 5 ${what} 9`,
      `observe 1 y leaderEpoch 5 ${what} 3`,
      `observe 2 x leader 1 leaderEpoch 5 ${what} 7`,
      `observe 2 x leaderEpoch 6 ${what} 8`,
      `observe 1 x leaderEpoch 7 ${what} 8`,
      `observe 1 x leaderEpoch -1 ${what} 9`,
      `observe 1 x leaderEpoch -1 ${what} 8`,
      `observe 1 x leaderEpoch 5 ${what} 9`,
    ).valid).toBe(true)
  })
})

describe('a leader that tells no more than was polled before', () => {
  it('under the leaderEpoch of the poll shows a read beyond the high watermark', () => {
    const { convicts, findings } = told('observe 1 x leaderEpoch 5 highWatermark 1', 'observe 1 x leaderEpoch 5 highWatermark 1')
    expect(convicts).toEqual(['read-beyond-high-watermark'])
    expect(findings).toMatchObject([{ key: 'x', values: ['v2'], offsets: [1], blame: 'broker', witness: [{ op: 3 }, { op: 4 }] }])
    expect(findings[0]!.aspect).toBeUndefined()
    expect(findings[0]!.message).toBe('x: v2 was polled at offset 1, and even later the high watermark of leader 1 was 1')
  })

  it('under a later leaderEpoch shows that too, in an aspect of its own, unless one had told more before', () => {
    const beyond = told('observe 2 x leaderEpoch 7 highWatermark 1')
    expect([beyond.convicts, beyond.findings[0]!.aspect]).toEqual([['read-beyond-high-watermark'], 'other-leader'])
    const back = told('observe 1 x leaderEpoch 5 highWatermark 2', 'observe 2 x leaderEpoch 7 highWatermark 1')
    expect([back.convicts, back.findings[0]!.aspect]).toEqual([['high-watermark-regression'], 'other-leader'])
    expect(back.findings[0]!.message).toBe('x: v2 was polled at offset 1, and leader 2 told a high watermark of only 1 after it')
  })

  it('is told once by one name when it is the same leader that told more before', () => {
    const { convicts, findings } = told('observe 1 x leaderEpoch 5 highWatermark 2', 'observe 1 x leaderEpoch 5 highWatermark 1')
    expect([convicts, findings.length]).toEqual([['high-watermark-regression'], 1])
    const other = told('observe 2 x leaderEpoch 4 highWatermark 2', 'observe 1 x leaderEpoch 5 highWatermark 1')
    expect(other.convicts).toEqual(['high-watermark-regression'])
  })

  it('says nothing when it was asked before the poll ended, is of an earlier leaderEpoch, or of another key', () => {
    expect(told('observe 1 x leaderEpoch 5 highWatermark 1 since 3').valid).toBe(true)
    expect(told('observe 1 x leaderEpoch 4 highWatermark 1').valid).toBe(true)
    expect(told('observe 1 y leaderEpoch 5 highWatermark 1').valid).toBe(true)
    expect(told('observe 2 x leader 1 leaderEpoch 5 highWatermark 1').valid).toBe(true)
    expect(told('observe 1 x leaderEpoch 5 highWatermark 2').valid).toBe(true)
  })

  it('says nothing when nobody knows when it was asked, or under which leaderEpoch the poll was served', () => {
    const ops = parseNotation(`${work}; observe 1 x leaderEpoch 5 highWatermark 1`)
    const { since, ...told } = (ops.at(-1)!.value as { since: number }[])[0]!
    expect(since).toBe(4)
    expect(judge([...ops.slice(0, -1), { ...ops.at(-1)!, value: [told] }]).valid).toBe(true)
    expect(judge(parseNotation(`${work.replace('x@5', 'x')}; observe 1 x leaderEpoch 5 highWatermark 1`)).valid).toBe(true)
  })

  it('is compared with the highest offset polled so far, of all polls that may have been served by then', () => {
    const later = 'p0 send x v3 -> ok @2; p2 poll -> fail x@6[2:v3]; p1 poll -> ok x@6[2:v3]'
    expect(told(later, 'observe 1 x leaderEpoch 5 highWatermark 2').valid).toBe(true)
    expect(told(later, 'observe 2 x leaderEpoch 6 highWatermark 2').findings).toMatchObject([{ offsets: [2], witness: [{ op: 7 }, { op: 10 }] }])
    expect(told(later, 'observe 2 x leaderEpoch 8 highWatermark 1').findings).toHaveLength(1)
  })

  it('finds its ops by their index, also in a history that leaves some out', () => {
    const ops = parseNotation(`${work}; observe 1 x leaderEpoch 5 highWatermark 1`).map(op => ({ ...op, index: op.index * 10 }))
    const asked = (since: number): unknown => {
      const last = ops.at(-1)!
      const value = (last.value as { since: number }[]).map(one => ({ ...one, since }))
      return judge([...ops.slice(0, -1), { ...last, value }]).valid
    }
    expect([asked(30), asked(31), asked(40), asked(900)]).toEqual([true, false, false, false])
  })
})
