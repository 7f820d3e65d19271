import fc from 'fast-check'
import { expect, it } from 'vitest'
import { WriteQueue, type PendingWrite } from './write-queue.ts'

it('writes are taken in the order they were issued, however they finish, and none before it is finished', () => {
  const order = fc.integer({ min: 1, max: 30 }).chain((count) => fc.shuffledSubarray(Array.from({ length: count }, (_, i) => i), { minLength: count }))
  fc.assert(
    fc.property(order, (order) => {
      const queue = new WriteQueue()
      const writes = order.map((_, i) => queue.add(i, () => undefined))
      const taken: PendingWrite[] = []
      const finished = new Set<number>()
      for (const index of order) {
        writes[index]!.finished = true
        finished.add(index)
        for (let next = queue.takeFinished(); next !== undefined; next = queue.takeFinished()) taken.push(next)
        let prefix = 0
        while (finished.has(prefix)) prefix++
        expect(taken).toEqual(writes.slice(0, prefix))
      }
    }),
  )
})
