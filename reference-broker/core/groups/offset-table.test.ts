import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { zeroUuid } from '../../../protocol/uuid.ts'
import { soundDecisions } from '../decisions.ts'
import { OffsetTable } from './offset-table.ts'
import type { OffsetRecord } from './records.ts'

function commitOf(offset: number | null, topic = 't', partition = 0): OffsetRecord {
  const value = offset === null ? null : {
    offset: BigInt(offset), leaderEpoch: -1, metadata: '', commitTimestamp: 0n, expireTimestamp: -1n, topicId: zeroUuid,
  }
  return { kind: 'offset', group: 'g', topic, partition, value }
}

describe('committed offsets', () => {
  it('of a transaction count when it commits, and not at all when it aborts', () => {
    const table = new OffsetTable(soundDecisions)
    const known = (): bigint | undefined => table.get('g', 't', 0)?.value.offset
    table.replay(commitOf(1), { offset: 0, producerId: -1 })
    table.replay(commitOf(2), { offset: 1, producerId: 7 })
    expect(known()).toBe(1n)
    expect(table.isPending('g', 't', 0)).toBe(true)
    expect(table.isPending('g', 't', 1)).toBe(false)
    expect(table.isPending('g')).toBe(true)
    expect(table.endTransaction(8, true)).toEqual([])
    expect(table.endTransaction(7, true)).toEqual(['g'])
    expect(known()).toBe(2n)
    table.replay(commitOf(3), { offset: 3, producerId: 7 })
    expect(table.endTransaction(7, false)).toEqual([])
    expect(known()).toBe(2n)
    expect(table.isPending('g')).toBe(false)
  })

  it('a plain commit behind one of a transaction is newer, whenever that commits', () => {
    const table = new OffsetTable(soundDecisions)
    table.replay(commitOf(5), { offset: 0, producerId: 7 })
    table.replay(commitOf(3), { offset: 1, producerId: -1 })
    table.endTransaction(7, true)
    expect(table.get('g', 't', 0)?.value.offset).toBe(3n)
  })

  it('are what the last record of each partition says, and nothing of a group is left when all are forgotten', () => {
    const place = fc.record({ topic: fc.constantFrom('t', 'u'), partition: fc.nat(2), offset: fc.option(fc.nat(9)) })
    fc.assert(fc.property(fc.array(place), (places) => {
      const table = new OffsetTable(soundDecisions)
      const model = new Map<string, number>()
      for (const [at, { topic, partition, offset }] of places.entries()) {
        table.replay(commitOf(offset, topic, partition), { offset: at, producerId: -1 })
        if (offset === null) model.delete(`${topic}-${partition}`)
        else model.set(`${topic}-${partition}`, offset)
      }
      const found = table.of('g').map(({ topic, partition, committed }) => [`${topic}-${partition}`, Number(committed.value.offset)] as const)
      expect(new Map(found)).toEqual(model)
      expect(table.has('g')).toBe(model.size > 0)
      expect(table.groupIds()).toEqual(model.size > 0 ? ['g'] : [])
    }))
  })
})
