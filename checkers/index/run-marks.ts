/**
 * What the harness and the final consumers wrote about the run itself: configuration, phases, final reads.
 */
import { finalClientPrefix, type FinalRead } from '../../history/final-read.ts'
import type { Key, Op, Phase, RunConfig } from '../../history/op.ts'
import { none } from './op-table.ts'

export interface FinalReadOp {
  /** Position of the op. */
  readonly at: number
  readonly value: FinalRead
}

export interface RunMarks {
  /** Undefined when the history has no config op. */
  readonly config: RunConfig | undefined
  /** Position of the last mark of each phase, or `none`. */
  readonly phases: Readonly<Record<Phase, number>>
  readonly hasPhases: boolean
  readonly finalReads: readonly FinalReadOp[]
  /** Position of the last word that the harness or the brokers were starved of CPU or I/O, or `none`. */
  readonly starved: number
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function finalRead(value: unknown): FinalRead | undefined {
  if (!isRecord(value)) return undefined
  const { keys, reached, target, complete } = value
  return {
    keys: Array.isArray(keys) ? (keys as Key[]) : [],
    reached: isRecord(reached) ? (reached as Record<string, number>) : {},
    target: isRecord(target) ? (target as Record<string, number>) : {},
    complete: complete === true,
  }
}

export function readMarks(ops: readonly Op[]): RunMarks {
  const phases: Record<Phase, number> = { faults: none, heal: none, final: none, end: none }
  const finalReads: FinalReadOp[] = []
  let config: RunConfig | undefined
  let starved = none
  let hasPhases = false
  for (let at = 0; at < ops.length; at++) {
    const { f, process, type, value } = ops[at]!
    if (process === 'harness') {
      if (f === 'config' && isRecord(value)) config ??= value
      if (f === 'starved') starved = at
      if (f === 'phase' && Object.hasOwn(phases, String(value))) {
        phases[value as Phase] = at
        hasPhases = true
      }
    } else if (f === 'final-read' && type !== 'invoke') {
      const read = finalRead(value)
      if (read !== undefined) finalReads.push({ at, value: read })
    }
  }
  return { config, phases, hasPhases, finalReads, starved }
}

export function isFinalClient(actor: string | number | undefined): boolean {
  return typeof actor === 'string' && actor.startsWith(finalClientPrefix)
}
