import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Fifo } from './fifo.ts'

it('a queue agrees with an array', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('push' as const), count: fc.nat(900) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('shift' as const), count: fc.nat(900) }) },
    fc.record({ do: fc.constant('truncate' as const), count: fc.nat(3000) }),
    fc.record({ do: fc.constant('clear' as const), count: fc.constant(0) }),
  )
  fc.assert(fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
    const queue = new Fifo<number>()
    let naive: number[] = []
    let next = 0
    for (const { do: what, count } of steps) {
      for (let i = 0; i < count; i++) {
        if (what === 'push') naive.push(next)
        if (what === 'push') queue.push(next++)
        else if (what === 'shift') expect(queue.shift()).toBe(naive.shift())
      }
      if (what === 'truncate') queue.truncate(count)
      if (what === 'truncate') naive = naive.slice(0, count)
      if (what === 'clear') queue.clear()
      if (what === 'clear') naive = []
      expect(queue.size).toBe(naive.length)
      expect(queue.peek()).toBe(naive[0])
      expect(queue.items()).toEqual(naive)
    }
  }))
})
