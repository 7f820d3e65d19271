/**
 * Reads what an op's `value` should hold. Histories come from anywhere, so nothing is assumed: what does not have the
 * documented shape is left out, and no reader throws.
 */
import type { MicroOp, Observation, Op, Polled } from '../history/op.ts'

const clientFunctions = new Set(['send', 'poll', 'txn'])

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isScalar(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number'
}

function isMicroOp(value: unknown): value is MicroOp {
  if (!isRecord(value)) return false
  return value['f'] === 'poll' || (value['f'] === 'send' && isScalar(value['key']) && isScalar(value['value']))
}

/** The micro-ops of a `send`, `poll` or `txn`. */
export function microOps(op: Op): readonly MicroOp[] {
  if (!clientFunctions.has(op.f) || !Array.isArray(op.value)) return []
  return op.value.every(isMicroOp) ? op.value : op.value.filter(isMicroOp)
}

function isPolled(value: unknown): value is Polled {
  if (!Array.isArray(value) || !isScalar(value[0]) || !Array.isArray(value[1])) return false
  return value[1].every((record) => Array.isArray(record) && typeof record[0] === 'number')
}

/** What one poll was given, key by key in the order received. */
export function polledBy(micro: MicroOp): readonly Polled[] {
  if (micro.f !== 'poll' || !Array.isArray(micro.polled)) return []
  return (micro.polled as readonly unknown[]).filter(isPolled)
}

function isObservation(value: unknown): value is Observation {
  if (!isRecord(value) || !isScalar(value['key'])) return false
  const { leader, leaderEpoch, inSyncReplicas } = value
  const isList = Array.isArray(inSyncReplicas) && inSyncReplicas.every((replica) => typeof replica === 'number')
  return typeof leader === 'number' && typeof leaderEpoch === 'number' && isList
}

/** What an `observe` op tells, key by key. */
export function observations(op: Op): readonly Observation[] {
  return op.f === 'observe' && Array.isArray(op.value) ? op.value.filter(isObservation) : []
}

export interface NemesisValue {
  readonly action: string
  /** Tells one fault from another; '' when missing. */
  readonly id: string
  readonly targets: readonly (number | string)[]
  readonly inForce: boolean
  readonly evidence: unknown
}

/** What one op of the nemesis says; undefined for the forms other tools write. */
export function nemesisValue(op: Op): NemesisValue | undefined {
  if (op.process !== 'nemesis' || !isRecord(op.value) || typeof op.value['action'] !== 'string') return undefined
  const { action, id, targets, inForce, evidence } = op.value
  return {
    action,
    id: isScalar(id) ? String(id) : '',
    targets: Array.isArray(targets) ? targets.filter(isScalar) : [],
    inForce: inForce === true,
    evidence,
  }
}

/** Seconds since the run began, or undefined where the history does not say. */
export function secondsOf(timeNs: number | null): number | undefined {
  return timeNs === null || !Number.isFinite(timeNs) ? undefined : timeNs / 1e9
}
