import fc from 'fast-check'
import { expect, it } from 'vitest'
import { EventQueue } from './event-queue.ts'

interface Item {
  readonly time: number
  readonly order: number
}

it('items come out by time and then in the order of asking, without the cancelled ones', () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('push' as const), time: fc.nat(8) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat(1000) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('pop' as const) }) },
  )
  fc.assert(fc.property(fc.array(step, { maxLength: 600, size: 'max' }), (steps) => {
    const queue = new EventQueue<Item>()
    const naive: { item: Item; handle: number }[] = []
    for (const [order, one] of steps.entries()) {
      if (one.do === 'push') {
        const item = { time: one.time, order }
        naive.push({ item, handle: queue.push(one.time, item) })
        naive.sort((a, b) => a.item.time - b.item.time || a.item.order - b.item.order)
      } else if (one.do === 'pop') {
        expect(queue.nextTime()).toBe(naive[0]?.item.time ?? Infinity)
        expect(queue.pop()).toBe(naive.shift()?.item)
      } else if (naive.length > 0) {
        const [gone] = naive.splice(one.which % naive.length, 1)
        expect(queue.cancel(gone!.handle, gone!.item)).toBe(true)
        expect(queue.cancel(gone!.handle, gone!.item)).toBe(false)
      }
      expect(queue.size).toBe(naive.length)
    }
    for (const { item } of naive) expect(queue.pop()).toBe(item)
    expect(queue.pop()).toBeUndefined()
  }), { numRuns: 60 })
})

it('cancelled items are swept out, and their places used again', () => {
  const queue = new EventQueue<Item>()
  const handles = new Set<number>()
  for (let order = 0; order < 100_000; order++) {
    const item = { time: 1e6 + order, order }
    const handle = queue.push(item.time, item)
    handles.add(handle)
    queue.cancel(handle, item)
  }
  expect(queue.size).toBe(0)
  expect(handles.size).toBeLessThan(200)
})
