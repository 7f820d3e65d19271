/**
 * What a checker is: a pure function from the history's index to findings of one anomaly, and to sentences
 * about what it could not judge. It is named for its anomaly. It knows nothing of brokers, and nothing of
 * what a configuration allows: that is policy.ts.
 */
import type { HistoryIndex } from './history-index.ts'
import type { Finding } from './verdict.ts'

export interface CheckResult {
  /** Smallest first; of very many, the smallest of each aspect. */
  readonly findings: readonly Finding[]
  /** Sentences; any of them makes a verdict that would be true 'unknown'. */
  readonly unjudged: readonly string[]
  /** How many findings there are beyond those listed. */
  readonly omitted?: number
}

export interface Checker {
  /** The anomaly it looks for. */
  readonly name: string
  /** One sentence. */
  readonly describes: string
  /** Ids of the promises that this anomaly breaks, see guarantees.ts. */
  readonly guarantees: readonly string[]
  check(index: HistoryIndex): CheckResult
}
