/**
 * Value of a nemesis op. Four ops tell the life of one fault: `start` (injection was asked), `evidence`
 * (another means looked whether it is in force), `stop` (healing was asked), `healed` (another means saw it
 * gone). Asked is not done: only `evidence` with `inForce: true`, and `healed` with evidence, count.
 */
export type FaultAction = 'start' | 'evidence' | 'stop' | 'healed'

export interface FaultOpValue {
  readonly action: FaultAction
  /** The same for all ops of one fault, and of no other fault of the run. */
  readonly id: number
  readonly targets?: readonly (number | string)[]
  readonly parameters?: Readonly<Record<string, unknown>>
  /** What was seen; null when nothing was. */
  readonly evidence?: unknown
  readonly inForce?: boolean
}
