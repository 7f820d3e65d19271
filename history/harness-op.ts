/**
 * Values of what the harness and the observer write beside configuration, phases and observations. All are `info` ops,
 * but a recovery that was complete is `ok`.
 */
import type { Key } from './op.ts'

/** `f:"recovered"`: after healing, the harness waited until everything was back, at most `boundMs`. */
export interface RecoveredOpValue {
  /** Every partition had its leader and its replicas in sync, and acknowledged a record. */
  readonly complete: boolean
  /** Brokers that were not to come back. */
  readonly absent: readonly (number | string)[]
  /** Keys that had acknowledged nothing since healing. */
  readonly unserved: readonly Key[]
  readonly boundMs: number
  readonly tookMs: number
}

/** `f:"coverage"`: how often something happened that only the inside of a simulated world shows, by name. */
export type CoverageOpValue = Readonly<Record<string, number>>

/** `f:"quorum"` of the observer, whenever it changed: who led the quorum of the controllers. */
export interface QuorumOpValue {
  readonly leader: number
  readonly leaderEpoch: number
}
