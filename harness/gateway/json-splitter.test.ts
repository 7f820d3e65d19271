import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JsonSplitter, SplitError } from './json-splitter.ts'

const object = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()))

function split(pieces: readonly Buffer[], maxBytes = 1_000_000): { texts: string[]; isBetween: boolean } {
  const splitter = new JsonSplitter(maxBytes)
  const texts: string[] = []
  for (const piece of pieces) splitter.push(piece, (text) => texts.push(text))
  return { texts, isBetween: splitter.isBetween }
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [...new Set(at.map((each) => each % (bytes.length + 1)))].sort((a, b) => a - b)
  return [...places, bytes.length].map((end, index) => bytes.subarray(places[index - 1] ?? 0, end))
}

describe('concatenated JSON', () => {
  it('comes apart into its objects, wherever it is cut into pieces', () => {
    fc.assert(fc.property(fc.array(object), fc.constantFrom('', ' ', '\n', '\r\n\t'), fc.array(fc.nat()), (objects, space, at) => {
      const texts = objects.map((each) => JSON.stringify(each))
      const { texts: found, isBetween } = split(cut(Buffer.from(texts.join(space)), at))
      expect(found).toEqual(texts)
      expect(isBetween).toBe(true)
    }))
  })

  it('of which the last object has no end is told', () => {
    fc.assert(fc.property(object, fc.nat(), (each, at) => {
      const bytes = Buffer.from(JSON.stringify(each))
      const end = 1 + (at % (bytes.length - 1))
      expect(split([bytes.subarray(0, end)])).toEqual({ texts: [], isBetween: false })
    }))
  })

  it('keeps what came before something that is none', () => {
    const splitter = new JsonSplitter(100)
    const texts: string[] = []
    expect(() => splitter.push(Buffer.from('{"a":1}{"b":2} x'), (text) => texts.push(text))).toThrow(SplitError)
    expect(texts).toEqual(['{"a":1}', '{"b":2}'])
  })

  it('is refused when one object is larger than it may be, in one piece or in many', () => {
    const large = Buffer.from(JSON.stringify({ text: 'x'.repeat(50) }))
    expect(() => split([large], 40)).toThrow(SplitError)
    expect(() => split(cut(large, [10, 20, 30, 45, 55]), 40)).toThrow(SplitError)
    expect(split([large, large], large.length).texts).toHaveLength(2)
  })
})
