import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { replicasPerBrokerMost, sizeFor, type Demand, type MeasuredRates } from './sizing.ts'

const demand: Demand = {
  recordsPerSecond: 10_000, recordSizeBytes: 1000, groups: 2, consumers: 1, retentionMs: 3_600_000, replicationFactor: 3, brokers: 3, headroomShare: 0,
}
const measured: MeasuredRates = { producedBytesPerSecond: 4_000_000, consumedBytesPerSecond: 20_000_000, storedPerByte: 1.1 }

const demands = fc.record<Demand>({
  recordsPerSecond: fc.integer({ min: 1, max: 10_000_000 }), recordSizeBytes: fc.integer({ min: 1, max: 1_000_000 }), groups: fc.integer({ min: 0, max: 20 }),
  consumers: fc.integer({ min: 1, max: 500 }), retentionMs: fc.integer({ min: 1, max: 10 ** 10 }), replicationFactor: fc.integer({ min: 1, max: 5 }),
  brokers: fc.integer({ min: 1, max: 100 }), headroomShare: fc.double({ min: 0, max: 0.9, noNaN: true }),
})
const rate = fc.integer({ min: 1000, max: 10 ** 9 })
const rates = fc.record<MeasuredRates>({ producedBytesPerSecond: rate, consumedBytesPerSecond: rate, storedPerByte: fc.double({ min: 0.05, max: 3, noNaN: true }) })

describe('the size of a load', () => {
  it('is what the rules say of a plain example', () => {
    expect(sizeFor(demand, measured)).toMatchObject({
      bytesPerSecond: 10_000_000, partitions: 3, because: 'writing', partitionsToWrite: 3, partitionsToRead: 1, replicasPerBroker: 3, warnings: [],
      diskBytesPerBroker: 39_600_000_000, networkInBytesPerBroker: 11_000_000, networkOutBytesPerBroker: expect.closeTo(14_666_667, 0),
    })
  })

  it('has partitions enough to write, to read and to work in parallel, and not one more', () => {
    fc.assert(fc.property(demands, rates, (asked, rates) => {
      const { partitions, bytesPerSecond } = sizeFor(asked, rates)
      const usable = 1 - asked.headroomShare
      const slowest = Math.min(rates.producedBytesPerSecond, rates.consumedBytesPerSecond) * usable
      // Beside the last bit of a product.
      const holds = (count: number, bytes: number): boolean => count >= asked.consumers && count * slowest >= bytes
      expect(holds(partitions, bytesPerSecond * (1 - 1e-9))).toBe(true)
      expect(partitions === 1 || !holds(partitions - 1, bytesPerSecond * (1 + 1e-9))).toBe(true)
    }))
  })

  it('grows with the load and with the time it is kept', () => {
    fc.assert(fc.property(demands, rates, (asked, rates) => {
      const more = sizeFor({ ...asked, recordsPerSecond: asked.recordsPerSecond * 2, retentionMs: asked.retentionMs * 2 }, rates)
      const { partitions, diskBytesPerBroker } = sizeFor(asked, rates)
      expect(more.partitions).toBeGreaterThanOrEqual(partitions)
      expect(more.diskBytesPerBroker).toBeGreaterThanOrEqual(diskBytesPerBroker)
      // Four times as much, beside what is rounded up to a single byte.
      if (diskBytesPerBroker > 1) expect(more.diskBytesPerBroker).toBeGreaterThan(diskBytesPerBroker)
    }))
  })

  it('warns of brokers that are too few', () => {
    expect(sizeFor({ ...demand, replicationFactor: 3, brokers: 2 }, measured).warnings).toHaveLength(1)
    expect(sizeFor({ ...demand, replicationFactor: 1 }, measured).warnings).toHaveLength(1)
    expect(sizeFor({ ...demand, consumers: replicasPerBrokerMost + 1 }, measured).warnings).toHaveLength(1)
  })
})
