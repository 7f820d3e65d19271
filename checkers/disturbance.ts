/**
 * Whether anything happened in a run by which acks=1 may lose records: a fault was in force, or may have been where the
 * nemesis writes another form than ours, or a key changed its leader. Where nothing did, a loss has no excuse.
 */
import type { Faults } from './faults.ts'
import type { Figures } from './figures.ts'
import type { HistoryIndex } from './history-index.ts'
import { none } from './index/codes.ts'

/** Records of one key that were appended under different leaderEpochs. */
function sawTwoEpochs({ reads, records }: Pick<HistoryIndex, 'reads' | 'records'>): boolean {
  if (!reads.hasEpochs) return false
  const first = new Int32Array(records.keys.length).fill(none)
  for (let read = 0; read < reads.size; read++) {
    const epoch = reads.epoch[read]!
    if (epoch === none) continue
    const key = records.keyOf[reads.record[read]!]!
    if (first[key] === none) first[key] = epoch
    else if (first[key] !== epoch) return true
  }
  return false
}

export function wasDisturbed(index: HistoryIndex, faults: Faults, figures: Pick<Figures, 'leaderChanges'>): boolean {
  if (faults.windows.length > 0 || faults.unreadable.length > 0 || figures.leaderChanges > 0) return true
  return sawTwoEpochs(index)
}
