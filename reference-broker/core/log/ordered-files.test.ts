import { expect, it } from 'vitest'
import { plainBatch } from './log-model.testing.ts'
import { MemoryDisk } from './memory-disk.testing.ts'
import { openForTest } from './open-log.testing.ts'
import type { PartitionLog } from './partition-log.ts'
import { segmentPath } from './segment.ts'

const config = { segmentBytes: 100 }
const files = [0, 1, 2].map((baseOffset) => `${segmentPath('orders-0', baseOffset)}.log`)

/** Changes of segment files asked of the disk so far. */
function changes(disk: MemoryDisk): string[] {
  return disk.calls
    .filter(({ call, file }) => file.endsWith('.log') && call !== 'sync' && call !== 'read')
    .map(({ call, file }) => `${call} ${files.indexOf(file)}`)
}

it('nothing is appended to a segment before the one it follows is written', () => {
  const disk = new MemoryDisk()
  const { loop, log } = openForTest(disk, { config })
  disk.recording = true
  const written: number[] = []
  for (let i = 0; i < 3; i++) log.append(plainBatch(i, 1), () => written.push(i))
  expect(changes(disk)).toEqual(['append 0'])
  while (written.length === 0) disk.step(loop)
  expect(changes(disk)).toEqual(['append 0', 'append 1'])
  disk.run(loop)
  expect(changes(disk)).toEqual(['append 0', 'append 1', 'append 2'])
  expect(written).toEqual([0, 1, 2])
})

it('appends to one segment do not wait for each other', () => {
  const disk = new MemoryDisk()
  const { log } = openForTest(disk)
  disk.recording = true
  for (let i = 0; i < 3; i++) log.append(plainBatch(i, 1), () => undefined)
  expect(changes(disk)).toEqual(['append 0', 'append 0', 'append 0'])
})

it('a truncation removes the newest segments first, and what is appended then comes last', () => {
  const disk = new MemoryDisk()
  const { loop, log } = openForTest(disk, { config })
  for (let i = 0; i < 3; i++) log.append(plainBatch(i, 1), () => undefined)
  disk.run(loop)
  disk.recording = true
  log.truncateTo(0, () => undefined)
  log.append(plainBatch(0, 1, 1), () => undefined)
  log.append(plainBatch(1, 1, 1), () => undefined)
  expect(changes(disk)).toEqual(['remove 2'])
  disk.run(loop)
  expect(changes(disk)).toEqual(['remove 2', 'remove 1', 'truncate 0', 'append 0', 'append 1'])
})

it('a log is closed only when its files are as it says', () => {
  const cuts: ((log: PartitionLog) => void)[] = [
    (log) => log.truncateTo(1, () => undefined),
    (log) => log.truncateFullyAndStartAt(1, () => undefined),
  ]
  for (const cut of cuts) {
    const disk = new MemoryDisk()
    const { loop, log } = openForTest(disk, { config })
    for (let i = 0; i < 3; i++) log.append(plainBatch(i, 1), () => undefined)
    disk.run(loop)
    cut(log)
    const closed: true[] = []
    log.close(() => closed.push(true))
    while (closed.length === 0) disk.step(loop)
    const { log: reopened, recovery } = openForTest(disk, { config })
    expect([recovery.clean, reopened.logEndOffset]).toEqual([true, 1])
  }
})
