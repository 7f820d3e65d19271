/**
 * What a configuration lawfully allows, as a table with reasons. Asked for (anomaly, aspect), never for
 * single findings: a checker may leave findings out once it has shown one of each aspect. What is allowed
 * is listed and does not convict. A config op that is missing, or a field of it, is taken at its strictest.
 * A known bug is not allowed here, ever.
 *
 * acks=1 excuses losses only in a run in which something happened that loses records: a fault in force, or a leader
 * change (disturbance.ts). A run beyond the promises, such as one in which too many replicas lose power, says so itself.
 *
 * Jepsen's two cycles: G0 is always allowed, and so is G1c as far as it needs the order of records in keys, because nothing
 * isolates writes; G1c without it never is. What readers of what is uncommitted see is told apart per reader.
 *
 * Against Jepsen's function: duplicates and reordering without idempotence are excused here (there they
 * always fail); poll-skip and nonmonotonic-poll under subscribe are excused per consumer that subscribed
 * (there for the whole test).
 */
import type { RunConfig } from '../history/op.ts'

export type Condition =
  | 'always'
  | 'acks=0'
  | 'acks=1, disturbed'
  | 'not idempotent'
  | 'at most once'
  | 'at least once'
  | 'unclean election'
  | 'beyond promises'

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
const uncommitted = 'read_uncommitted consumers see records of transactions that are aborted later'
const outside = 'a transaction ends at the log: what was done outside stays done when its input is read once more (TXN-7)'
const mostOnce = 'at most once: a crash between the commit and the work skips records'
const leastOnce = 'at least once: a crash between the work and the commit repeats records'
const deposed = 'a coordinator that was deposed and has not heard of it tells what it knew: commits are fenced, reading them is not'
const grown = 'partitions were added, and with their number the partition of a key may change'

const lossy: readonly (readonly [anomaly: string, aspect?: string])[] = [
  ['lost-write'],
  ['unseen'],
  ['inconsistent-offsets', 'acknowledged'],
  ['stale-offset-ack', 'acknowledged'],
  ['nonmonotonic-send', 'lost'],
  ['int-nonmonotonic-send', 'lost'],
  ['poll-skip', 'lost'],
  ['int-poll-skip', 'lost'],
  ['skipped-record'],
  ['undrained-lag'],
]

/** How it looks when a log that was acknowledged or read is cut, and written anew by a later leader. */
const truncating: readonly (readonly [anomaly: string, aspect?: string])[] = [
  ['lost-write'],
  ['unseen'],
  ['vanished-read'],
  ['duplicate'],
  ['inconsistent-offsets'],
  ['poll-skip'],
  ['nonmonotonic-poll'],
  ['int-poll-skip'],
  ['int-nonmonotonic-poll'],
  ['nonmonotonic-send'],
  ['int-nonmonotonic-send'],
  ['stale-offset-ack'],
  ['leader-epoch-regression'],
  ['G1b'],
  ['G1c'],
  ['torn-transaction'],
  ['G1a'],
  ['stuck-transaction'],
  ['exactly-once-violation'],
  ['bank-imbalance'],
  ['high-watermark-regression', 'other-leader'],
  ['read-beyond-high-watermark', 'other-leader'],
  ['skipped-record'],
  ['reprocessed-record'],
  ['offset-regression'],
  ['lost-commit'],
  ['wrong-start'],
  ['undrained-lag'],
]

function rows(condition: Condition, cases: typeof lossy, reason: string): PolicyRow[] {
  return cases.map(([anomaly, aspect]) => {
    return { condition, anomaly, ...(aspect !== undefined && { aspect }), reason }
  })
}

export const policy: readonly PolicyRow[] = [
  { condition: 'always', anomaly: 'int-send-skip', reason: interleaved },
  { condition: 'always', anomaly: 'poll-skip', aspect: 'subscribed', reason: moved },
  { condition: 'always', anomaly: 'nonmonotonic-poll', aspect: 'subscribed', reason: moved },
  { condition: 'always', anomaly: 'key-moved', aspect: 'grown', reason: grown },
  { condition: 'always', anomaly: 'repeated-side-effect', aspect: 'plain', reason: outside },
  { condition: 'always', anomaly: 'skipped-record', aspect: 'at-most-once', reason: mostOnce },
  { condition: 'always', anomaly: 'lost-dead-letter', aspect: 'at-most-once', reason: mostOnce },
  { condition: 'always', anomaly: 'reprocessed-record', aspect: 'at-least-once', reason: leastOnce },
  { condition: 'always', anomaly: 'offset-regression', aspect: 'stale', reason: deposed },
  { condition: 'always', anomaly: 'G1a', aspect: 'uncommitted', reason: uncommitted },
  ...rows('acks=0', lossy, nothing),
  ...rows('acks=1, disturbed', lossy, leaderOnly),
  { condition: 'not idempotent', anomaly: 'duplicate', reason: retried },
  { condition: 'not idempotent', anomaly: 'nonmonotonic-send', aspect: 'pipelined', reason: overtaken },
  { condition: 'not idempotent', anomaly: 'int-nonmonotonic-send', reason: overtaken },
  { condition: 'always', anomaly: 'precommitted-read', aspect: 'uncommitted', reason: uncommitted },
  { condition: 'always', anomaly: 'G0', reason: interleaved },
  ...['ww', 'ww-process', 'ww-realtime'].map(aspect => {
    return { condition: 'always', anomaly: 'G1c', aspect, reason: interleaved } as const
  }),
  { condition: 'always', anomaly: 'G1c', aspect: 'uncommitted', reason: uncommitted },
  { condition: 'at most once', anomaly: 'exactly-once-violation', aspect: 'missing', reason: mostOnce },
  { condition: 'at least once', anomaly: 'exactly-once-violation', aspect: 'repeated', reason: leastOnce },
  ...rows('unclean election', truncating, unclean),
  ...rows('beyond promises', truncating, beyond),
]

/** What a run is asked about. */
export interface Circumstances {
  /** Undefined when the history has no config op. */
  readonly config: RunConfig | undefined
  /** Something happened by which acks=1 may lose records. */
  readonly disturbed: boolean
}

/** The conditions that a run meets. */
export function conditionsOf({ config, disturbed }: Circumstances): ReadonlySet<Condition> {
  const met = new Set<Condition>(['always'])
  if (config?.acks === 0) met.add('acks=0')
  if (config?.acks === 1 && disturbed) met.add('acks=1, disturbed')
  if (config?.idempotence === false) met.add('not idempotent')
  if (config?.['delivery'] === 'at-most-once') met.add('at most once')
  if (config?.['delivery'] === 'at-least-once') met.add('at least once')
  if (config?.uncleanLeaderElection === true) met.add('unclean election')
  if (typeof config?.beyondPromises === 'string') met.add('beyond promises')
  return met
}

/** Why an anomaly in this aspect is allowed in such a run, or undefined when it convicts. */
export function allowance(circumstances: Circumstances, anomaly: string, aspect = ''): string | undefined {
  const met = conditionsOf(circumstances)
  const row = policy.find(
    row =>
      row.anomaly === anomaly &&
      met.has(row.condition) &&
      (row.aspect === undefined || row.aspect === aspect),
  )
  if (row === undefined) return undefined
  const { beyondPromises = '' } = circumstances.config ?? {}
  return row.condition === 'beyond promises' ? `${row.reason}: ${beyondPromises}` : row.reason
}
