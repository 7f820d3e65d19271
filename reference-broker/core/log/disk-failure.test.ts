import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Disk } from '../../../ports/disk.ts'
import { plainBatch, roomyConfig, soundLogDecisions } from './log-model.testing.ts'
import { MemoryDisk } from './memory-disk.testing.ts'
import { everything, openForTest, testDir } from './open-log.testing.ts'
import { openLog, type PartitionLog } from './partition-log.ts'

const operations: readonly ((log: PartitionLog, done: () => void) => void)[] = [
  (log, done) => log.append(plainBatch(log.logEndOffset, 2), done),
  (log, done) => log.sync(done),
  (log, done) => log.read(0, everything, done),
  (log, done) => log.truncateTo(Math.max(0, log.logEndOffset - 3), done),
  (log, done) => log.truncateFullyAndStartAt(40, done),
  (log, done) => log.offsetForTimestamp(5, Infinity, done),
  (log, done) => log.offsetOfMaxTimestamp(Infinity, done),
]

it('after a failed disk call the log says so once, answers nobody any more and changes no file', () => {
  const call = fc.constantFrom<keyof Disk>('append', 'sync', 'read', 'truncate', 'remove', 'replace')
  const picks = fc.array(fc.nat(operations.length - 1), { minLength: 5, maxLength: 15 })
  fc.assert(
    fc.property(call, fc.nat(4), picks, (failing, after, picks) => {
      const disk = new MemoryDisk()
      const { loop, log } = openForTest(disk, { config: { segmentBytes: 200, cacheBytes: 0, indexIntervalBytes: 0 } })
      const failures: string[] = []
      let answersAfter = 0
      log.onFailed = (reason) => {
        failures.push(reason)
        disk.recording = true
      }
      let calls = 0
      disk.refuse = (call) => (call === failing && calls++ >= after ? 'EIO' : undefined)
      const done = (): void => {
        if (failures.length > 0) answersAfter++
      }
      for (const pick of picks) {
        operations[pick]!(log, done)
        disk.run(loop)
      }
      log.close(done)
      disk.run(loop)
      expect(failures.length).toBe(calls > after ? 1 : 0)
      expect(answersAfter).toBe(0)
      expect(disk.calls.filter(({ call }) => call !== 'read')).toEqual([])
    }),
    { numRuns: 300 },
  )
})

it('a failed append leaves nothing written beyond it', () => {
  const disk = new MemoryDisk()
  const { loop, log } = openForTest(disk)
  log.onFailed = () => undefined
  log.append(plainBatch(0, 2), () => undefined)
  disk.run(loop)
  disk.refuse = (call) => (call === 'append' ? 'ENOSPC' : undefined)
  log.append(plainBatch(2, 2), () => undefined)
  disk.refuse = () => undefined
  log.append(plainBatch(4, 2), () => undefined)
  log.sync(() => undefined)
  disk.run(loop)
  expect([log.writtenOffset, log.syncedOffset]).toEqual([2, 0])
})

it('a log that cannot be read does not open', () => {
  for (const failing of ['list', 'read', 'truncate', 'sync'] as const) {
    const disk = new MemoryDisk()
    disk.put(`${testDir}/00000000000000000000.log`, plainBatch(0, 3).subarray(0, -1))
    disk.refuse = (call) => (call === failing ? 'EIO' : undefined)
    const loop = disk.boot()
    const answers: boolean[] = []
    openLog(loop, testDir, { config: roomyConfig, decisions: soundLogDecisions, cleanShutdown: true }, ({ ok }) => answers.push(ok))
    disk.run(loop)
    expect(answers).toEqual([false])
  }
})

it('a log whose batches went bad on disk fails instead of serving or looping', () => {
  const disk = new MemoryDisk()
  const { loop, log } = openForTest(disk, { config: { cacheBytes: 0 } })
  const failures: string[] = []
  log.onFailed = (reason) => failures.push(reason)
  for (let i = 0; i < 3; i++) log.append(plainBatch(i, 1), () => undefined)
  disk.run(loop)
  const file = `${testDir}/00000000000000000000.log`
  disk.put(file, new Uint8Array(disk.contents(file).length))
  log.read(1, everything, () => failures.push('served'))
  disk.run(loop)
  expect(failures).toEqual([`cannot read ${file}: no batch at byte 0`])
})

it('a log that went bad while its broker was stopped fails when the bad part is first needed', () => {
  const disk = new MemoryDisk()
  const first = openForTest(disk, { config: { segmentBytes: 400 } })
  for (let i = 0; i < 8; i++) first.log.append(plainBatch(i, 1), () => undefined)
  first.log.close(() => undefined)
  disk.run(first.loop)
  const file = `${testDir}/00000000000000000000.log`
  const bytes = disk.contents(file)
  disk.put(file, bytes.fill(0, bytes.length - 80))
  disk.delete(`${testDir}/00000000000000000000.timeindex`)
  const { loop, log, recovery } = openForTest(disk)
  expect(recovery.clean).toBe(true)
  const failures: string[] = []
  log.onFailed = (reason) => failures.push(reason)
  log.read(0, everything, () => failures.push('served'))
  disk.run(loop)
  expect(failures).toEqual([`${file} is unreadable from byte ${plainBatch(0, 1).length * 4} on`])
})
