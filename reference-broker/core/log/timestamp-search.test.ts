import { describe, expect, it } from 'vitest'
import { renewBatchCrc, setLogAppendTime, batchPosition } from '../../../protocol/record-batch.ts'
import { writeInt64 } from '../../../protocol/int64.ts'
import { batchOf } from './log-model.testing.ts'
import { MemoryDisk } from './memory-disk.testing.ts'
import { openForTest } from './open-log.testing.ts'
import type { PartitionLog, TimestampOffset } from './partition-log.ts'

/** A log of the given batches, in memory. */
function logOf(batches: readonly Uint8Array[]): PartitionLog {
  const { log } = openForTest(new MemoryDisk())
  for (const bytes of batches) log.append(bytes, () => undefined)
  return log
}

function find(log: PartitionLog, timestamp: number, end = Infinity): TimestampOffset | undefined {
  let answer: TimestampOffset | undefined
  log.offsetForTimestamp(timestamp, end, (found) => {
    answer = found
  })
  return answer
}

function findMax(log: PartitionLog): TimestampOffset | undefined {
  let answer: TimestampOffset | undefined
  log.offsetOfMaxTimestamp(Infinity, (found) => {
    answer = found
  })
  return answer
}

const batch = (baseOffset: number, ...timestamps: readonly number[]): Uint8Array =>
  batchOf({ baseOffset, leaderEpoch: 4, timestamps, valueBytes: 3 })

describe('the offset for a timestamp', () => {
  it('is of the first record that is new enough, also within a batch and below later, older records', () => {
    const log = logOf([batch(0, 10, 30, 20), batch(3, 5), batch(4, 25, 40)])
    expect(find(log, 0)).toEqual({ offset: 0, timestamp: 10, leaderEpoch: 4 })
    expect(find(log, 11)).toEqual({ offset: 1, timestamp: 30, leaderEpoch: 4 })
    expect(find(log, 31)).toEqual({ offset: 5, timestamp: 40, leaderEpoch: 4 })
    expect(find(log, 41)).toBeUndefined()
  })

  it('is not below the start of the log, nor at or above the given end', () => {
    const log = logOf([batch(0, 30, 20, 30)])
    log.advanceLogStart(1, () => undefined)
    expect(find(log, 25)).toMatchObject({ offset: 2 })
    expect(find(log, 15)).toMatchObject({ offset: 1 })
    expect(find(log, 25, 2)).toBeUndefined()
  })

  it('is that of the whole batch where the leader set the time', () => {
    const stamped = batch(0, 10, 20)
    setLogAppendTime(stamped, 0, 500)
    const log = logOf([stamped])
    expect(find(log, 30)).toEqual({ offset: 0, timestamp: 500, leaderEpoch: 4 })
  })

  it('is found behind a batch whose header claims more than its records have, or that does not decode', () => {
    const lying = batch(0, 10)
    writeInt64(lying, batchPosition.maxTimestamp, 99)
    renewBatchCrc(lying, 0)
    const garbage = batch(1, 10)
    garbage.fill(255, 61)
    writeInt64(garbage, batchPosition.maxTimestamp, 99)
    renewBatchCrc(garbage, 0)
    const log = logOf([lying, garbage, batch(2, 90)])
    expect(find(log, 50)).toMatchObject({ offset: 2, timestamp: 90 })
    expect(findMax(log)).toMatchObject({ offset: 0, timestamp: 10 })
  })
})

describe('the offset of the largest timestamp', () => {
  it('is of the first record that has it', () => {
    expect(findMax(logOf([batch(0, 10, 30, 30), batch(3, 30), batch(4, 29)]))).toEqual({ offset: 1, timestamp: 30, leaderEpoch: 4 })
  })

  it('is unknown in a log without records or without timestamps', () => {
    expect(findMax(logOf([]))).toBeUndefined()
    expect(findMax(logOf([batch(0, -1)]))).toBeUndefined()
  })
})
