import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cleanLine, pad, textWidth, truncate, wrap } from './plain-text.ts'
import { hostileText } from './testing/arbitraries.ts'

describe('plain text', () => {
  test('a clean line moves no cursor, whatever the text held', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(cleanLine(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u)
      }),
    )
    expect(cleanLine('a\u001B[31mb\n')).toBe(String.raw`a\u{1b}[31mb\u{a}`)
  })

  test('a clean line keeps what can be printed', () => {
    expect(cleanLine('Größe é 日本 v17 @ 4')).toBe('Größe é 日本 v17 @ 4')
  })

  test('wide characters take two cells and combining marks none', () => {
    expect(textWidth('日本')).toBe(4)
    expect(textWidth('e\u0301')).toBe(1)
    expect(textWidth('🙂')).toBe(2)
  })

  test('truncated and padded text fills its cells exactly', () => {
    fc.assert(
      fc.property(hostileText.map(cleanLine), fc.integer({ min: 2, max: 40 }), (text, width) => {
        expect(textWidth(truncate(text, width))).toBeLessThanOrEqual(width)
        const filled = textWidth(pad(truncate(text, width), width, 'right'))
        expect(filled).toBe(width)
      }),
    )
    expect(truncate('pause-follower', 8)).toBe('pause-f…')
  })

  test('no wrapped line is wider than the terminal', () => {
    fc.assert(
      fc.property(hostileText, fc.integer({ min: 20, max: 120 }), (text, columns) => {
        for (const line of wrap(text, columns, { first: '  ? ', rest: '      ' })) {
          expect(textWidth(line)).toBeLessThanOrEqual(columns)
        }
      }),
    )
  })

  test('wrapping loses no word', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1 })
    fc.assert(
      fc.property(words, (list) => {
        const lines = wrap(list.join(' '), 24, { first: '- ', rest: '  ' })
        expect(lines.map((line) => line.slice(2)).join(' ')).toBe(list.join(' '))
      }),
    )
  })
})
