/** A history as the rows that the charts draw. Down-samples, so that the size of a report is bounded. */
import type { FaultRecord, Finding } from '../checkers/verdict.ts'
import type { Ops } from '../history/op.ts'
import { faultBands, type FaultBand } from './faults.ts'
import { groupsOf, type Groups } from './groups.ts'
import { latencyOf, rounded, type Latency } from './latency.ts'
import { loadOf, type Load } from './load.ts'
import { leadershipOf, type Leadership } from './leadership.ts'
import { replicationOf, type Replication } from './replication.ts'
import { secondsOf } from './op-value.ts'
import { lookupIn } from './scenario-history.ts'
import { throughputOf, type Throughput } from './throughput.ts'

/** A phase of the run beginning at `t` seconds. */
export interface PhaseMark {
  readonly t: number
  readonly phase: string
}

/** A finding from the first to the last op of its witness, `t` to `to` seconds. */
export interface FindingMark {
  readonly t: number
  readonly to: number
  /** Which row of the strip it stands in: that of its anomaly while these are few. */
  readonly lane: string
  readonly anomaly: string
  readonly message: string
}

export interface Prepared {
  /** Where the time axis ends, in seconds of the run; above 0. */
  readonly endSeconds: number
  readonly latency: Latency
  readonly throughput: Throughput
  readonly load: Load
  readonly faults: readonly FaultBand[]
  readonly findings: readonly FindingMark[]
  readonly leadership: Leadership
  readonly replication: Replication
  readonly groups: Groups
  readonly phases: readonly PhaseMark[]
}

export interface PrepareOptions {
  /** The faults to shade. */
  readonly faults: readonly FaultRecord[]
  /** The findings to mark: only ones made in this very history. */
  readonly findings: readonly Finding[]
  /** Above this many operations the latencies become quantiles. */
  readonly maxPoints: number
}

const mostFindings = 100
const mostFindingLanes = 6

/** undefined when the history holds no times to draw over. */
export function prepare(ops: Ops, { faults, findings, maxPoints }: PrepareOptions): Prepared | undefined {
  let last: number | undefined
  for (const op of ops) last = Math.max(last ?? 0, secondsOf(op.time) ?? 0)
  if (last === undefined || last <= 0) return undefined
  const endSeconds = rounded(last) || last
  return {
    endSeconds,
    latency: latencyOf(ops, { maxPoints, endSeconds }),
    throughput: throughputOf(ops, endSeconds),
    load: loadOf(ops),
    faults: faultBands(faults, endSeconds),
    findings: findingMarks(ops, findings),
    leadership: leadershipOf(ops, endSeconds),
    replication: replicationOf(ops, endSeconds),
    groups: groupsOf(ops, endSeconds),
    phases: phasesOf(ops),
  }
}

function phasesOf(ops: Ops): PhaseMark[] {
  const marks: PhaseMark[] = []
  for (const { f, process, time, value } of ops) {
    const t = f === 'phase' && process === 'harness' ? secondsOf(time) : undefined
    if (t !== undefined && typeof value === 'string') marks.push({ t: rounded(t), phase: value })
  }
  return marks
}

function findingMarks(ops: Ops, findings: readonly Finding[]): FindingMark[] {
  const lookup = lookupIn(ops)
  const isFew = new Set(findings.map(({ anomaly }) => anomaly)).size <= mostFindingLanes
  return findings.slice(0, mostFindings).flatMap(({ anomaly, message, witness }) => {
    const times = witness.flatMap(({ op }) => secondsOf(lookup(op)?.time ?? null) ?? [])
    if (times.length === 0) return []
    const [t, to] = [rounded(Math.min(...times)), rounded(Math.max(...times))]
    return [{ t, to, lane: isFew ? anomaly : 'findings', anomaly, message: message.slice(0, 300) }]
  })
}
