import { describe, expect, it } from 'vitest'
import { batchOf, plainBatch } from './log-model.testing.ts'
import { MemoryDisk } from './memory-disk.testing.ts'
import { openForTest, readAll } from './open-log.testing.ts'
import type { LogConfig } from './partition-log.ts'

/** Base offsets of the segments after appending batches of one record with these timestamps. */
function basesAfter(config: Partial<LogConfig>, timestamps: readonly number[]): number[] {
  const disk = new MemoryDisk()
  const { loop, log } = openForTest(disk, { config })
  timestamps.forEach((timestamp, i) => {
    log.append(batchOf({ baseOffset: i, leaderEpoch: 0, timestamps: [timestamp], valueBytes: 10 }), () => undefined)
    disk.run(loop)
  })
  return basesOf(disk)
}

function basesOf(disk: MemoryDisk): number[] {
  return disk.files.filter((file) => file.endsWith('.log')).map((file) => Number(/(\d{20})\.log$/.exec(file)![1]))
}

const batchBytes = plainBatch(0, 1).length

describe('a new segment begins', () => {
  it('with the batch that would make the last one larger than segment.bytes', () => {
    expect(basesAfter({ segmentBytes: 3 * batchBytes }, [0, 0, 0, 0, 0, 0, 0])).toEqual([0, 3, 6])
    expect(basesAfter({ segmentBytes: 3 * batchBytes - 1 }, [0, 0, 0, 0, 0])).toEqual([0, 2, 4])
    expect(basesAfter({ segmentBytes: 1 }, [0, 0])).toEqual([0, 1])
  })

  it('with the batch whose timestamp is more than segment.ms after that of the first batch', () => {
    expect(basesAfter({ segmentMs: 100 }, [50, 150, 151, 10, 251, 252])).toEqual([0, 2, 5])
  })

  it('by the same timestamps after a restart, clean or not', () => {
    for (const clean of [true, false]) {
      const disk = new MemoryDisk()
      const first = openForTest(disk)
      first.log.append(batchOf({ baseOffset: 0, leaderEpoch: 0, timestamps: [50], valueBytes: 1 }), () => undefined)
      if (clean) first.log.close(() => undefined)
      disk.run(first.loop)
      const { loop, log, recovery } = openForTest(disk, { config: { segmentMs: 100 } })
      expect(recovery.clean).toBe(clean)
      for (const [i, timestamp] of [150, 151].entries()) {
        log.append(batchOf({ baseOffset: 1 + i, leaderEpoch: 0, timestamps: [timestamp], valueBytes: 1 }), () => undefined)
      }
      disk.run(loop)
      expect(basesOf(disk)).toEqual([0, 2])
    }
  })

  it('by the age of the segment on the wall clock, where batches have no timestamps', () => {
    const disk = new MemoryDisk()
    let now = 5000
    const { loop, log } = openForTest(disk, { config: { segmentMs: 100 }, wallNow: () => now })
    const append = (offset: number): void => {
      log.append(batchOf({ baseOffset: offset, leaderEpoch: 0, timestamps: [-1], valueBytes: 1 }), () => undefined)
    }
    append(0)
    now += 100
    append(1)
    now += 1
    append(2)
    disk.run(loop)
    expect(basesOf(disk)).toEqual([0, 2])
  })

  it('when the offset index or the time index is full', () => {
    const rising = [1, 2, 3, 4, 5, 6, 7, 8]
    const falling = rising.toReversed()
    // Every batch but the first of a segment gets an entry; a falling timestamp only one in the offset index.
    expect(basesAfter({ indexIntervalBytes: 0, segmentIndexBytes: 40 }, falling)).toEqual([0, 6])
    expect(basesAfter({ indexIntervalBytes: 0, segmentIndexBytes: 40 }, rising)).toEqual([0, 3, 6])
  })

  it('when an offset would be too far from the first for four bytes', () => {
    const disk = new MemoryDisk()
    const opened = openForTest(disk)
    const far = 2 ** 31 + 7
    for (const offset of [0, 5, far]) opened.log.append(plainBatch(offset, 1), () => undefined)
    disk.run(opened.loop)
    expect(basesOf(disk)).toEqual([0, 6])
    expect(readAll(disk, openForTest(disk), 6)).toEqual(plainBatch(far, 1))
  })
})

it('producers silent for too long are forgotten when a segment is rolled', () => {
  const disk = new MemoryDisk()
  let now = 1e12
  const { log } = openForTest(disk, { config: { segmentBytes: 1, producerIdExpirationMs: 1000 }, wallNow: () => now })
  const producer = { producerId: 3, producerEpoch: 0, baseSequence: 0 }
  log.append(batchOf({ baseOffset: 0, leaderEpoch: 0, timestamps: [5], valueBytes: 1, producer }), () => undefined)
  log.append(plainBatch(1, 1), () => undefined)
  expect(log.producers.entries().length).toBe(1)
  now += 1000
  log.append(plainBatch(2, 1), () => undefined)
  expect(log.producers.entries()).toEqual([])
})
