import fc from 'fast-check'
import { expect, it } from 'vitest'
import { NumberedTexts } from './numbered-texts.ts'
import { makeValue } from './value-checksum.ts'

function texts(): NumberedTexts {
  const words: string[] = []
  return new NumberedTexts({
    codeOf: (word) => (words.includes(word) ? words.indexOf(word) : words.push(word) - 1),
    wordOf: (code) => words[code]!,
  })
}

/** The text made again, or undefined where it is not taken. */
function again(all: NumberedTexts, text: string): string | undefined {
  return all.split(text) ? all.textOf(all.producer, all.sequence) : undefined
}

it('values of workloads are made again from their numbers', () => {
  const producer = fc.oneof(fc.nat(), fc.string({ minLength: 1 }))
  const values = fc.array(fc.tuple(producer, fc.nat(999_999_999)), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(values, (drawn) => {
      const all = texts()
      const split = drawn.map(([who, sequence]) => {
        expect(all.split(makeValue(who, sequence))).toBe(true)
        return [all.producer, all.sequence] as const
      })
      expect(split.map(([who, sequence]) => all.textOf(who, sequence))).toEqual(drawn.map((each) => makeValue(...each)))
    }),
  )
})

it('a text with anything changed is not taken for a value, or is made again as it is', () => {
  const value = fc.tuple(fc.constantFrom('7', 'a-0', '-'), fc.nat(2000)).map((each) => makeValue(...each))
  const changed = fc.tuple(value, fc.nat(30), fc.constantFrom('', '0', '00', '-', 'a', '9', 'A', ' ')).map(([text, at, by]) => {
    return text.slice(0, at) + by + text.slice(at + 1)
  })
  fc.assert(fc.property(fc.oneof(changed, fc.string()), (text) => void expect(again(texts(), text) ?? text).toBe(text)), { numRuns: 2000 })
  expect(again(texts(), makeValue(0, 1).replace('-1-', '-01-'))).toBeUndefined()
  expect(again(texts(), makeValue(0, 1_000_000_000))).toBeUndefined()
})
