import type { classifyBatch, classifyMarker, ProducerEntry } from './producer-state.ts'

/** Read anew at each use: a change counts from the next append on. */
export interface LogConfig {
  segmentBytes: number
  segmentMs: number
  indexIntervalBytes: number
  segmentIndexBytes: number
  /** How much of the newest data is kept in memory for readers. */
  cacheBytes: number
  producerIdExpirationMs: number
}

/** What a planted defect may override. */
export interface LogDecisions {
  /** May the leader append this batch, or is it a duplicate, or out of order? */
  classifyBatch: typeof classifyBatch
  /** May the leader append this marker, or does it come from the past? */
  classifyMarker: typeof classifyMarker
  /** The producers a replica knows after a restart, given those its log tells of. */
  recoveredProducers(entries: readonly ProducerEntry[]): readonly ProducerEntry[]
}
