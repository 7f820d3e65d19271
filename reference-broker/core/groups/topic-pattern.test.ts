import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileTopicPattern } from './topic-pattern.ts'

function matches(pattern: string, name: string): boolean {
  const compiled = compileTopicPattern(pattern)
  if (compiled === undefined) throw new Error(`${pattern} is no pattern`)
  return compiled.matches(name)
}

/** Patterns of the kind that is understood, as text. */
const pattern = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\.', '[a-c_]', '\\d', '\\w', ''),
    fc.tuple(tie('any'), tie('any')).map(([a, b]) => a + b),
    fc.tuple(tie('any'), tie('any')).map(([a, b]) => `(${a}|${b})`),
    fc.tuple(tie('any'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{1,}', '*?')).map(([a, times]) => `(?:${a})${times}`),
  ),
})).any
const name = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '.', '_', '7'), maxLength: 8 })

describe('a topic pattern', () => {
  it('matches what JavaScript\'s matches as a whole', () => {
    fc.assert(fc.property(pattern, name, (text, topic) => {
      expect(matches(text, topic)).toBe(new RegExp(`^(?:${text})$`, 's').test(topic))
    }), { numRuns: 500 })
  })

  it('may be anchored', () => {
    expect(matches('^orders-.*$', 'orders-eu')).toBe(true)
    expect(matches('^orders', 'orders-eu')).toBe(false)
    expect(matches('a$b', 'ab')).toBe(false)
    expect(matches('\\Aa\\z', 'a')).toBe(true)
  })

  it.each(['(', ')', 'a)', '[', '[]', '[b-a]', '*', 'a{2', 'a{3,2}', 'a{1001}', '\\', '\\q', '(?=a)', '(?<n>a)', '[[:alpha:]]', '(((a{99}){99}){99})', '('.repeat(30_000)])(
    '%s is none that is understood',
    (text) => expect(compileTopicPattern(text)).toBeUndefined(),
  )

  it('that would hold up a backtracking engine for ever does not', () => {
    expect(matches('(a*)*b', 'a'.repeat(249))).toBe(false)
    expect(matches('(a|a|aa)+$', `${'a'.repeat(248)}b`)).toBe(false)
  })
})
