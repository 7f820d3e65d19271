import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseLogStart, renderLogStart } from './log-start.ts'
import { plainBatch } from './log-model.testing.ts'
import { MemoryDisk } from './memory-disk.testing.ts'
import { everything, openForTest, readAll, testDir, type OpenedForTest } from './open-log.testing.ts'
import { segmentPath } from './segment.ts'

const config = { segmentBytes: 200, cacheBytes: 100 }
const startFile = `${testDir}/log-start`

/** Batches of two records, so many to a segment that [0, 4), [4, 8), … are segments. */
function filled(disk: MemoryDisk, records: number): OpenedForTest {
  const opened = openForTest(disk, { config })
  for (let offset = 0; offset < records; offset += 2) opened.log.append(plainBatch(offset, 2, offset >> 3), () => undefined)
  disk.run(opened.loop)
  return opened
}

function segmentBases(disk: MemoryDisk): number[] {
  return disk.files.filter((file) => file.endsWith('.log')).map((file) => Number(file.slice(testDir.length + 1, -4)))
}

function advance(disk: MemoryDisk, { loop, log }: OpenedForTest, offset: number): void {
  let done = false
  log.advanceLogStart(offset, () => {
    done = true
  })
  disk.run(loop)
  expect(done).toBe(true)
}

describe('the file that says where a log starts', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (baseOffset, beyond) => {
        const start = { baseOffset, logStartOffset: baseOffset + beyond }
        expect(parseLogStart(renderLogStart(start))).toEqual(start)
      }),
    )
  })

  it('is none when it was emptied, and refused when it is something else', () => {
    const parse = (text: string): unknown => parseLogStart(new TextEncoder().encode(text))
    expect(parse('')).toEqual({ baseOffset: 0, logStartOffset: 0 })
    expect(parse(`${'7'.padStart(20, '0')}`)).toBeUndefined()
    expect(parse(`${'7'.padStart(20, '0')}\n${'6'.padStart(20, '0')}\n`)).toBeUndefined()
  })
})

describe('advancing the start', () => {
  it('keeps what is at and above it, and of what is below only the segment it lies in', () => {
    for (let offset = 0; offset <= 20; offset++) {
      const disk = new MemoryDisk()
      const opened = filled(disk, 20)
      expect(segmentBases(disk)).toEqual([0, 4, 8, 12, 16])
      advance(disk, opened, offset)
      const base = Math.min(16, offset - (offset % 4))
      expect([opened.log.logStartOffset, opened.log.baseOffset, opened.log.logEndOffset]).toEqual([offset, base, 20])
      expect(segmentBases(disk)).toEqual([0, 4, 8, 12, 16].filter((each) => each >= base))
      expect(opened.log.sizeBytes()).toBe(readAll(disk, opened, base).length)
      expect(opened.log.epochs.entries[0]!.startOffset).toBe(offset)
    }
  })

  it('survives a crash and a clean stop, and goes on from there', () => {
    for (const clean of [false, true]) {
      for (const offset of [1, 4, 11, 20]) {
        const disk = new MemoryDisk()
        const first = filled(disk, 20)
        advance(disk, first, offset)
        if (clean) first.log.close(() => undefined)
        disk.run(first.loop)
        const second = openForTest(disk, { config, cleanShutdown: clean })
        expect(second.recovery).toMatchObject({ clean, cutBytes: 0, droppedSegments: 0 })
        expect([second.log.logStartOffset, second.log.logEndOffset]).toEqual([offset, 20])
        expect(second.log.epochs.entries).toEqual(first.log.epochs.entries)
        second.log.append(plainBatch(20, 1, 9), () => undefined)
        disk.run(second.loop)
        expect(openForTest(disk, { config }).log.logEndOffset).toBe(21)
      }
    }
  })

  it('is durable before it is told, and only then are files deleted', () => {
    const disk = new MemoryDisk()
    const { loop, log } = filled(disk, 20)
    disk.recording = true
    const told: number[] = []
    log.advanceLogStart(9, () => told.push(disk.calls.length))
    disk.run(loop)
    expect(disk.calls[0]).toEqual({ call: 'replace', file: startFile })
    expect(told).toEqual([1])
    expect(new Set(disk.calls.slice(1).map(({ call }) => call))).toEqual(new Set(['remove']))
  })

  it('never goes back, and waits for an advance that is under way', () => {
    const disk = new MemoryDisk()
    const { loop, log } = filled(disk, 20)
    const order: string[] = []
    log.advanceLogStart(9, () => order.push('nine'))
    log.advanceLogStart(3, () => order.push('three'))
    expect(order).toEqual([])
    expect(log.logStartOffset).toBe(9)
    disk.run(loop)
    log.advanceLogStart(9, () => order.push('again'))
    expect(order).toEqual(['nine', 'three', 'again'])
    expect(() => log.advanceLogStart(21, () => undefined)).toThrow('cannot start at 21')
  })

  it('a read that it overtakes serves what comes after', () => {
    const disk = new MemoryDisk()
    const { loop, log } = filled(disk, 20)
    const served: Uint8Array[] = []
    log.read(0, { ...everything, maxBytes: 1 }, (bytes) => served.push(bytes))
    log.advanceLogStart(9, () => undefined)
    disk.run(loop)
    expect(served).toEqual([plainBatch(8, 2, 1)])
  })

  it('a sync that covers a deleted segment still ends', () => {
    const disk = new MemoryDisk()
    const { loop, log } = filled(disk, 20)
    let synced = false
    log.append(plainBatch(20, 2, 2), () => undefined)
    log.advanceLogStart(22, () => undefined)
    log.sync(() => {
      synced = true
    })
    disk.run(loop)
    expect([synced, log.syncedOffset]).toEqual([true, 22])
  })
})

describe('a sync', () => {
  it('that waits behind the deletion of what it covers still ends', () => {
    const disk = new MemoryDisk()
    const { loop, log } = openForTest(disk, { config })
    let syncs = 0
    for (let offset = 0; offset < 8; offset += 2) {
      log.append(plainBatch(offset, 2), () => undefined)
      log.sync(() => syncs++)
    }
    log.advanceLogStart(8, () => undefined)
    log.truncateFullyAndStartAt(8, () => undefined)
    disk.run(loop)
    expect([syncs, log.syncedOffset]).toEqual([4, 8])
  })
})

describe('a log that starts within a batch', () => {
  function begun(disk: MemoryDisk): OpenedForTest {
    const opened = openForTest(disk, { config })
    opened.log.truncateFullyAndStartAt(5, () => undefined)
    disk.run(opened.loop)
    opened.log.beginWith(plainBatch(3, 4, 2), () => undefined)
    return opened
  }

  it('has that batch, starts where it did, and is the same after a crash', () => {
    const disk = new MemoryDisk()
    const first = begun(disk)
    expect([first.log.logStartOffset, first.log.logEndOffset]).toEqual([5, 7])
    disk.run(first.loop)
    first.log.append(plainBatch(7, 1, 2), () => undefined)
    disk.run(first.loop)
    for (const { log } of [first, openForTest(disk, { config })]) {
      expect([log.baseOffset, log.logStartOffset, log.logEndOffset, log.writtenOffset]).toEqual([3, 5, 8, 8])
      expect(log.epochs.entries).toEqual([{ epoch: 2, startOffset: 5 }])
    }
    expect(readAll(disk, first, 5).length).toBe(plainBatch(3, 4).length + plainBatch(7, 1).length)
  })

  it('starts where it did also when the batch did not come to the disk', () => {
    const disk = new MemoryDisk()
    const { loop } = begun(disk)
    disk.run(loop)
    disk.delete(`${segmentPath(testDir, 3)}.log`)
    const { log } = openForTest(disk, { config })
    expect([log.logStartOffset, log.logEndOffset]).toEqual([5, 5])
  })

  it('is only for a log without records', () => {
    const { log } = filled(new MemoryDisk(), 4)
    expect(() => log.beginWith(plainBatch(3, 4), () => undefined)).toThrow('records from 0 to 4')
  })
})

describe('beginning anew', () => {
  it('at an offset whose old segment is still being deleted leaves nothing of that', () => {
    const disk = new MemoryDisk()
    const { loop, log } = filled(disk, 20)
    log.advanceLogStart(9, () => undefined)
    log.truncateFullyAndStartAt(4, () => undefined)
    log.append(plainBatch(4, 1, 7), () => undefined)
    disk.run(loop)
    const reopened = openForTest(disk, { config })
    expect([reopened.log.logStartOffset, reopened.log.logEndOffset]).toEqual([4, 5])
    expect(readAll(disk, reopened, 4)).toEqual(plainBatch(4, 1, 7))
    expect(segmentBases(disk)).toEqual([4])
  })

  it('serves a read from before with what is new, though that is not written yet', () => {
    const disk = new MemoryDisk()
    const { loop, log } = filled(disk, 20)
    const served: Uint8Array[] = []
    log.read(0, everything, (bytes) => served.push(bytes))
    log.truncateFullyAndStartAt(3, () => undefined)
    log.append(plainBatch(3, 1, 7), () => undefined)
    disk.run(loop)
    expect(served).toEqual([plainBatch(3, 1, 7)])
  })
})

describe('after a crash in the middle', () => {
  it('segments below the start that are still there are removed, and nothing counts as lost', () => {
    const disk = new MemoryDisk()
    const opened = filled(disk, 20)
    const before = disk.copy()
    advance(disk, opened, 9)
    for (const base of [0, 4]) disk.put(`${segmentPath(testDir, base)}.log`, before.contents(`${segmentPath(testDir, base)}.log`))
    const { log, recovery } = openForTest(disk, { config })
    expect([log.logStartOffset, log.logEndOffset, recovery.cutBytes]).toEqual([9, 20, 0])
    expect(segmentBases(disk)).toEqual([8, 12, 16])
  })

  it('a log that lost everything above its start begins there, empty, for ever', () => {
    const disk = new MemoryDisk()
    const opened = filled(disk, 20)
    advance(disk, opened, 18)
    disk.put(`${segmentPath(testDir, 16)}.log`, disk.contents(`${segmentPath(testDir, 16)}.log`).subarray(0, 50))
    for (let i = 0; i < 2; i++) {
      const { log } = openForTest(disk, { config })
      expect([log.logStartOffset, log.logEndOffset, log.baseOffset]).toEqual([18, 18, 18])
      expect(segmentBases(disk)).toEqual([])
    }
  })

  it('a truncation below the start takes the start down with it', () => {
    const disk = new MemoryDisk()
    const { loop, log } = filled(disk, 20)
    log.advanceLogStart(19, () => undefined)
    disk.run(loop)
    log.truncateTo(18, () => undefined)
    disk.run(loop)
    expect(log.logStartOffset).toBe(18)
    log.append(plainBatch(18, 4, 5), () => undefined)
    disk.run(loop)
    expect(openForTest(disk, { config }).log.logStartOffset).toBe(18)
  })
})
