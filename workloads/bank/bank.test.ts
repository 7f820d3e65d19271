import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { transferAmount } from '../../history/transfer-value.ts'
import { TestWorld } from '../testing/world.testing.ts'
import { TransferScript } from './bank.ts'

it('a transfer takes from one account what it gives to another', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 2, max: 5 }), (seed, partitions) => {
      const { random } = new TestWorld(seed)
      let sequence = 0
      const script = new TransferScript(random, [{ name: 'accounts', partitions }], 100)
      const steps = script.draw('p', () => sequence++)
      const sends = steps.flatMap((step) => (step.f === 'send' ? [step] : []))
      const amounts = sends.map(({ micro }) => transferAmount(micro.value)!)
      expect(amounts[0]! + amounts[1]!).toBe(0)
      expect(amounts[1]).toBeGreaterThan(0)
      expect(sends[0]!.micro.key).not.toBe(sends[1]!.micro.key)
      expect(new Set(sends.map(({ micro }) => micro.value)).size).toBe(2)
    }),
  )
})

it('one account alone can have no transfers', () => {
  expect(() => new TransferScript(new TestWorld(1).random, [{ name: 'accounts', partitions: 1 }], 100)).toThrow('two accounts')
})
