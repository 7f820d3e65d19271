/**
 * What a configuration lawfully allows, as a table with reasons. Asked for (anomaly, aspect), never for
 * single findings: a checker may leave findings out once it has shown one of each aspect. What is allowed
 * is listed and does not convict. A config op that is missing, or a field of it, is taken at its strictest.
 * A known bug is not allowed here, ever.
 *
 * Against Jepsen's function: duplicates and reordering without idempotence are excused here (there they
 * always fail); poll-skip and nonmonotonic-poll under subscribe are excused per consumer that subscribed
 * (there for the whole test).
 */
import type { RunConfig } from '../history/op.ts'

export type Condition = 'always' | 'acks=0' | 'acks=1' | 'not idempotent' | 'unclean election' | 'beyond promises'

export interface PolicyRow {
  readonly condition: Condition
  readonly anomaly: string
  /** Only findings of this aspect; all when missing. */
  readonly aspect?: string
  readonly reason: string
}

const interleaved = 'nothing isolates the writes of one client from another'
const leaderOnly = 'acks=1 promises a record only while the leader that answered keeps it'
const nothing = 'acks=0 promises nothing'
const retried = 'without idempotence a retry can append a record again'
const overtaken = 'without idempotence a retried record can be overtaken by one in flight behind it'
const unclean = 'an unclean election cuts off what the new leader does not have, and uses its offsets again'
const moved = 'a subscribed consumer resumes where its group had committed, which a rebalance can move'
const beyond = 'the run went beyond what is promised'

const lossy: readonly (readonly [anomaly: string, aspect?: string])[] = [
  ['lost-write'],
  ['unseen'],
  ['inconsistent-offsets', 'acknowledged'],
  ['nonmonotonic-send', 'lost'],
  ['int-nonmonotonic-send', 'lost'],
  ['poll-skip', 'lost'],
  ['int-poll-skip', 'lost'],
]

const truncating: readonly string[] = [
  'lost-write',
  'unseen',
  'duplicate',
  'inconsistent-offsets',
  'poll-skip',
  'nonmonotonic-poll',
  'int-poll-skip',
  'int-nonmonotonic-poll',
  'nonmonotonic-send',
  'int-nonmonotonic-send',
]

function lossyRows(condition: Condition, reason: string): PolicyRow[] {
  return lossy.map(([anomaly, aspect]) => {
    return { condition, anomaly, ...(aspect !== undefined && { aspect }), reason }
  })
}

export const policy: readonly PolicyRow[] = [
  { condition: 'always', anomaly: 'int-send-skip', reason: interleaved },
  { condition: 'always', anomaly: 'poll-skip', aspect: 'subscribed', reason: moved },
  { condition: 'always', anomaly: 'nonmonotonic-poll', aspect: 'subscribed', reason: moved },
  ...lossyRows('acks=0', nothing),
  ...lossyRows('acks=1', leaderOnly),
  { condition: 'not idempotent', anomaly: 'duplicate', reason: retried },
  { condition: 'not idempotent', anomaly: 'nonmonotonic-send', aspect: 'pipelined', reason: overtaken },
  { condition: 'not idempotent', anomaly: 'int-nonmonotonic-send', reason: overtaken },
  ...truncating.map(anomaly => ({ condition: 'unclean election' as const, anomaly, reason: unclean })),
  ...truncating.map(anomaly => ({ condition: 'beyond promises' as const, anomaly, reason: beyond })),
]

/** The conditions that a configuration meets. */
export function conditionsOf(config: RunConfig | undefined): ReadonlySet<Condition> {
  const met = new Set<Condition>(['always'])
  if (config?.acks === 0) met.add('acks=0')
  if (config?.acks === 1) met.add('acks=1')
  if (config?.idempotence === false) met.add('not idempotent')
  if (config?.uncleanLeaderElection === true) met.add('unclean election')
  if (typeof config?.beyondPromises === 'string') met.add('beyond promises')
  return met
}

/** Why this configuration allows an anomaly in this aspect, or undefined when it convicts. */
export function allowance(config: RunConfig | undefined, anomaly: string, aspect = ''): string | undefined {
  const met = conditionsOf(config)
  const row = policy.find(
    row =>
      row.anomaly === anomaly &&
      met.has(row.condition) &&
      (row.aspect === undefined || row.aspect === aspect),
  )
  if (row === undefined) return undefined
  return row.condition === 'beyond promises' ? `${row.reason}: ${config?.beyondPromises ?? ''}` : row.reason
}
