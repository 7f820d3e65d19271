import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchOf, join, plainBatch } from './log-model.testing.ts'
import { MemoryDisk } from './memory-disk.testing.ts'
import { openForTest, readAll, testDir } from './open-log.testing.ts'
import { segmentPath } from './segment.ts'

function logFile(baseOffset: number): string {
  return `${segmentPath(testDir, baseOffset)}.log`
}

/** Three batches, [0, 3), [3, 4) and [4, 6). */
const small = [plainBatch(0, 3), plainBatch(3, 1), plainBatch(4, 2)]
const ends = [3, 4, 6]

function wholeBatchesIn(batches: readonly Uint8Array[], sizeBytes: number): number {
  let sum = 0
  return batches.findIndex((bytes) => (sum += bytes.length) > sizeBytes)
}

describe('a log that was not closed', () => {
  it('keeps every whole batch when its last file ends at any byte, and goes on from there', () => {
    const whole = join(small)
    for (let sizeBytes = 0; sizeBytes < whole.length; sizeBytes++) {
      const disk = new MemoryDisk()
      disk.put(logFile(0), whole.subarray(0, sizeBytes))
      const opened = openForTest(disk)
      const kept = wholeBatchesIn(small, sizeBytes)
      const keptBytes = join(small.slice(0, kept))
      const end = ends[kept - 1] ?? 0
      expect(opened.log.logEndOffset).toBe(end)
      expect(opened.recovery).toEqual({ scannedBytes: sizeBytes, cutBytes: sizeBytes - keptBytes.length, droppedSegments: 0, clean: false })
      expect(disk.contents(logFile(0))).toEqual(keptBytes)

      opened.log.append(plainBatch(end, 1), () => undefined)
      disk.run(opened.loop)
      expect(readAll(disk, openForTest(disk))).toEqual(join([keptBytes, plainBatch(end, 1)]))
    }
  })

  it('ends before the batch that has a wrong byte, wherever a checksum, length or format can tell', () => {
    const whole = join(small)
    const secondAt = small[0]!.length
    for (let at = secondAt; at < secondAt + small[1]!.length; at++) {
      const disk = new MemoryDisk()
      const damaged = whole.slice()
      damaged[at] = damaged[at]! ^ 0x11
      disk.put(logFile(0), damaged)
      const opened = openForTest(disk)
      // Base offset and leader epoch are outside of the CRC in Kafka's format.
      const field = at - secondAt
      const covered = field >= 8 && !(field >= 12 && field < 16)
      if (covered) expect(readAll(disk, opened)).toEqual(small[0])
      else expect(readAll(disk, opened).subarray(0, secondAt)).toEqual(small[0])
      expect(opened.log.logEndOffset).toBeGreaterThanOrEqual(3)
    }
  })

  it('ends before offsets or leader epochs that go back', () => {
    const first = plainBatch(0, 3, 5)
    for (const next of [plainBatch(2, 1, 5), plainBatch(3, 1, 4)]) {
      const disk = new MemoryDisk()
      disk.put(logFile(0), join([first, next]))
      expect(readAll(disk, openForTest(disk))).toEqual(first)
    }
  })

  it('loses the segments after a damaged one, and one that does not start where the last ends', () => {
    const disk = new MemoryDisk()
    disk.put(logFile(0), plainBatch(0, 3))
    disk.put(logFile(3), join([plainBatch(3, 1), plainBatch(4, 2)]).subarray(0, -1))
    disk.put(logFile(6), plainBatch(6, 1))
    disk.put(`${segmentPath(testDir, 6)}.index`, new Uint8Array(8))
    const opened = openForTest(disk)
    expect(readAll(disk, opened)).toEqual(join([plainBatch(0, 3), plainBatch(3, 1)]))
    const tornBytes = plainBatch(4, 2).length - 1
    expect(opened.recovery).toMatchObject({ cutBytes: tornBytes + plainBatch(6, 1).length, droppedSegments: 1 })
    expect(disk.files).toEqual([logFile(0), logFile(3)])

    const withHole = new MemoryDisk()
    withHole.put(logFile(0), plainBatch(0, 3))
    withHole.put(logFile(6), plainBatch(6, 1))
    expect(readAll(withHole, openForTest(withHole))).toEqual(plainBatch(0, 3))
    expect(withHole.files).toEqual([logFile(0)])
  })

  it('does not take in a segment of an older leader that a power loss brought back', () => {
    const disk = new MemoryDisk()
    disk.put(logFile(0), join([plainBatch(0, 3, 1), plainBatch(3, 3, 2)]))
    disk.put(logFile(6), plainBatch(6, 4, 1))
    const opened = openForTest(disk)
    expect(opened.log.logEndOffset).toBe(6)
    expect(opened.log.epochs.entries).toEqual([{ epoch: 1, startOffset: 0 }, { epoch: 2, startOffset: 3 }])
  })

  it('recovers batches larger than what is read at once, in any mix with small ones', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(1, 400_000, 1_100_000, 3_000_000), { minLength: 1, maxLength: 6 }), (sizes) => {
        const batches = sizes.map((valueBytes, i) => batchOf({ baseOffset: i, leaderEpoch: 0, timestamps: [i], valueBytes }))
        const disk = new MemoryDisk()
        disk.put(logFile(0), join([...batches, new Uint8Array(100)]))
        const opened = openForTest(disk)
        expect(opened.recovery.cutBytes).toBe(100)
        expect(opened.log.logEndOffset).toBe(sizes.length)
        expect(Buffer.compare(readAll(disk, opened), join(batches))).toBe(0)
      }),
      { numRuns: 15 },
    )
  })

  it('is synced before it counts as synced', () => {
    const disk = new MemoryDisk()
    disk.put(logFile(0), plainBatch(0, 3))
    disk.put(logFile(3), plainBatch(3, 1))
    disk.recording = true
    expect(openForTest(disk).log.syncedOffset).toBe(4)
    expect(disk.calls.filter(({ call }) => call === 'sync').map(({ file }) => file)).toEqual([logFile(0), logFile(3)])
  })

  it('begins where it was started anew, whatever older segments came back', () => {
    const disk = new MemoryDisk()
    const { loop, log } = openForTest(disk, { config: { segmentBytes: 100 } })
    log.append(plainBatch(0, 3), () => undefined)
    log.append(plainBatch(3, 70), () => undefined)
    disk.run(loop)
    const before = disk.copy()
    log.truncateFullyAndStartAt(70, () => undefined)
    disk.run(loop)
    const empty = openForTest(disk.copy()).log
    expect([empty.logStartOffset, empty.logEndOffset]).toEqual([70, 70])

    log.append(plainBatch(70, 3), () => undefined)
    disk.run(loop)
    for (const file of [logFile(0), logFile(3)]) disk.put(file, before.contents(file))
    const reopened = openForTest(disk)
    expect(reopened.recovery.droppedSegments).toBe(2)
    expect(reopened.log.logStartOffset).toBe(70)
    expect(readAll(disk, reopened, 70)).toEqual(plainBatch(70, 3))
  })

  it('is empty when the segment it began with is gone', () => {
    const disk = new MemoryDisk()
    disk.put(logFile(3), plainBatch(3, 1))
    const { log, recovery } = openForTest(disk)
    expect([log.logStartOffset, log.logEndOffset, recovery.droppedSegments]).toEqual([0, 0, 1])
    expect(disk.files).toEqual([])
  })

  it('does not open when nobody can say where it begins', () => {
    const disk = new MemoryDisk()
    disk.put(`${testDir}/log-start`, new TextEncoder().encode('7o\n'))
    expect(() => openForTest(disk)).toThrow('cannot read orders-0/log-start: no offset in it')
  })
})

describe('a log that was closed', () => {
  function closed(): MemoryDisk {
    const disk = new MemoryDisk()
    const { loop, log } = openForTest(disk, { config: { segmentBytes: 200 } })
    log.epochs.assign(1, 0)
    for (const batch of small) log.append(batch, () => undefined)
    log.epochs.assign(7, 6)
    log.advanceLogStart(2, () => undefined)
    log.close(() => undefined)
    disk.run(loop)
    return disk
  }
  const checkpoint = `${testDir}/clean-shutdown`

  it('opens without reading any of it, as it was', () => {
    const disk = closed()
    disk.recording = true
    const { log, recovery } = openForTest(disk)
    expect(recovery).toEqual({ scannedBytes: 0, cutBytes: 0, droppedSegments: 0, clean: true })
    expect(disk.calls.filter(({ call, file }) => call === 'read' && file.endsWith('.log'))).toEqual([])
    expect([log.logStartOffset, log.logEndOffset, log.syncedOffset]).toEqual([2, 6, 6])
    expect(log.epochs.entries).toEqual([{ epoch: 1, startOffset: 2 }, { epoch: 7, startOffset: 6 }])
  })

  it('has used up its checkpoint by being opened, durably', () => {
    const disk = closed()
    disk.recording = true
    openForTest(disk)
    const calls = disk.calls.filter(({ file }) => file === checkpoint).map(({ call }) => call)
    expect(calls).toEqual(['read', 'replace', 'remove'])
    expect(disk.files).not.toContain(checkpoint)
    expect(openForTest(disk).recovery.clean).toBe(false)
  })

  it('is read again when the stop of the broker was not clean', () => {
    const disk = closed()
    const opened = openForTest(disk, { cleanShutdown: false })
    expect(opened.recovery.clean).toBe(false)
    expect(readAll(disk, opened)).toEqual(join(small))
    expect(disk.files).not.toContain(checkpoint)
  })

  it('is read again when any byte of the checkpoint is damaged or missing', () => {
    const sizeBytes = closed().contents(checkpoint).length
    for (let at = 0; at < sizeBytes; at += 3) {
      const disk = closed()
      const bytes = disk.contents(checkpoint)
      bytes[at] = bytes[at]! ^ 1
      disk.put(checkpoint, at % 2 === 0 ? bytes : bytes.subarray(0, at))
      const opened = openForTest(disk)
      expect(opened.recovery.clean).toBe(false)
      expect(opened.log.logEndOffset).toBe(6)
    }
  })

  it('is read again when its files are not those it was closed with', () => {
    const changes: ((disk: MemoryDisk) => void)[] = [
      (disk) => disk.put(logFile(4), disk.contents(logFile(4)).subarray(0, -1)),
      (disk) => disk.put(logFile(4), join([disk.contents(logFile(4)), plainBatch(6, 1)])),
      (disk) => disk.delete(logFile(4)),
      (disk) => disk.put(logFile(6), plainBatch(6, 1)),
    ]
    for (const change of changes) {
      const disk = closed()
      expect(disk.files.filter((file) => file.endsWith('.log')).length).toBeGreaterThan(1)
      change(disk)
      expect(openForTest(disk).recovery.clean).toBe(false)
    }
  })
})

it('what producers are known after a restart is a decision, after a clean stop too', () => {
  for (const cleanShutdown of [true, false]) {
    const disk = new MemoryDisk()
    const { loop, log } = openForTest(disk)
    const producer = { producerId: 9, producerEpoch: 0, baseSequence: 0 }
    log.append(batchOf({ baseOffset: 0, leaderEpoch: 0, timestamps: [1], valueBytes: 1, producer }), () => undefined)
    log.close(() => undefined)
    disk.run(loop)
    const seen: number[] = []
    const recoveredProducers = (entries: readonly { producerId: number }[]): [] => {
      seen.push(...entries.map(({ producerId }) => producerId))
      return []
    }
    expect(openForTest(disk, { cleanShutdown, decisions: { recoveredProducers } }).log.producers.entries()).toEqual([])
    expect(seen).toEqual([9])
  }
})
