import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isLegalTopicName, topicNameError } from './topic-name.ts'

const legalCharacters = [...'abcxyzABCXYZ0189._-']
const legalName = fc
  .array(fc.constantFrom(...legalCharacters), { minLength: 1, maxLength: 12 })
  .map((characters) => characters.join(''))
  .filter((name) => name !== '.' && name !== '..')

function errorOf(name: string, ...existing: string[]): string | undefined {
  return topicNameError(name, new Map(existing.map((each) => [each, undefined])))?.error
}

describe('a topic name', () => {
  it('has letters, digits, dots, underscores and dashes', () => {
    fc.assert(fc.property(legalName, (name) => {
      expect(isLegalTopicName(name)).toBe(true)
      expect(errorOf(name)).toBeUndefined()
    }))
  })

  it('has nothing else', () => {
    fc.assert(fc.property(legalName, fc.nat(12), fc.constantFrom(...' /\\:*?"<>|%ä\n\0'), (name, at, bad) => {
      const spoilt = name.slice(0, at) + bad + name.slice(at)
      expect(isLegalTopicName(spoilt)).toBe(false)
      expect(errorOf(spoilt)).toBe('INVALID_TOPIC_EXCEPTION')
    }))
  })

  it('has 1 to 249 characters', () => {
    expect(isLegalTopicName('')).toBe(false)
    expect(isLegalTopicName('x'.repeat(249))).toBe(true)
    expect(isLegalTopicName('x'.repeat(250))).toBe(false)
  })

  it('is no directory', () => {
    expect(errorOf('.')).toBe('INVALID_TOPIC_EXCEPTION')
    expect(errorOf('..')).toBe('INVALID_TOPIC_EXCEPTION')
    expect(errorOf('...')).toBeUndefined()
  })

  it('is taken once', () => {
    expect(errorOf('a', 'a')).toBe('TOPIC_ALREADY_EXISTS')
    expect(errorOf('a', 'A')).toBeUndefined()
  })

  it('is taken, too, when only dots and underscores differ', () => {
    const swapped = (name: string, pick: readonly boolean[]): string =>
      [...name].map((character, i) => ('._'.includes(character) && pick[i] === true ? (character === '.' ? '_' : '.') : character)).join('')
    fc.assert(fc.property(legalName, fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), (name, pick) => {
      const other = swapped(name, pick)
      if (!isLegalTopicName(other)) return
      expect(errorOf(other, 'unrelated', name)).toBe(other === name ? 'TOPIC_ALREADY_EXISTS' : 'INVALID_TOPIC_EXCEPTION')
    }))
  })

  it('is not that of the metadata log', () => {
    expect(errorOf('__cluster_metadata')).toBe('INVALID_REQUEST')
  })
})
