import type { Decisions } from '../core/decisions.ts'

export interface Defect {
  readonly describes: string
  /** The published bug it imitates. */
  readonly imitates: string
  /** The anomalies it must be convicted of: one of them. */
  readonly anomalies: readonly string[]
  /** The scenario that convicts it on broker processes; missing where processes cannot be broken that way. */
  readonly onProcesses?: string
  /** The simulated scenario that convicts it, when that is not the swarm. */
  readonly scenario?: string
  /** The race that convicts it, in the simulator at once and on processes. */
  readonly race?: string
  readonly decisions: Partial<Decisions>
}
