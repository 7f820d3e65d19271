import { classifyBatch } from '../core/log/producer-state.ts'
import type { Defect } from './defect.ts'

export const refuseDuplicates: Defect = {
  describes: 'Refuses a batch that comes again as out of order, instead of telling where it is.',
  imitates: 'Redpanda #3039: a retried batch was answered OUT_OF_ORDER_SEQUENCE_NUMBER, and clients sent it anew under another epoch.',
  anomalies: ['wrong-answer'],
  race: 'dropped-produce-ack',
  decisions: {
    classifyBatch: (entry, batch) => {
      const known = classifyBatch(entry, batch)
      return known.kind === 'duplicate' ? { kind: 'error', error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' } : known
    },
  },
}
