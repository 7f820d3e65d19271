import fc from 'fast-check'
import { expect, it } from 'vitest'
import { AnswerRoom, unreadAnswersMaxBytes } from './answer-room.ts'

const leastBytes = 1 << 20

it('all together have the limit, and each gets on however much is held', () => {
  const acts = fc.array(fc.record({ wanted: fc.nat(2 ** 31 - 1), queued: fc.nat(2 * unreadAnswersMaxBytes) }), { maxLength: 30 })
  fc.assert(fc.property(acts, (list) => {
    let queued = 0
    let taken = 0
    const room = new AnswerRoom({ queuedBytes: () => queued })
    for (const act of list) {
      queued = act.queued
      const got = room.take(act.wanted)
      expect(got).toBeGreaterThanOrEqual(Math.min(act.wanted, leastBytes))
      expect(got).toBeLessThanOrEqual(act.wanted)
      if (got > leastBytes) expect(taken + queued + got).toBeLessThanOrEqual(unreadAnswersMaxBytes)
      taken += got
    }
  }))
})

it('what is given back can be taken again', () => {
  const room = new AnswerRoom({ queuedBytes: () => 0 })
  for (let i = 0; i < 10; i++) {
    expect(room.take(2 ** 31)).toBe(unreadAnswersMaxBytes)
    room.giveBack(unreadAnswersMaxBytes)
  }
})
