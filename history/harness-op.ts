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

/** One second of load, as the tool that made it counted. Times are the tool's own. */
export interface LoadSecond {
  /** Seconds of the run at which it begins. */
  readonly t: number
  readonly requests: number
  /** Records answered with success, and all others that were sent. */
  readonly acknowledged: number
  readonly notAcknowledged: number
  /** Due and not begun. */
  readonly dropped: number
  /** Of the requests that ended in it; null without any. */
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  readonly maxMs: number | null
}

/** `f:"load"`: what the load tool says of the load it has made, on the time axis of the run. */
export interface LoadOpValue {
  /** With its version. */
  readonly tool: string
  readonly script: string
  readonly seconds: readonly LoadSecond[]
  /** Its counters and quantiles at the end, by name. */
  readonly summary: Readonly<Record<string, number>>
  readonly thresholds: readonly { readonly name: string; readonly isMet: boolean }[]
}
