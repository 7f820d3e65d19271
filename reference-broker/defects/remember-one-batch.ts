import { classifyBatch } from '../core/log/producer-state.ts'
import type { Defect } from './defect.ts'

export const rememberOneBatch: Defect = {
  describes: 'Knows a batch that comes again only when it is the last one.',
  imitates: 'Redpanda #3038 and #3077: there was no window of five batches.',
  anomalies: ['wrong-answer', 'duplicate'],
  race: 'five-batch-window',
  decisions: {
    classifyBatch: (entry, batch) => classifyBatch(entry && { ...entry, batches: entry.batches.slice(-1) }, batch),
  },
}
