/** For tests of this room: opening a log on a disk in memory. */
import type { DiskLoop } from '../../../ports/loop.ts'
import { forEachBatch, lastOffset } from '../../../protocol/record-batch.ts'
import { roomyConfig, soundLogDecisions } from './log-model.testing.ts'
import type { MemoryDisk } from './memory-disk.testing.ts'
import { openLog, type LogConfig, type LogDecisions, type PartitionLog, type ReadLimits, type RecoveryReport } from './partition-log.ts'

export const testDir = 'orders-0'
export const everything: ReadLimits = { maxBytes: 1 << 30, endOffset: Infinity, atLeastOne: true }

export interface OpenedForTest {
  readonly loop: DiskLoop
  readonly log: PartitionLog
  readonly recovery: RecoveryReport
}

export interface OpenForTest {
  readonly config?: Partial<LogConfig>
  readonly decisions?: Partial<LogDecisions>
  readonly cleanShutdown?: boolean
  readonly wallNow?: () => number
}

export function openForTest(disk: MemoryDisk, options: OpenForTest = {}): OpenedForTest {
  const { config, decisions, cleanShutdown = true, wallNow } = options
  const loop = disk.boot(wallNow)
  let opened: OpenedForTest | undefined
  const all = { config: { ...roomyConfig, ...config }, decisions: { ...soundLogDecisions, ...decisions }, cleanShutdown }
  openLog(loop, testDir, all, (result) => {
    if (!result.ok) throw new Error(result.reason)
    if (opened !== undefined) throw new Error('opened twice')
    opened = { loop, log: result.log, recovery: result.recovery }
  })
  disk.run(loop)
  if (opened === undefined) throw new Error('not opened')
  return opened
}

/** All batches of the log from `offset` on. */
export function readAll(disk: MemoryDisk, { loop, log }: OpenedForTest, offset = 0): Uint8Array {
  const parts: Uint8Array[] = []
  const limits: ReadLimits = { maxBytes: 1 << 20, endOffset: log.logEndOffset, atLeastOne: true }
  let end = false
  let next = offset
  while (!end) {
    const before = parts.length
    log.read(next, limits, (bytes) => {
      if (bytes.length > 0) parts.push(bytes)
    })
    disk.run(loop)
    end = parts.length === before
    if (!end) next = endOf(parts.at(-1)!)
  }
  return new Uint8Array(Buffer.concat(parts))
}

function endOf(bytes: Uint8Array): number {
  let end = -1
  forEachBatch(bytes, (header) => {
    end = lastOffset(header) + 1
  })
  return end
}
