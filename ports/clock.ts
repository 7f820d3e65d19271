import type { TimerId } from './events.ts'

/** Time as one node sees it. The two clocks are apart on purpose: only the wall clock can be skewed. */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back; may have a fraction. For durations and deadlines. */
  now(): number
  /** Whole milliseconds since 1970 as this node believes them; may jump either way. For timestamps only. */
  wallNow(): number
  /** Asks for one `timer` event about `delayMs` (>= 0) from now on the monotonic clock. */
  startTimer(timer: TimerId, delayMs: number): void
  /** No event comes for this timer afterwards. Unknown and fired timers are ignored. */
  cancelTimer(timer: TimerId): void
}
