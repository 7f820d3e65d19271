/** The simulated scenario: many seeds, one verdict. The first seed that fails is the one to look at. */
import { coveragePrefix } from '../checkers/coverage.ts'
import { mergeValid, type Finding, type OpCounts, type ScenarioVerdict } from '../checkers/verdict.ts'
import type { Op } from '../history/op.ts'
import { verifyCommand } from './checkout.ts'
import { coverageNames, logCoverage, uncovered, type CoverageName } from './coverage.ts'
import { anomaliesOf } from './judge-run.ts'
import { runSeeds } from './seed-pool.ts'
import type { SeedResult } from './seed-worker.ts'

export interface SeedRunOptions {
  readonly name: string
  /** What enough seeds must have gone through. */
  readonly mustCover?: readonly CoverageName[]
  readonly firstSeed: number
  readonly seeds: number
  readonly defect?: string
  /** What must have happened in one of many seeds, with the words for it; what coverage knows of any run when missing. */
  readonly accept: readonly string[]
  readonly signal: AbortSignal
  readonly onProgress: (line: string) => void
}

export interface SeedRun {
  readonly verdict: ScenarioVerdict
  /** Everything found, by anomaly, allowed or not. */
  readonly anomalies: Readonly<Record<string, number>>
  /** Of the first failing seed, else of the first seed. */
  readonly sample: { readonly seed: number; readonly ops: readonly Op[] } | undefined
}

/** Of what is allowed, a few examples say enough. */
const allowedExamples = 3
const seedsNamedMax = 10
const reasonsMax = 20

const namesOfCoverage = Object.keys(coverageNames) as CoverageName[]


/** What many seeds come to, added in their order. */
export class Tally {
  seeds = 0
  readonly ops: { -readonly [K in keyof OpCounts]: number } = { invoke: 0, ok: 0, fail: 0, info: 0 }
  acknowledged = 0
  simulatedMs = 0
  wallMs = 0
  events = 0
  faultsInjected = 0
  /** Seen in force. */
  faults = 0
  leaderChanges = 0
  opsUnderFault = 0
  /** Seeds with findings that convict. */
  readonly invalid: number[] = []
  /** Seeds in which it happened. */
  readonly covered = Object.fromEntries(namesOfCoverage.map((name) => [name, 0])) as Record<CoverageName, number>
  readonly anomalies: Record<string, number> = {}
  readonly allowed: Finding[] = []
  readonly unknown: string[] = []
  failing: SeedResult | undefined
  first: SeedResult | undefined

  add(result: SeedResult, firstSeed: number): void {
    const { judgement } = result
    this.seeds++
    for (const kind of ['invoke', 'ok', 'fail', 'info'] as const) this.ops[kind] += judgement.ops[kind]
    this.acknowledged += judgement.acknowledged
    this.simulatedMs += result.simulatedMs
    this.wallMs += result.wallMs
    this.events += result.events
    for (const name of namesOfCoverage) if (result.coverage[name] > 0) this.covered[name]++
    const figures = judgement.figures ?? {}
    this.faultsInjected += judgement.faults.length
    this.faults += figures['faults'] ?? 0
    this.leaderChanges += figures['leaderChanges'] ?? 0
    this.opsUnderFault += figures['opsUnderFault'] ?? 0
    for (const [name, count] of Object.entries(anomaliesOf(judgement))) this.#found(name, count)
    for (const finding of judgement.findings) if (finding.allowed !== undefined) this.#example(finding)
    if (judgement.valid === 'unknown') this.unknown.push(...judgement.reasons.map((reason) => `seed ${result.seed}: ${reason}`))
    if (judgement.valid === false) {
      this.invalid.push(result.seed)
      this.failing ??= result
    }
    if (result.seed === firstSeed) this.first = result
  }

  #found(anomaly: string, count: number): void {
    this.anomalies[anomaly] = (this.anomalies[anomaly] ?? 0) + count
  }

  #example(finding: Finding): void {
    if (this.allowed.filter(({ anomaly }) => anomaly === finding.anomaly).length < allowedExamples) this.allowed.push(finding)
  }

  /** Of all seeds, those in which it happened. */
  #shares(names: readonly CoverageName[]): Record<string, number> {
    const share = (name: CoverageName): number => Math.round((this.covered[name] / Math.max(1, this.seeds)) * 1000) / 1000
    return Object.fromEntries(names.map((name) => [`${coveragePrefix}${name}`, share(name)]))
  }

  figures(names: readonly CoverageName[] = logCoverage): Record<string, number> {
    const wallSeconds = this.wallMs / 1000
    return {
      simulatedSeconds: Math.round(this.simulatedMs / 1000),
      simulatedSecondsPerCoreSecond: wallSeconds === 0 ? 0 : Math.round(this.simulatedMs / 1000 / wallSeconds),
      events: this.events,
      faultsInjected: this.faultsInjected,
      faults: this.faults,
      leaderChanges: this.leaderChanges,
      ...this.#shares(names),
      opsUnderFaultShare: this.ops.invoke === 0 ? 0 : Math.round((this.opsUnderFault / this.ops.invoke) * 1000) / 1000,
    }
  }
}

export async function runSimulated(options: SeedRunOptions): Promise<SeedRun> {
  const { firstSeed, seeds, defect, accept, signal } = options
  const tally = new Tally()
  await runSeeds({
    scenario: options.name,
    first: firstSeed,
    count: seeds,
    accept,
    signal,
    ...(defect !== undefined && { defect, until: ({ judgement }: SeedResult) => judgement.valid === false }),
    onResult: (result) => {
      tally.add(result, firstSeed)
      const found = tally.invalid.length === 0 ? 'nothing found' : `findings in ${tally.invalid.length} seeds: ${named(tally.invalid)}`
      options.onProgress(`${tally.seeds} of ${seeds} seeds, ${tally.acknowledged} acknowledged, ${tally.faults} faults; ${found}`)
    },
  })
  return { verdict: verdictOf(tally, options), anomalies: tally.anomalies, sample: sampleOf(tally) }
}

function named(seeds: readonly number[]): string {
  const more = seeds.length > seedsNamedMax ? `, and ${seeds.length - seedsNamedMax} more` : ''
  return `${seeds.slice(0, seedsNamedMax).join(', ')}${more}`
}

function sampleOf({ failing, first }: Tally): SeedRun['sample'] {
  const from = failing ?? first
  return from?.history === undefined ? undefined : { seed: from.seed, ops: from.history }
}

export function verdictOf(tally: Tally, options: SeedRunOptions): ScenarioVerdict {
  const { failing, unknown } = tally
  const shown = (failing ?? tally.first)?.judgement
  const short = tally.seeds < options.seeds && failing === undefined ? [`only ${tally.seeds} of ${options.seeds} seeds ran`] : []
  const missed = options.defect === undefined ? uncovered(tally.covered, tally.seeds, options.mustCover) : []
  const faultless = tally.faults === 0 && tally.seeds > 1 ? ['no fault was ever in force'] : []
  const reasons = [...short, ...faultless, ...missed, ...unknown]
  const more = reasons.length > reasonsMax ? [`and ${reasons.length - reasonsMax} more`] : []
  const defect = options.defect === undefined ? '' : ` --defect ${options.defect}`
  return {
    name: options.name,
    target: 'simulated',
    valid: mergeValid([failing === undefined, reasons.length === 0 ? true : 'unknown']),
    seeds: tally.seeds,
    ops: tally.ops,
    acknowledged: tally.acknowledged,
    faults: shown?.faults ?? [],
    ...(shown?.availability !== undefined && { availability: shown.availability }),
    findings: [...(failing?.judgement.findings.filter(({ allowed }) => allowed === undefined) ?? []), ...tally.allowed],
    reasons: [...reasons.slice(0, reasonsMax), ...more],
    figures: tally.figures(options.mustCover),
    ...(failing !== undefined && {
      failure: {
        seed: failing.seed,
        command: `${verifyCommand} --scenario ${options.name} --seed ${failing.seed} --seeds 1${defect}`,
        story: failing.story,
      },
    }),
  }
}
