import { describe, expect, it } from 'vitest'
import { guarantees } from './guarantees.ts'
import { checkers } from './registry.ts'

describe('the guarantee catalogue', () => {
  it('has each id once', () => {
    expect(new Set(guarantees.map(({ id }) => id)).size).toBe(guarantees.length)
  })

  it('names exactly the checkers that name it', () => {
    for (const { id, checkers: named } of guarantees) {
      const naming = checkers.filter(({ guarantees }) => guarantees.includes(id)).map(({ name }) => name)
      expect([...named].sort(), id).toEqual(naming.sort())
    }
  })

  it('has every promise that a checker names, and it is one', () => {
    const promised = new Set(guarantees.filter(({ promised }) => promised).map(({ id }) => id))
    for (const { name, guarantees } of checkers) {
      expect(guarantees.length, name).toBeGreaterThan(0)
      expect(guarantees.filter(id => !promised.has(id)), name).toEqual([])
    }
  })

  it('says what is not promised', () => {
    expect(guarantees.filter(({ promised }) => !promised).map(({ id }) => id)).toEqual(['ORD-3', 'PRO-2', 'TXN-7', 'TXN-8', 'OPS-2'])
  })
})
