/**
 * What the harness and the final consumers wrote about the run itself: configuration, phases, recoveries, final
 * reads.
 */
import { finalClientPrefix, type FinalRead } from '../../history/final-read.ts'
import type { CoverageOpValue, RecoveredOpValue } from '../../history/harness-op.ts'
import type { Key, Op, Ops, Phase, RunConfig } from '../../history/op.ts'
import { none } from './codes.ts'
import type { OpTable } from './op-table.ts'

export interface FinalReadOp {
  /** Position of the op. */
  readonly at: number
  readonly value: FinalRead
}

/** What the harness said of one recovery after healing. */
export interface RecoveredOp {
  /** Position of the op. */
  readonly at: number
  readonly value: RecoveredOpValue
}

export interface RunMarks {
  /** Undefined when the history has no config op. */
  readonly config: RunConfig | undefined
  /** Position of the last mark of each phase, or `none`. */
  readonly phases: Readonly<Record<Phase, number>>
  /** Positions of all marks of phase `heal`. */
  readonly heals: readonly number[]
  readonly hasPhases: boolean
  readonly finalReads: readonly FinalReadOp[]
  readonly recoveries: readonly RecoveredOp[]
  /** Positions of all words that the harness or the brokers were starved of CPU or I/O. */
  readonly starved: readonly number[]
  /** What the harness told of the inside of the world, added up. */
  readonly coverage: CoverageOpValue
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listOf<T>(value: unknown): readonly T[] {
  return Array.isArray(value) ? (value as T[]) : []
}

function finalRead(value: unknown): FinalRead | undefined {
  if (!isRecord(value)) return undefined
  const { keys, reached, target, complete } = value
  return {
    keys: listOf<Key>(keys),
    reached: isRecord(reached) ? (reached as Record<string, number>) : {},
    target: isRecord(target) ? (target as Record<string, number>) : {},
    complete: complete === true,
  }
}

function recovered(value: unknown): RecoveredOpValue | undefined {
  if (!isRecord(value)) return undefined
  const { complete, absent, unserved, boundMs, tookMs } = value
  return {
    complete: complete !== false,
    absent: listOf<number | string>(absent),
    unserved: listOf<Key>(unserved),
    boundMs: typeof boundMs === 'number' ? boundMs : Number.NaN,
    tookMs: typeof tookMs === 'number' ? tookMs : Number.NaN,
  }
}

class MarksReader {
  config: RunConfig | undefined
  hasPhases = false
  readonly phases: Record<Phase, number> = { faults: none, heal: none, final: none, end: none }
  readonly heals: number[] = []
  readonly finalReads: FinalReadOp[] = []
  readonly recoveries: RecoveredOp[] = []
  readonly starved: number[] = []
  readonly coverage: Record<string, number> = {}

  /** An op of the harness. */
  harness({ f, value }: Op, at: number): void {
    if (f === 'config' && isRecord(value)) this.config ??= value
    else if (f === 'starved') this.starved.push(at)
    else if (f === 'coverage' && isRecord(value)) this.#addCoverage(value)
    else if (f === 'recovered') {
      const told = recovered(value)
      if (told !== undefined) this.recoveries.push({ at, value: told })
    } else if (f === 'phase' && Object.hasOwn(this.phases, String(value))) {
      this.phases[value as Phase] = at
      this.hasPhases = true
      if (value === 'heal') this.heals.push(at)
    }
  }

  /** An op of a client that is neither a send nor a poll. */
  client({ f, type, value }: Op, at: number): void {
    if (f !== 'final-read' || type === 'invoke') return
    const read = finalRead(value)
    if (read !== undefined) this.finalReads.push({ at, value: read })
  }

  #addCoverage(counts: Readonly<Record<string, unknown>>): void {
    for (const [name, count] of Object.entries(counts)) {
      if (typeof count === 'number') this.coverage[name] = (this.coverage[name] ?? 0) + count
    }
  }
}

export function readMarks(ops: Ops, table: OpTable): RunMarks {
  const reader = new MarksReader()
  for (const at of table.others) if (ops.at(at)!.process === 'harness') reader.harness(ops.at(at)!, at)
  for (const at of table.rest) reader.client(ops.at(at)!, at)
  return reader
}

export function isFinalClient(actor: string | number | undefined): boolean {
  return typeof actor === 'string' && actor.startsWith(finalClientPrefix)
}
