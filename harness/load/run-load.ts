/** `tribunal load`: a trial under load, judged as every trial is, held against the load tool's own word, and measured. */
import type { Finding, ScenarioVerdict, Valid, Verdict } from '../../checkers/verdict.ts'
import type { Ops } from '../../history/op.ts'
import type { ScenarioHistory } from '../../reports/scenario-history.ts'
import { apacheKafka } from '../apache-kafka/kafka-recipe.ts'
import { brokerCommand } from '../broker-command.ts'
import { profiles, type Profile } from '../profile.ts'
import { runExternal, type ExternalCluster } from '../run-external.ts'
import type { JudgedPart } from '../judge-run.ts'
import { runOnProcesses } from '../run-processes.ts'
import { runFacts, type RunStore } from '../run-store.ts'
import { referenceBroker } from '../targets/broker-recipe.ts'
import type { TrialPlan } from '../trial.ts'
import type { BrokerName } from '../verify.ts'
import { K6Driver } from './k6-driver.ts'
import type { K6 } from './k6-binary.ts'
import type { K6Thresholds, ScriptName } from './k6-process.ts'
import type { LoadDriver } from './load-workload.ts'
import { NativeDriver } from './native-driver.ts'
import { loadPlan, loadScenario } from './load-plan.ts'
import { measure, type Measured } from './measure.ts'
import { judgeObjectives, missed, type Objectives } from './objectives.ts'

export interface LoadOptions {
  /** Our own generator with so many threads, when there is none. */
  readonly k6: K6 | undefined
  readonly workers: number
  readonly script: ScriptName
  readonly timeMs: number
  readonly recordsPerSecond: number
  readonly batch: number
  readonly valueSizeBytes: number
  readonly partitions: number
  readonly readers: number
  readonly nemesis: string | undefined
  readonly broker: BrokerName
  readonly external: ExternalCluster | undefined
  readonly defect: string | undefined
  readonly objectives: Objectives
  readonly thresholds: K6Thresholds
  readonly seed: number
  readonly accept: readonly string[]
  readonly store: RunStore
  readonly signal: AbortSignal
  readonly onProgress: (line: string) => void
  /** As given on the command line, for run.json. */
  readonly given: Readonly<Record<string, unknown>>
}

export interface Loaded {
  readonly verdict: Verdict
  readonly histories: readonly ScenarioHistory[]
  readonly measured: Measured
}

const recordKeysPerPartition = 8
const topics = 2
/** Requests that may be open: a stall of this long does not keep the next ones from being begun. */
const stallMs = 6000
const usersMost = 2000

export async function runLoad(options: LoadOptions): Promise<Loaded> {
  const { store, seed, given } = options
  const startMs = performance.now()
  const told = runFacts(seed, given, new Date())
  const facts = { ...told, versions: { ...told.versions, ...(options.k6 !== undefined && { k6: options.k6.version }) } }
  store.writeRun(facts)
  const bootstrap: Address[] = [...(options.external?.attached.brokers ?? [])]
  const driver = options.k6 === undefined ? nativeDriver(options, bootstrap) : k6Driver(options, options.k6)
  const failures: string[] = []
  const { timeMs, partitions } = options
  const run = await onTarget(options, {
    alter: (plan) => loadPlan(plan, { driver, timeMs, partitions, onFailure: (message) => failures.push(message) }),
    told: (ops) => driver.told(ops),
    onAddresses: (addresses) => bootstrap.push(...addresses),
  })
  const measured = measure(run.ops, driver)
  const scenario = judged(run, { driver, measured, failures, options })
  const anomalies = { ...run.anomalies }
  for (const { anomaly } of scenario.findings) if (run.anomalies[anomaly] === undefined) anomalies[anomaly] = (anomalies[anomaly] ?? 0) + 1
  const verdict: Verdict = { valid: scenario.valid, scenarios: [scenario], anomalies, seed, durationMs: Math.round(performance.now() - startMs) }
  const histories = [{ scenario: scenario.name, target: scenario.target, ops: run.ops }]
  store.writeVerdict(verdict, histories, facts)
  if (verdict.valid === true) store.dropData()
  store.linkLatest()
  return { verdict, histories, measured }
}

interface Address {
  readonly host: string
  readonly port: number
}

function k6Driver({ script, recordsPerSecond, batch, timeMs, valueSizeBytes, partitions, readers, thresholds, nemesis, store }: LoadOptions, k6: K6): LoadDriver {
  const requestsPerSecond = recordsPerSecond / batch
  const requestsOpenMax = Math.min(usersMost, Math.max(50, Math.ceil((requestsPerSecond * stallMs) / 1000)))
  return new K6Driver({
    k6,
    script,
    settings: {
      recordsPerSecond, batch, durationMs: timeMs, valueSizeBytes, readers, thresholds,
      recordKeys: recordKeysPerPartition * partitions * topics,
      requestsOpenMax,
      // A stall is expected: all that it needs is there before.
      ...(nemesis !== undefined && { usersAtStart: requestsOpenMax }),
    },
    files: { samples: store.path('k6-samples.json.gz'), summary: store.path('k6-summary.json'), log: store.path('k6.log') },
    topicTimeoutMs: profiles.attached.clients.requestTimeoutMs,
  })
}

/** `bootstrap` is filled when the brokers are up. */
function nativeDriver({ script, recordsPerSecond, timeMs, valueSizeBytes, workers, external, broker }: LoadOptions, bootstrap: readonly Address[]): LoadDriver {
  const { sasl, tls } = external?.security ?? {}
  return new NativeDriver({
    bootstrap: () => bootstrap,
    shape: script,
    recordsPerSecond, durationMs: timeMs, valueSizeBytes, workers,
    requestTimeoutMs: profileOf(broker, external !== undefined).clients.requestTimeoutMs,
    ...(sasl !== undefined && { sasl }),
    ...(tls !== undefined && { tls }),
  })
}

interface Around {
  readonly alter: (plan: TrialPlan) => TrialPlan
  readonly told: (ops: Ops) => Ops
  readonly onAddresses: (addresses: readonly Address[]) => void
}

async function onTarget(options: LoadOptions, around: Around): Promise<JudgedPart> {
  const { script, nemesis, external, broker, defect, timeMs: faultsMs, k6 } = options
  const name = `load-${k6 === undefined ? 'native-' : ''}${script}`
  const common = { ...options, faultsMs, isPacked: true, ...around }
  if (external !== undefined) {
    const scenario = loadScenario(name, 'external', nemesis)
    if (scenario.target === 'external') return (await runExternal(scenario, { ...common, ...external }))[0]
  }
  const scenario = loadScenario(name, 'processes', nemesis)
  if (scenario.target !== 'processes') throw new Error('not a scenario of processes')
  const isKafka = broker === 'kafka'
  const recipe = isKafka ? apacheKafka() : referenceBroker(await brokerCommand(defect))
  return (await runOnProcesses(scenario, { ...common, recipe, jvm: isKafka }))[0]
}

function profileOf(broker: BrokerName, isAttached: boolean): Profile {
  return profiles[isAttached ? 'attached' : broker === 'kafka' ? 'trial-of-jvm' : 'trial']
}

/** How long a cluster may take to be whole again, from the same profile as the trial. */
export function recoveryBoundMs(broker: BrokerName, isAttached: boolean): number {
  return profileOf(broker, isAttached).recoveryMs
}

interface Judging {
  readonly driver: LoadDriver
  readonly measured: Measured
  readonly failures: readonly string[]
  readonly options: LoadOptions
}

function judged(run: JudgedPart, { driver, measured, failures, options }: Judging): ScenarioVerdict {
  const { script, objectives, accept, signal } = options
  const { word } = driver
  const reconciled = driver.reconciled?.(run.ops, signal.aborted)
  const results = judgeObjectives(objectives, measured, { ...run, summary: word?.summary })
  const isSearch = script === 'breakpoint'
  const crossed = isSearch ? [] : (word?.thresholds ?? []).filter(({ isMet }) => !isMet)
  const isUnfair = signal.aborted ? 'the run was cut short, so that nobody can judge' : wasStarved(run.ops) ? 'the machine was too slow to judge' : undefined
  const misses = [...missed(results), ...crossed.map(({ name }) => thresholdCrossed(driver.tool, name))]
  const findings = [...(reconciled?.findings ?? []), ...(isUnfair === undefined ? misses : [])].map((finding) => accepted(finding, accept))
  const reasons = [
    ...failures,
    ...(word === undefined && failures.length === 0 ? [`${driver.tool} has told nothing`] : []),
    ...(isUnfair === undefined ? [] : misses.map(({ message }) => `${isUnfair}: ${message}`)),
  ]
  return {
    ...run.verdict,
    valid: validOf(run.verdict.valid, findings, reasons),
    findings: [...run.verdict.findings, ...findings],
    reasons: [...reasons, ...run.verdict.reasons],
    figures: { ...figuresOf(measured), ...(isSearch && { breakpointRecordsPerSecond: mostPerSecond(driver) }), ...reconciled?.figures, ...run.verdict.figures },
    objectives: results,
  }
}

function validOf(valid: Valid, findings: readonly Finding[], reasons: readonly string[]): Valid {
  if (valid === false || findings.some(({ allowed }) => allowed === undefined)) return false
  return reasons.length > 0 ? 'unknown' : valid
}

function accepted(finding: Finding, accept: readonly string[]): Finding {
  return accept.includes(finding.anomaly) ? { ...finding, allowed: `accepted: ${finding.anomaly}` } : finding
}

function thresholdCrossed(tool: string, name: string): Finding {
  return { anomaly: 'slo-missed', guarantees: [], message: `${tool} judged: ${name} was not kept`, witness: [] }
}

/** Brokers that wait for a processor are what a load looks for. */
function wasStarved(ops: Ops): boolean {
  for (const { f, process, value } of ops) {
    if (f === 'starved' && process === 'harness' && (value as { readonly lateMs?: number }).lateMs !== undefined) return true
  }
  return false
}

/** The most that was acknowledged in one second. */
function mostPerSecond({ word }: LoadDriver): number {
  return Math.max(0, ...(word?.seconds ?? []).map(({ acknowledged }) => acknowledged))
}

/** Numbers of the verdict; what could not be measured is left out. */
export function figuresOf({ produce, endToEnd, drainMs, ...rest }: Measured): Record<string, number> {
  const all: Readonly<Record<string, number | null>> = {
    ...rest,
    produceP50Ms: produce.p50Ms, produceP99Ms: produce.p99Ms, produceP999Ms: produce.p999Ms, produceMaxMs: produce.maxMs,
    endToEndP50Ms: endToEnd.p50Ms, endToEndP99Ms: endToEnd.p99Ms, endToEndMaxMs: endToEnd.maxMs, drainMs,
  }
  return Object.fromEntries(Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [[name, Math.round(value * 1000) / 1000]])))
}
