/**
 * What brokers said of themselves, one entry per key and answer. A broker that claims to lead a key speaks for itself;
 * what it says of other leaders may be old.
 */
import type { QuorumOpValue } from '../../history/harness-op.ts'
import type { Observation, Ops } from '../../history/op.ts'
import { none } from './codes.ts'
import type { OpTable } from './op-table.ts'

export interface Told extends Observation {
  /** Position of the op. */
  readonly at: number
  /** The broker that said so. */
  readonly node: string
  /** It claims to lead the key itself. */
  readonly isLeader: boolean
  /** Position of the first op after the highWatermark was asked for, or `none` when unknown. */
  readonly asked: number
}

export interface Observations {
  /** In the order they were told. */
  readonly told: readonly Told[]
  /** Leaders of the controllers' quorum, in the order they were told. */
  readonly quorum: readonly QuorumOpValue[]
}

function isObservation(value: unknown): value is Observation {
  if (typeof value !== 'object' || value === null) return false
  const { key, leader, leaderEpoch } = value as Partial<Observation>
  const named = typeof key === 'string' || typeof key === 'number'
  return named && typeof leader === 'number' && typeof leaderEpoch === 'number'
}

function isQuorum(value: unknown): value is QuorumOpValue {
  if (typeof value !== 'object' || value === null) return false
  const { leader, leaderEpoch } = value as Partial<QuorumOpValue>
  return typeof leader === 'number' && typeof leaderEpoch === 'number'
}

/** The first position whose op has this index or a higher one. */
function positionOf(index: number, ops: Ops): number {
  if (ops.at(index)?.index === index) return index
  let low = 0
  let high = ops.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ops.at(middle)!.index < index) low = middle + 1
    else high = middle
  }
  return low
}

function toldBy(at: number, ops: Ops): Told[] {
  const { value, node } = ops.at(at)!
  if (!Array.isArray(value)) return []
  const name = String(node)
  return value.filter(isObservation).map(observation => ({
    ...observation,
    at,
    node: name,
    isLeader: String(observation.leader) === name,
    asked: typeof observation.since === 'number' ? positionOf(observation.since, ops) : none,
  }))
}

export function readObservations(ops: Ops, table: OpTable): Observations {
  const told: Told[] = []
  const quorum: QuorumOpValue[] = []
  for (const at of table.others) {
    const { process, f, value } = ops.at(at)!
    if (process !== 'observer') continue
    if (f === 'observe') for (const one of toldBy(at, ops)) told.push(one)
    if (f === 'quorum' && isQuorum(value)) quorum.push(value)
  }
  return { told, quorum }
}

/** What was told of each key, in order. */
export function toldByKey({ told }: Observations): Map<Told['key'], Told[]> {
  const byKey = new Map<Told['key'], Told[]>()
  for (const one of told) {
    const known = byKey.get(one.key)
    if (known === undefined) byKey.set(one.key, [one])
    else known.push(one)
  }
  return byKey
}
