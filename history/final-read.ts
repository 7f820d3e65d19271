/**
 * Value of the closing op of a final consumer (`f:"final-read"`): how far it got. It is `ok` when it
 * reached every target and `info` when its deadline passed first. Its records are in the ordinary poll ops
 * before it.
 */
import type { Key } from './op.ts'

/** Clients whose name starts so are final consumers: fresh, and reading each key from its beginning. */
export const finalClientPrefix = 'final'

export interface FinalRead {
  readonly keys: readonly Key[]
  /** Per key (as a string) the offset it would read next. */
  readonly reached: Readonly<Record<string, number>>
  /** Per key (as a string) the end it had to reach: the highWatermark once everything was settled. */
  readonly target: Readonly<Record<string, number>>
  /** True when every key reached its target. */
  readonly complete: boolean
}
