import { classifyBatch } from '../core/log/producer-state.ts'
import type { Defect } from './defect.ts'

export const recallAbortedBatches: Defect = {
  describes: 'Knows batches by their sequence alone, in whatever epoch they came.',
  imitates: 'Redpanda #5026: a sequence that was used again after an abort was de-duplicated against the aborted batch.',
  anomalies: ['lost-write'],
  race: 'sequence-reuse-after-abort',
  decisions: {
    classifyBatch: (entry, batch) => {
      const known = entry?.batches.find(({ firstSequence, lastSequence }) => firstSequence === batch.firstSequence && lastSequence === batch.lastSequence)
      return known === undefined ? classifyBatch(entry, batch) : { kind: 'duplicate', baseOffset: known.baseOffset, timestamp: known.timestamp }
    },
  },
}
