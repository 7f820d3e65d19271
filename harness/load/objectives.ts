/** Service level objectives as data: what a load run has to reach, and whether it did. Less is better, everywhere. */
import type { Finding, Objective, ScenarioVerdict } from '../../checkers/verdict.ts'
import { isObject, readDocument } from '../read-document.ts'
import { UserError } from '../exit-codes.ts'
import type { Measured } from './measure.ts'

/** Milliseconds, records, or shares from 0 to 1; what is missing is measured and not judged. */
export interface Objectives {
  readonly produceP99Ms?: number
  readonly endToEndP99Ms?: number
  readonly longestStallMs?: number
  readonly recoveryMs?: number
  readonly lost?: number
  readonly duplicated?: number
  /** Of k6's requests: refused or not answered. */
  readonly failedShare?: number
  /** Of the requests that were due: not begun, because too many were open. */
  readonly droppedShare?: number
}

const names = ['produceP99Ms', 'endToEndP99Ms', 'longestStallMs', 'recoveryMs', 'lost', 'duplicated', 'failedShare', 'droppedShare'] as const
export type ObjectiveName = (typeof names)[number]

/** Of a run in which nothing is broken on purpose. */
export const calmObjectives: Objectives = {
  produceP99Ms: 500, endToEndP99Ms: 1000, longestStallMs: 2000, lost: 0, duplicated: 0, failedShare: 0, droppedShare: 0.01,
}

/** Of a run with faults: it may stand still as long as the cluster may take to recover. */
export function objectivesUnderFaults(recoveryMs: number): Objectives {
  return { longestStallMs: recoveryMs, recoveryMs, lost: 0, duplicated: 0 }
}

/** From a JSON file, `{"objectives": {…}}`; it replaces single limits, and null takes one away. Throws a UserError. */
export function readObjectives(file: string, base: Objectives): Objectives {
  const { objectives: told } = readDocument<{ readonly objectives: Readonly<Record<string, unknown>> }>(file, 'objectives', (document) => isObject(document['objectives']))
  const limits: { -readonly [Name in ObjectiveName]?: number } = { ...base }
  for (const [name, limit] of Object.entries(told)) {
    const known = names.find((each) => each === name)
    if (known === undefined) throw new UserError(`${file}: there is no objective ${name}; there are ${names.join(', ')}.`)
    if (limit === null) delete limits[known]
    else if (typeof limit !== 'number' || !(limit >= 0)) throw new UserError(`${file}: ${name} is a number from 0, or null.`)
    else limits[known] = limit
  }
  return limits
}

export interface JudgedRun {
  readonly verdict: Pick<ScenarioVerdict, 'availability' | 'acknowledged'>
  /** Everything found, by anomaly. */
  readonly anomalies: Readonly<Record<string, number>>
  /** The load tool's own, by name: `http_req_failed.rate`, …. */
  readonly summary?: Readonly<Record<string, number>> | undefined
}

const losses = ['lost-write', 'unseen', 'vanished-read'] as const

/** All of them that have a limit, in a fixed order. */
export function judgeObjectives(objectives: Objectives, measured: Measured, { verdict, anomalies, summary = {} }: JudgedRun): Objective[] {
  const { availability, acknowledged } = verdict
  // One lost record may be found by each of them.
  const lost = Math.max(...losses.map((name) => anomalies[name] ?? 0))
  const values: Readonly<Record<ObjectiveName, number | null>> = {
    produceP99Ms: measured.produce.p99Ms,
    endToEndP99Ms: measured.endToEnd.p99Ms,
    longestStallMs: availability?.longestStallMs ?? null,
    recoveryMs: availability?.recoveryMsMax ?? null,
    lost: acknowledged === 0 ? null : lost,
    duplicated: acknowledged === 0 ? null : (anomalies['duplicate'] ?? 0),
    failedShare: summary['http_req_failed.rate'] ?? null,
    droppedShare: droppedShareOf(summary),
  }
  return names.flatMap((name) => {
    const limit = objectives[name]
    if (limit === undefined) return []
    const value = values[name]
    // Where no fault was healed there is no recovery that could have been too slow.
    const isMet = value === null ? name === 'recoveryMs' : value <= limit
    return [{ name, limit, measured: value === null ? null : Math.round(value * 1000) / 1000, isMet }]
  })
}

function droppedShareOf(summary: Readonly<Record<string, number>>): number | null {
  const done = summary['iterations.count']
  const dropped = summary['dropped_iterations.count'] ?? 0
  return done === undefined ? null : dropped / Math.max(1, done + dropped)
}

/** One finding for each that was missed. */
export function missed(objectives: readonly Objective[]): Finding[] {
  return objectives.filter(({ isMet }) => !isMet).map(({ name, limit, measured }) => ({
    anomaly: 'slo-missed',
    guarantees: [],
    message: measured === null ? `${name} could not be measured; at most ${limit} is demanded` : `${name} was ${measured}; at most ${limit} is demanded`,
    witness: [],
  }))
}
