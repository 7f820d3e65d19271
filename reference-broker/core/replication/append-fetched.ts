import { batchCrcIsValid, forEachBatch, lastOffset, readBatchHeader } from '../../../protocol/record-batch.ts'
import type { PartitionLog } from '../log/partition-log.ts'

/**
 * Appends what a leader sent, offsets and epochs as they are: whole batches with a valid CRC, from the log's end on,
 * none from an epoch above `leaderEpoch`. What is here already is skipped. Returns false when something had to be refused,
 * and everything behind it with it. `done`: written.
 *
 * A leader's log may start in the middle of a batch (DeleteRecords), so a log without records takes the batch that its end
 * lies in.
 */
export function appendFetched(
  log: PartitionLog,
  records: Uint8Array | null,
  leaderEpoch: number,
  done: () => void,
): boolean {
  let from = -1
  let to = 0
  let sound = true
  let nextOffset = log.logEndOffset
  const isEmpty = log.logStartOffset === nextOffset
  if (records !== null) {
    forEachBatch(records, (header, at) => {
      const covers = isEmpty && from < 0 && lastOffset(header) >= nextOffset
      const isOld = from < 0 && header.baseOffset < nextOffset && !covers
      if (!sound || isOld) return
      const follows = (header.baseOffset >= nextOffset || covers) && header.partitionLeaderEpoch <= leaderEpoch
      sound = follows && batchCrcIsValid(records, at, header.sizeBytes)
      if (!sound) return
      if (from < 0) from = at
      to = at + header.sizeBytes
      nextOffset = header.baseOffset + header.lastOffsetDelta + 1
    })
  }
  const batches = from < 0 ? undefined : records!.subarray(from, to)
  if (batches === undefined) done()
  else if (readBatchHeader(batches, 0).baseOffset < log.logEndOffset) log.beginWith(batches, done)
  else log.append(batches, done)
  return sound
}
