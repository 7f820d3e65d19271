/**
 * From a history to a judgement. False beats 'unknown' beats true; whatever goes wrong in judging, and
 * whatever was too little to judge, is 'unknown' with its reason. Never throws.
 */
import type { Ops } from '../history/op.ts'
import type { Checker, CheckResult } from './checker.ts'
import { availabilityOf } from './availability.ts'
import { coverageFigures, coverageOf } from './coverage.ts'
import { type Faults, readFaults } from './faults.ts'
import { belowFloors, type Figures, figuresOf } from './figures.ts'
import { buildHistoryIndex, type HistoryIndex } from './history-index.ts'
import { failed, invoked, ok, unknown } from './index/codes.ts'
import { wasDisturbed } from './disturbance.ts'
import { rebalancePauses } from './groups/group-figures.ts'
import { lagFigures } from './groups/lag.ts'
import { allowance, type Circumstances } from './policy.ts'
import { checkers as allCheckers, condense } from './registry.ts'
import { silenceReasons } from './silence.ts'
import type { Availability, Finding, Judgement, OpCounts, Valid } from './verdict.ts'

export interface JudgeOptions {
  /** All of the registry when missing. */
  readonly checkers?: readonly Checker[]
  /** Anomalies, or issues of known bugs, that are listed instead of convicting. */
  readonly accept?: readonly string[]
}

interface Ran extends CheckResult {
  readonly name: string
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Ops of clients by type; those of nemesis, observer and harness are not work. */
function opCounts({ table: { counts } }: HistoryIndex): OpCounts {
  const sum = (type: number): number => counts.reduce((sum, count, at) => sum + (at % 4 === type ? count : 0), 0)
  return { invoke: sum(invoked), ok: sum(ok), fail: sum(failed), info: sum(unknown) }
}

/** The same of what could not be indexed. */
function countOps(ops: Ops): OpCounts {
  const counts = { invoke: 0, ok: 0, fail: 0, info: 0 }
  for (const op of ops) if (typeof op?.process === 'number') counts[op.type]++
  return counts
}

function run(checker: Checker, index: HistoryIndex): Ran {
  try {
    return { name: checker.name, ...checker.check(index) }
  } catch (error) {
    return { name: checker.name, findings: [], unjudged: [`the checker itself failed: ${words(error)}`] }
  }
}

type Ruler = (finding: Finding) => string | undefined

/** Says why a finding is allowed in this run, if it is. */
function rulerOf(circumstances: Circumstances, accept: readonly string[]): Ruler {
  return finding => {
    const id = accept.find(id => id === finding.anomaly || id === finding.issue)
    if (id !== undefined) return `accepted: ${id}`
    return allowance(circumstances, finding.anomaly, finding.aspect)
  }
}

function ruled(findings: readonly Finding[], allowedBecause: Ruler): Finding[] {
  return condense(
    findings.map(finding => {
      const allowed = allowedBecause(finding)
      return allowed === undefined ? finding : { ...finding, allowed }
    }),
  )
}

/** What checkers could not judge, each sentence once with the names of all that say it. */
function unjudgedReasons(ran: readonly Ran[]): string[] {
  const names = new Map<string, string[]>()
  for (const { name, unjudged } of ran) {
    for (const sentence of unjudged) names.set(sentence, [...(names.get(sentence) ?? []), name])
  }
  return [...names].map(([sentence, who]) => `${who.join(', ')}: ${sentence}`)
}

/** Everything that may be asked a floor of. */
type AllFigures = Figures & Readonly<Record<string, number>>

function measured(index: HistoryIndex, faults: Faults, availability: Availability | undefined): AllFigures {
  const figures = figuresOf(index, faults)
  return {
    ...figures,
    ...(availability !== undefined && { longestStallMs: availability.longestStallMs }),
    ...(typeof availability?.recoveryMsMax === 'number' && { recoveryMsMax: availability.recoveryMsMax }),
    ...rebalancePauses(index),
    ...lagFigures(index),
    ...coverageFigures(coverageOf(index, faults, figures)),
  }
}

function reasonsOf(index: HistoryIndex, figures: AllFigures, faults: Faults): string[] {
  const { config } = index.marks
  return [...silenceReasons(index, figures), ...faults.reasons, ...belowFloors(figures, config?.floors)]
}

function validity(findings: readonly Finding[], reasons: readonly string[]): Valid {
  if (findings.some(({ allowed }) => allowed === undefined)) return false
  return reasons.length > 0 ? 'unknown' : true
}

function nothingJudged(ops: Ops, reason: string): Judgement {
  const none = { faults: [], findings: [], checkers: [] }
  return { valid: 'unknown', ops: countOps(ops), acknowledged: 0, ...none, reasons: [reason] }
}

function judgeIndexed(index: HistoryIndex, checkers: readonly Checker[], accept: readonly string[]): Judgement {
  const faults = readFaults(index.ops, index.table)
  const availability = availabilityOf(index, faults)
  const figures = measured(index, faults, availability)
  const ran = checkers.map(checker => run(checker, index))
  const { config } = index.marks
  const ruler = rulerOf({ config, disturbed: config?.acks === 1 && wasDisturbed(index, faults, figures) }, accept)
  const findings = ran.flatMap(({ findings }) => ruled(findings, ruler))
  const reasons = [...reasonsOf(index, figures, faults), ...unjudgedReasons(ran)]
  return {
    valid: validity(findings, reasons),
    ops: opCounts(index),
    acknowledged: figures.acknowledged,
    faults: faults.records,
    findings: [...findings.filter(({ allowed }) => !allowed), ...findings.filter(({ allowed }) => allowed)],
    reasons,
    figures,
    ...(availability !== undefined && { availability }),
    checkers: ran.map(({ name, findings, unjudged, omitted }) => ({
      name,
      findings: findings.length + (omitted ?? 0),
      unjudged,
    })),
  }
}

export function judge(ops: Ops, options: JudgeOptions = {}): Judgement {
  if (ops.length === 0) return nothingJudged(ops, 'the history is empty')
  try {
    return judgeIndexed(buildHistoryIndex(ops), options.checkers ?? allCheckers, options.accept ?? [])
  } catch (error) {
    return nothingJudged(ops, `the history could not be judged: ${words(error)}`)
  }
}
