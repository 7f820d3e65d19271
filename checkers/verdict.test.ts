import fc from 'fast-check'
import { expect, it } from 'vitest'
import { mergeValid, type Valid } from './verdict.ts'

it('false beats unknown beats true, and nothing at all is unknown', () => {
  expect(mergeValid([])).toBe('unknown')
  fc.assert(
    fc.property(fc.array(fc.constantFrom<Valid>(true, false, 'unknown'), { minLength: 1 }), all => {
      const worst = all.some(valid => valid === false) ? false : all.every(valid => valid === true) || 'unknown'
      expect(mergeValid(all)).toBe(worst)
    }),
  )
})
