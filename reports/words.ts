/** How a verdict is said in words: the same words in the terminal, HTML, JUnit and Markdown. */
import type { Finding, ScenarioVerdict, Valid, Verdict } from '../checkers/verdict.ts'
import { compactJson } from './escape.ts'

export function verdictWord(valid: Valid): string {
  if (valid === 'unknown') return 'unknown'
  return valid ? 'valid' : 'INVALID'
}

export function verdictMark(valid: Valid): string {
  if (valid === 'unknown') return '?'
  return valid ? '✓' : '✗'
}

/** Findings that convict: those the configuration does not allow. */
export function convicting(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter((finding) => finding.allowed === undefined)
}

export function allowed(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter((finding) => finding.allowed !== undefined)
}

/** `lost-write`; with the aspect and the issue of a known bug: `torn-transaction (late), KAFKA-17754`. */
export function findingTitle({ anomaly, aspect, issue }: Finding): string {
  return `${anomaly}${aspect === undefined ? '' : ` (${aspect})`}${issue === undefined ? '' : `, ${issue}`}`
}

/** `breaks DUR-1, DUR-3`; empty for a finding that breaks no promise by name. */
export function breaksWhat({ guarantees }: Finding): string {
  return guarantees.length === 0 ? '' : `breaks ${guarantees.join(', ')}`
}

/** `blamed on the broker`; empty where nobody can tell. */
export function blamedOn({ blame }: Finding): string {
  return blame === undefined ? '' : `blamed on the ${blame}`
}

/**
 * Everything found, where a verdict counts more than it lists (it lists the smallest findings of each anomaly):
 * `lost-write 1,203, duplicate 3`; empty where the list is complete.
 */
export function countedBeyondList({ anomalies, scenarios }: Verdict): string {
  const counted = Object.entries(anomalies)
  const total = counted.reduce((sum, [, times]) => sum + times, 0)
  const listed = scenarios.reduce((sum, { findings }) => sum + findings.length, 0)
  return total > listed ? counted.map(([anomaly, times]) => `${anomaly} ${formatCount(times)}`).join(', ') : ''
}

/** The first `limit` findings, taking one of each anomaly before a second of any. */
export function pickFindings(findings: readonly Finding[], limit: number): readonly Finding[] {
  const seen = new Map<string, number>()
  const ranked = findings.map((finding, at) => {
    const rank = seen.get(finding.anomaly) ?? 0
    seen.set(finding.anomaly, rank + 1)
    return { finding, at, rank }
  })
  const picked = ranked.sort((a, b) => a.rank - b.rank || a.at - b.at).slice(0, limit)
  return picked.map(({ finding }) => finding)
}

/** `3 of 4`, or `none` where no fault was injected. Of many seeds all faults count, though only those of one seed are listed. */
export function faultsInForce(scenarios: readonly Pick<ScenarioVerdict, 'faults' | 'figures' | 'seeds'>[]): string {
  let injected = 0
  let inForce = 0
  for (const { faults, figures, seeds } of scenarios) {
    const { faultsInjected, faults: faultsSeen = 0 } = figures
    const isCounted = seeds > 1 && faultsInjected !== undefined
    injected += isCounted ? faultsInjected : faults.length
    inForce += isCounted ? faultsSeen : faults.filter((fault) => fault.inForce).length
  }
  return injected === 0 ? 'none' : `${formatCount(inForce)} of ${formatCount(injected)}`
}

/** `lost-write 2, poll-skip 1`, in order of appearance. */
export function anomalyCounts(findings: readonly Finding[]): string {
  const counts = new Map<string, number>()
  for (const { anomaly } of findings) counts.set(anomaly, (counts.get(anomaly) ?? 0) + 1)
  return [...counts].map(([anomaly, times]) => `${anomaly} ${times}`).join(', ')
}

/** Evidence as a person reads it: `exit SIGKILL, connect refused`; names within names are joined by dots. */
export function evidenceText(evidence: unknown): string {
  const parts = evidenceParts(evidence, '')
  const text = parts.join(', ')
  return text.length <= mostEvidence ? text : `${text.slice(0, mostEvidence - 1)}…`
}

const mostEvidence = 300
const mostParts = 12
const deepest = 4

/** Measured numbers are told as precisely as they matter. */
function scalarText(value: unknown): string {
  return typeof value === 'number' && !Number.isInteger(value) ? String(Math.round(value * 10) / 10) : String(value)
}

function evidenceParts(evidence: unknown, name: string, depth = 0): string[] {
  if (evidence === null || evidence === undefined) return []
  if (typeof evidence !== 'object' || depth === deepest) {
    const text = typeof evidence === 'object' ? compactJson(evidence, 100) : scalarText(evidence)
    return [name === '' ? text : `${name} ${text}`]
  }
  const entries = Object.entries(evidence).slice(0, mostParts)
  const isList = Array.isArray(evidence)
  if (isList && entries.every(([, each]) => typeof each !== 'object')) {
    return [`${name === '' ? '' : `${name} `}${entries.map(([, each]) => scalarText(each)).join(' ')}`]
  }
  return entries.flatMap(([inner, each]) => {
    const full = isList ? name : name === '' ? inner : `${name}.${inner}`
    return evidenceParts(each, full, depth + 1)
  })
}

/** `12,345`; up to three decimals where it has any. */
export function formatCount(value: number): string {
  return Number.isFinite(value) ? value.toLocaleString('en-US') : String(value)
}

/** `12,345`, or `3.48M` from a million on. */
export function formatShort(value: number): string {
  if (!(Math.abs(value) >= 1e6) || !Number.isFinite(value)) return formatCount(value)
  return value.toLocaleString('en-US', { notation: 'compact', maximumSignificantDigits: 3 })
}

/** `840 ms`, `12.3 s`, `3 min 5 s`. */
export function formatDuration(durationMs: number): string {
  if (!Number.isFinite(durationMs)) return 'unknown time'
  if (Math.abs(durationMs) < 1000) return `${formatMs(durationMs)} ms`
  if (Math.abs(durationMs) < 60_000) return `${(durationMs / 1000).toFixed(1)} s`
  const wholeSeconds = Math.round(durationMs / 1000)
  return `${Math.floor(wholeSeconds / 60)} min ${wholeSeconds % 60} s`
}

/** Milliseconds with as many decimals as are worth reading. */
export function formatMs(valueMs: number): string {
  if (Math.abs(valueMs) >= 100 || Number.isInteger(valueMs)) return String(Math.round(valueMs))
  return valueMs.toFixed(Math.abs(valueMs) >= 10 ? 1 : 2)
}

/** A time of the run as `41.207 s`; `no time` where the history has none. */
export function formatTime(timeNs: number | null): string {
  return timeNs === null || !Number.isFinite(timeNs) ? 'no time' : `${(timeNs / 1e9).toFixed(3)} s`
}

/** `leaderChanges` as `leader changes`; `latencyMsMax` as `latency ms max`. */
export function figureName(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase()
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

/**
 * What the consumer groups of a scenario went through: `11 rebalances, the longest pause 798 ms, 3 members fenced, 6
 * coordinator changes, 605 offsets committed, up to 1,243 records behind and 0 at the end`; empty where there were none, or where figures are shares of many seeds.
 */
export function groupSentence({ figures, seeds }: Pick<ScenarioVerdict, 'figures' | 'seeds'>): string {
  const { rebalancePauseMsMax: pauseMs } = figures
  const counted = (name: string): number => figures[`coverage.${name}`] ?? 0
  if (pauseMs === undefined || seeds > 1) return ''
  const restarts = counted('staticRestarts')
  const putAside = counted('putAside')
  const { groupLagMax: lagMax = 0, groupLagEnd: lagEnd = 0 } = figures
  return [
    `${plural(counted('rebalances'), 'rebalance')}, the longest pause ${formatDuration(pauseMs)}`,
    `${plural(counted('fencedMembers'), 'member')} fenced`,
    plural(counted('coordinatorChanges'), 'coordinator change'),
    `${plural(counted('commits'), 'offset')} committed`,
    ...(restarts > 0 ? [plural(restarts, 'static restart')] : []),
    ...(lagMax > 0 ? [`up to ${plural(lagMax, 'record')} behind and ${formatCount(lagEnd)} at the end`] : []),
    ...(putAside > 0 ? [`${plural(putAside, 'record')} put aside`, `${plural(counted('deadLetters'), 'dead letter')} read`] : []),
  ].join(', ')
}

function countByValid(verdict: Verdict, valid: Valid): number {
  return verdict.scenarios.filter((scenario) => scenario.valid === valid).length
}

/** The whole verdict in one sentence, without the word for it and without a full stop. */
export function verdictSentence(verdict: Verdict): string {
  const all = verdict.scenarios
  const invalid = countByValid(verdict, false)
  const unknown = countByValid(verdict, 'unknown')
  if (invalid > 0) {
    const found = anomalyCounts(all.flatMap((scenario) => convicting(scenario.findings)))
    const rest = unknown > 0 ? `; ${unknown} more could not be judged` : ''
    return `${invalid} of ${plural(all.length, 'scenario')} broke a promise${found && `: ${found}`}${rest}`
  }
  if (unknown > 0) return `${unknown} of ${plural(all.length, 'scenario')} could not be judged`
  if (all.length === 0) return 'no scenario was run'
  if (verdict.valid !== true) return 'the run as a whole was not accepted, though each scenario was'
  const records = all.reduce((sum, { acknowledged }) => sum + acknowledged, 0)
  const inForce = faultsInForce(all)
  const broken = inForce === 'none' ? 'no fault was injected' : `${inForce} faults seen in force`
  const kept = `every promise was kept in ${plural(all.length, 'scenario')}`
  return `${kept}: ${plural(records, 'acknowledged record')}, ${broken}`
}
