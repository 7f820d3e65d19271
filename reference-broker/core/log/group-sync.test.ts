import { expect, it } from 'vitest'
import { FailureLatch } from './failure-latch.ts'
import { GroupSync } from './group-sync.ts'
import { plainBatch } from './log-model.testing.ts'
import { MemoryDisk } from './memory-disk.testing.ts'
import { openForTest } from './open-log.testing.ts'
import { OrderedFiles } from './ordered-files.ts'

function syncsOf(disk: MemoryDisk): string[] {
  return disk.calls.filter(({ call }) => call === 'sync').map(({ file }) => file)
}

it('all who ask while a sync is running share the next one', () => {
  const disk = new MemoryDisk()
  const { loop, log } = openForTest(disk)
  disk.recording = true
  const synced: number[] = []
  for (let i = 0; i < 100; i++) {
    log.append(plainBatch(i, 1), () => undefined)
    log.sync(() => synced.push(log.syncedOffset))
  }
  disk.run(loop)
  expect(syncsOf(disk).length).toBe(2)
  expect(synced).toEqual([1, ...Array.from({ length: 99 }, () => 100)])
})

it('a sync is not told of before the appends it covers are known to be written', () => {
  const disk = new MemoryDisk()
  const loop = disk.boot()
  disk.put('a', new Uint8Array(1))
  const log = { logEndOffset: 5, writtenOffset: 3, syncedOffset: 0 }
  const failure = new FailureLatch(() => undefined)
  const sync = new GroupSync(new OrderedFiles(loop, failure), log, failure)
  sync.markDirty('a')
  let synced = -1
  sync.sync(() => {
    synced = log.syncedOffset
  })
  disk.run(loop)
  expect(synced).toBe(-1)
  log.writtenOffset = 5
  sync.onWritten()
  expect(synced).toBe(5)
})

it('who asks again without new data shares the running sync, and afterwards is answered at once', () => {
  const disk = new MemoryDisk()
  const { loop, log } = openForTest(disk)
  log.append(plainBatch(0, 1), () => undefined)
  disk.recording = true
  let answers = 0
  log.sync(() => answers++)
  log.sync(() => answers++)
  disk.run(loop)
  expect(answers).toBe(2)
  log.sync(() => answers++)
  expect(answers).toBe(3)
  expect(syncsOf(disk).length).toBe(1)
})

it('a sync covers the segments rolled meanwhile, oldest first', () => {
  const disk = new MemoryDisk()
  const { loop, log } = openForTest(disk, { config: { segmentBytes: 100 } })
  disk.recording = true
  for (let i = 0; i < 3; i++) log.append(plainBatch(i, 1), () => undefined)
  let synced = -1
  log.sync(() => {
    synced = log.syncedOffset
  })
  disk.run(loop)
  expect(synced).toBe(3)
  const order = [...new Set(syncsOf(disk))]
  expect(order).toEqual(order.toSorted())
  expect(order.length).toBe(3)
})

it('a rolled segment is synced without being asked for', () => {
  const disk = new MemoryDisk()
  const { loop, log } = openForTest(disk, { config: { segmentBytes: 100 } })
  log.append(plainBatch(0, 1), () => undefined)
  log.append(plainBatch(1, 1), () => undefined)
  disk.run(loop)
  expect(log.syncedOffset).toBe(1)
})

it('a truncation alone is synced when asked for', () => {
  const disk = new MemoryDisk()
  const { loop, log } = openForTest(disk)
  log.append(plainBatch(0, 1), () => undefined)
  log.append(plainBatch(1, 1), () => undefined)
  log.sync(() => undefined)
  disk.run(loop)
  log.truncateTo(1, () => undefined)
  disk.recording = true
  let synced = false
  log.sync(() => {
    synced = true
  })
  expect(synced).toBe(false)
  disk.run(loop)
  expect(synced).toBe(true)
  expect(syncsOf(disk).length).toBe(1)
})
