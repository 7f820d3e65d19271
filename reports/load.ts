/** What a load tool counted by itself, second by second, as rows on the time axis of the run. */
import type { Ops } from '../history/op.ts'
import { isRecord } from './op-value.ts'

/** One quantile of the requests that ended in the second around `t`; null where there were none. */
export interface LoadLatencyRow {
  readonly t: number
  readonly q: 'p50' | 'p99' | 'max'
  readonly ms: number | null
}

export interface LoadRateRow {
  readonly t: number
  /** `dropped`: requests that were due and not begun; the others are records. */
  readonly outcome: 'acknowledged' | 'not acknowledged' | 'dropped'
  readonly perSecond: number
}

export interface Load {
  /** '' when no tool told anything. */
  readonly tool: string
  readonly latency: readonly LoadLatencyRow[]
  readonly rates: readonly LoadRateRow[]
}

/** Of a long run every so many seconds are one row. */
const mostSeconds = 1200
/** A logarithmic axis has no zero. */
const leastMs = 0.001

const nothing: Load = { tool: '', latency: [], rates: [] }

export function loadOf(ops: Ops): Load {
  for (const { f, process, value } of ops) {
    if (f !== 'load' || process !== 'harness' || !isRecord(value) || !Array.isArray(value['seconds'])) continue
    const seconds = (value['seconds'] as readonly unknown[]).filter(isRecord).filter(({ t }) => isNumber(t))
    const { tool } = value
    return rowsOf(typeof tool === 'string' ? tool : 'load tool', thinned(seconds))
  }
  return nothing
}

type Second = Readonly<Record<string, unknown>>

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

/** Rates of a second here and there, and no sums: a row is one second. */
function thinned(seconds: readonly Second[]): readonly Second[] {
  const step = Math.ceil(seconds.length / mostSeconds)
  return step <= 1 ? seconds : seconds.filter((_, at) => at % step === 0)
}

function rowsOf(tool: string, seconds: readonly Second[]): Load {
  const latency = seconds.flatMap((second) => (['p50', 'p99', 'max'] as const).map((q) => {
    const ms = second[`${q}Ms`]
    return { t: (second['t'] as number) + 0.5, q, ms: isNumber(ms) ? Math.max(leastMs, ms) : null }
  }))
  const names = { acknowledged: 'acknowledged', notAcknowledged: 'not acknowledged', dropped: 'dropped' } as const
  const rates = seconds.flatMap((second) => Object.entries(names).flatMap(([name, outcome]) => {
    const perSecond = second[name]
    return isNumber(perSecond) ? [{ t: second['t'] as number, outcome, perSecond }] : []
  }))
  return { tool, latency, rates }
}
