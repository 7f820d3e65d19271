import { batchCrcIsValid, forEachBatch } from '../../../protocol/record-batch.ts'
import type { PartitionLog } from '../log/partition-log.ts'

/**
 * Appends what a leader sent, offsets and epochs as they are: whole batches with a valid CRC, from the log's end on,
 * none from an epoch above `leaderEpoch`. Returns false when something had to be refused. `done`: written.
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
  if (records !== null) {
    forEachBatch(records, (header, at) => {
      const wanted = header.baseOffset >= nextOffset && header.partitionLeaderEpoch <= leaderEpoch
      if (!sound || !wanted || !batchCrcIsValid(records, at, header.sizeBytes)) {
        sound = sound && header.baseOffset < nextOffset
        return
      }
      if (from < 0) from = at
      to = at + header.sizeBytes
      nextOffset = header.baseOffset + header.lastOffsetDelta + 1
    })
  }
  if (records === null || from < 0) done()
  else log.append(records.subarray(from, to), done)
  return sound
}
