import { describe, expect, it } from 'vitest'
import type { MetadataRecord } from '../metadata/records.ts'
import { LoneController } from '../testing/lone-controller.ts'

function ids(next: number): MetadataRecord {
  return { kind: 'producer-ids', nextProducerId: BigInt(next) }
}

describe('a proposal', () => {
  it('is in the image at once, and done when it is committed to its last record', () => {
    const { controller } = new LoneController()
    const done: boolean[] = []
    const first = controller.propose([ids(1), ids(2)], (committed) => done.push(committed))
    expect(controller.image).toMatchObject({ nextProducerId: 2, endOffset: first + 2 })
    controller.committed(first)
    controller.committed(first + 1)
    expect(done).toEqual([])
    controller.committed(first + 2)
    expect(done).toEqual([true])
    controller.committed(first + 3)
    expect(done).toEqual([true])
  })

  it('has its records where the log has them', () => {
    const lone = new LoneController()
    const first = lone.controller.propose([ids(1), ids(2)], () => undefined)
    expect(lone.controller.propose([ids(3)], () => undefined)).toBe(first + 2)
    lone.advance(50)
    expect(lone.controller.propose([ids(4)], () => undefined)).toBe(first + 3)
  })

  it('of nothing is done when everything before it is committed', () => {
    const { controller } = new LoneController()
    const done: string[] = []
    controller.propose([], () => done.push('at once'))
    expect(done).toEqual(['at once'])
    const first = controller.propose([ids(1)], () => done.push('first'))
    controller.propose([], () => done.push('behind it'))
    expect(done).toEqual(['at once'])
    controller.committed(first + 1)
    expect(done).toEqual(['at once', 'first', 'behind it'])
  })

  it('that was not committed when its controller is deposed is not known to be', () => {
    const lone = new LoneController()
    const { controller } = lone
    const done: boolean[] = []
    controller.propose([ids(1)], (committed) => done.push(committed))
    controller.propose([], (committed) => done.push(committed))
    lone.depose()
    expect(done).toEqual([false, false])
    expect(() => controller.propose([ids(2)], () => undefined)).toThrow('deposed')
  })
})
