import { describe, expect, it } from 'vitest'
import { forEachBatch, lastOffset, readBatchHeader } from '../../../protocol/record-batch.ts'
import { batchOf, join, plainBatch } from './log-model.testing.ts'
import { MemoryDisk } from './memory-disk.testing.ts'
import { everything, openForTest, readAll, testDir, type OpenedForTest } from './open-log.testing.ts'
import { segmentPath } from './segment.ts'

const config = { indexIntervalBytes: 150, segmentBytes: 1000 }

function fill(opened: OpenedForTest, count: number): void {
  for (let i = 0; i < count; i++) {
    const baseOffset = opened.log.logEndOffset
    // Timestamps that go up and down, so that not every batch has the largest so far.
    const timestamps = [baseOffset * 10, baseOffset * 10 - (baseOffset % 3) * 25 + 40]
    opened.log.append(batchOf({ baseOffset, leaderEpoch: 0, timestamps, valueBytes: 5 }), () => undefined)
  }
}

function stop(disk: MemoryDisk, opened: OpenedForTest): void {
  opened.log.close(() => undefined)
  disk.run(opened.loop)
}

function basesOf(disk: MemoryDisk): number[] {
  return disk.files.filter((file) => file.endsWith('.log')).map((file) => Number(/(\d{20})\.log$/.exec(file)![1]))
}

/** What Kafka would have written for the segment: an entry for each batch that begins over `indexIntervalBytes` after the last. */
function expectedIndexes(log: Uint8Array, base: number, isRolled: boolean): { offsets: number[][]; times: number[][] } {
  const offsets: number[][] = []
  const times: number[][] = []
  let sinceEntry = 0
  let max = { timestamp: -1, offset: -1 }
  const addTime = (): void => {
    if (max.timestamp > (times.at(-1)?.[0] ?? -1)) times.push([max.timestamp, max.offset - base])
  }
  forEachBatch(log, (header, at) => {
    if (header.maxTimestamp > max.timestamp) max = { timestamp: header.maxTimestamp, offset: lastOffset(header) }
    if (sinceEntry > config.indexIntervalBytes) {
      offsets.push([lastOffset(header) - base, at])
      addTime()
      sinceEntry = 0
    }
    sinceEntry += header.sizeBytes
  })
  if (isRolled) addTime()
  return { offsets, times }
}

/** An index without entries has no file. */
function entriesOf(disk: MemoryDisk, file: string, entryBytes: number): number[][] {
  const bytes = disk.files.includes(file) ? disk.contents(file) : new Uint8Array(0)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: bytes.length / entryBytes }, (_, i) =>
    entryBytes === 8
      ? [view.getInt32(i * 8), view.getInt32(i * 8 + 4)]
      : [Number(view.getBigInt64(i * 12)), view.getInt32(i * 12 + 8)],
  )
}

describe('index files', () => {
  it('of a closed log are those Kafka would have written, over restarts and truncations', () => {
    const disk = new MemoryDisk()
    const first = openForTest(disk, { config })
    fill(first, 30)
    stop(disk, first)
    const second = openForTest(disk, { config })
    fill(second, 20)
    second.log.truncateTo(84, () => undefined)
    disk.run(second.loop)
    stop(disk, second)
    const third = openForTest(disk, { config })
    fill(third, 3)
    stop(disk, third)
    const fourth = openForTest(disk, { config })
    fill(fourth, 3)
    stop(disk, fourth)

    const bases = basesOf(disk)
    expect(bases.length).toBeGreaterThan(3)
    for (const [i, base] of bases.entries()) {
      const path = segmentPath(testDir, base)
      const expected = expectedIndexes(disk.contents(`${path}.log`), base, i + 1 < bases.length)
      expect(entriesOf(disk, `${path}.index`, 8)).toEqual(expected.offsets)
      expect(entriesOf(disk, `${path}.timeindex`, 12)).toEqual(expected.times)
    }
  })

  it('spare reading the log from the start of a segment', () => {
    const disk = new MemoryDisk()
    const first = openForTest(disk, { config: { indexIntervalBytes: 4096 } })
    for (let i = 0; i < 2000; i++) first.log.append(plainBatch(i, 1), () => undefined)
    stop(disk, first)
    const second = openForTest(disk, { config: { indexIntervalBytes: 4096 } })
    disk.recording = true
    second.log.read(1500, { ...everything, maxBytes: 100 }, () => undefined)
    disk.run(second.loop)
    expect(disk.calls.length).toBeLessThanOrEqual(2)
  })

  it('are not asked twice: who reads on begins where the last read ended', () => {
    const disk = new MemoryDisk()
    const opened = openForTest(disk, { config: { cacheBytes: 0 } })
    const large = Array.from({ length: 5 }, (_, i) => batchOf({ baseOffset: i, leaderEpoch: 0, timestamps: [i], valueBytes: 50_000 }))
    for (const batch of large) opened.log.append(batch, () => undefined)
    disk.run(opened.loop)
    disk.recording = true
    const limits = { maxBytes: large[0]!.length, endOffset: 5, atLeastOne: true }
    for (const [i, batch] of large.entries()) {
      opened.log.read(i, limits, (bytes) => expect(bytes).toEqual(batch))
      disk.run(opened.loop)
    }
    expect(disk.calls.length).toBe(large.length)
  })

  it('that are wrong change nothing but the time it takes', () => {
    const disk = new MemoryDisk()
    const first = openForTest(disk, { config })
    fill(first, 30)
    stop(disk, first)
    const expected = join(basesOf(disk).map((base) => disk.contents(`${segmentPath(testDir, base)}.log`)))
    for (const file of disk.files.filter((each) => each.endsWith('index'))) {
      for (const damage of ['flip', 'cut', 'zero'] as const) {
        const damaged = disk.copy()
        const bytes = damaged.contents(file)
        if (damage === 'flip') bytes[bytes.length - 1]! ^= 1
        damaged.put(file, damage === 'cut' ? bytes.subarray(1) : damage === 'zero' ? bytes.fill(0) : bytes)
        const opened = openForTest(damaged, { config })
        expect(opened.recovery.clean).toBe(true)
        for (let offset = 0; offset < 60; offset++) {
          const read = readAll(damaged, opened, offset)
          const first = readBatchHeader(read, 0)
          expect(first.baseOffset <= offset && offset <= lastOffset(first)).toBe(true)
          expect(read).toEqual(expected.subarray(expected.length - read.length))
        }
        expect(readAll(damaged, opened)).toEqual(expected)
      }
    }
  })
})

describe('a segment that goes away while its indexes are being loaded', () => {
  function closedLog(): { disk: MemoryDisk; opened: OpenedForTest } {
    const disk = new MemoryDisk()
    const first = openForTest(disk, { config: { segmentBytes: 3 << 20 } })
    for (let i = 0; i < 7; i++) {
      first.log.append(batchOf({ baseOffset: i, leaderEpoch: 0, timestamps: [i], valueBytes: 900_000 }), () => undefined)
    }
    stop(disk, first)
    for (const file of disk.files) if (file.endsWith('index')) disk.delete(file)
    return { disk, opened: openForTest(disk, { config: { segmentBytes: 3 << 20 } }) }
  }

  it('leaves a read with nothing', () => {
    for (let steps = 0; steps < 6; steps++) {
      const { disk, opened } = closedLog()
      const { loop, log } = opened
      let answer: Uint8Array | undefined
      log.read(3, everything, (bytes) => {
        answer = bytes
      })
      for (let i = 0; i < steps; i++) disk.step(loop)
      if (answer !== undefined) continue
      log.truncateFullyAndStartAt(100, () => undefined)
      disk.run(loop)
      expect(answer).toEqual(new Uint8Array(0))
    }
  })

  it('leaves a search with nothing', () => {
    const { disk, opened } = closedLog()
    const { loop, log } = opened
    const answers: unknown[] = []
    log.offsetForTimestamp(4, Infinity, (found) => answers.push(found))
    disk.step(loop)
    log.remove(() => answers.push('removed'))
    disk.run(loop)
    expect(answers.toSorted()).toEqual(['removed', undefined])
    expect(disk.files).toEqual([])
  })
})
