/** `tribunal verify`: runs scenarios one after another, judges each, and leaves a run directory behind. */
import { mergeValid, type ScenarioVerdict, type Verdict } from '../checkers/verdict.ts'
import type { ScenarioHistory } from '../reports/scenario-history.ts'
import type { RunFacts } from '../reports/html/report.ts'
import { kafkaVersion } from './apache-kafka/kafka-jars.ts'
import { apacheKafka } from './apache-kafka/kafka-recipe.ts'
import { brokerCommand } from './broker-command.ts'
import type { Library } from './foreign-clients/library.ts'
import type { JudgedPart } from './judge-run.ts'
import { runExternal, type ExternalCluster } from './run-external.ts'
import { runOnCompose, type ComposeBrokers } from './run-compose.ts'
import { runOnContainers, type BrokerImage } from './run-containers.ts'
import { runOnProcesses } from './run-processes.ts'
import { runSimulated } from './run-seeds.ts'
import { runFacts, type RunStore } from './run-store.ts'
import type { Scenario } from './scenarios.ts'
import { externalGround, processGround, type RaceGround } from './races/race-ground.ts'
import { isRace, type AnyScenario, type RaceScenario } from './races/race-scenarios.ts'
import { runRace } from './races/run-race.ts'
import { referenceBroker } from './targets/broker-recipe.ts'

/** Brokers that run as processes here. */
export const brokerNames = ['ours', 'kafka'] as const
export type BrokerName = (typeof brokerNames)[number]

export interface VerifyOptions {
  readonly scenarios: readonly AnyScenario[]
  readonly seed: number
  /** Of each simulated scenario its share of them, or all where they were asked for by number and the scenarios by name. */
  readonly seeds: number
  readonly allSeeds?: boolean
  /** Of each scenario on processes. */
  readonly faultsMs: number
  readonly recordsPerSecond: number
  /** Whose broker runs as processes; ours when missing. */
  readonly broker?: BrokerName
  /** For scenarios on a cluster that is not ours. */
  readonly external?: ExternalCluster
  /** Whose producers send; ours when missing. */
  readonly library?: Library
  /** For scenarios in containers. */
  readonly image?: BrokerImage
  /** For the same, on somebody's own. */
  readonly compose?: ComposeBrokers
  readonly defect?: string
  /** Levels to finalize on clusters of races. */
  readonly features?: Readonly<Record<string, number>>
  /** Which Apache Kafka; the usual one when missing. */
  readonly kafka?: { readonly version: string }
  /** Settings of brokers in races, under Kafka's names. */
  readonly overrides?: Readonly<Record<string, string>>
  readonly accept: readonly string[]
  readonly store: RunStore
  readonly signal: AbortSignal
  /** As given on the command line, for run.json. */
  readonly given: Readonly<Record<string, unknown>>
}

/** What a live view is told. */
export interface VerifyEvents {
  readonly started: (scenario: AnyScenario) => void
  readonly progress: (scenario: AnyScenario, line: string) => void
  /** One verdict for each of its parts. */
  readonly ended: (scenario: AnyScenario, verdicts: readonly ScenarioVerdict[]) => void
}

interface Outcome {
  readonly verdict: ScenarioVerdict
  readonly anomalies: Readonly<Record<string, number>>
  readonly history: ScenarioHistory | undefined
}

export interface Verified {
  readonly verdict: Verdict
  readonly histories: readonly ScenarioHistory[]
}

export async function verify(options: VerifyOptions, events: VerifyEvents): Promise<Verified> {
  const { store, seed } = options
  const startedAt = new Date()
  const startMs = performance.now()
  const facts = factsOf(options, startedAt)
  store.writeRun(facts)
  const outcomes: Outcome[] = []
  const grounds = new RaceGrounds(options)
  for (const scenario of options.scenarios) {
    events.started(scenario)
    const onProgress = (line: string): void => events.progress(scenario, line)
    const run = (): Promise<readonly Outcome[]> =>
      isRace(scenario) ? runRaceScenario(scenario, options, grounds) : runScenario(scenario, options, onProgress)
    const ended = options.signal.aborted ? [notRun(scenario)] : await run()
    outcomes.push(...ended)
    events.ended(scenario, ended.map(({ verdict }) => verdict))
  }
  await grounds.close()
  const verdict: Verdict = {
    valid: mergeValid(outcomes.map((outcome) => outcome.verdict.valid)),
    scenarios: outcomes.map((outcome) => outcome.verdict),
    anomalies: sum(outcomes.map(({ anomalies }) => anomalies)),
    seed,
    durationMs: Math.round(performance.now() - startMs),
  }
  const histories = outcomes.flatMap(({ history }) => (history === undefined ? [] : [history]))
  store.writeVerdict(verdict, histories, facts)
  if (verdict.valid === true) store.dropData()
  store.linkLatest()
  return { verdict, histories }
}

function factsOf({ seed, given, broker, kafka, external, compose, library }: VerifyOptions, startedAt: Date): RunFacts {
  const facts = runFacts(seed, given, startedAt)
  const told = Object.entries((external ?? compose)?.attached.features ?? {}).map(([name, level]) => `${name} ${level}`)
  const tested = broker === 'kafka' ? `Apache Kafka ${kafka?.version ?? kafkaVersion()}` : told.join(', ')
  const client = library === undefined ? {} : { client: library.name }
  return { ...facts, versions: { ...facts.versions, ...(tested !== '' && { broker: tested }), ...client } }
}

/** What races are played on, each opened when the first of them asks. */
class RaceGrounds {
  readonly #options: VerifyOptions
  #processes: Promise<RaceGround> | undefined
  #external: Promise<RaceGround> | undefined

  constructor(options: VerifyOptions) {
    this.#options = options
  }

  on(target: AnyScenario['target']): Promise<RaceGround> {
    if (target === 'external') return (this.#external ??= this.#openExternal())
    return (this.#processes ??= this.#openProcesses())
  }

  #openExternal(): Promise<RaceGround> {
    const { external, seed } = this.#options
    return externalGround(external!.attached, { seed, topicPrefix: external!.topicPrefix })
  }

  async #openProcesses(): Promise<RaceGround> {
    const { broker, defect, kafka, seed, store, features = {}, overrides = {} } = this.#options
    const jvm = broker === 'kafka'
    const recipe = jvm ? apacheKafka({ ...kafka, features }) : referenceBroker(await brokerCommand(defect))
    return processGround({ recipe, jvm, seed, directory: (...parts) => store.path(...parts), settings: overrides, features })
  }

  async close(): Promise<void> {
    for (const ground of [this.#processes, this.#external]) await (await ground?.catch(() => undefined))?.close()
  }
}

async function runRaceScenario(scenario: RaceScenario, options: VerifyOptions, grounds: RaceGrounds): Promise<readonly Outcome[]> {
  const { features = {}, overrides = {} } = options
  return outcomesOf([await runRace(scenario, { ...options, features, overrides, ground: () => grounds.on(scenario.target) })])
}

async function runScenario(
  scenario: Scenario,
  options: VerifyOptions,
  onProgress: (line: string) => void,
): Promise<readonly Outcome[]> {
  const { seed, accept, signal, defect, store } = options
  if (scenario.target === 'processes') {
    const isKafka = options.broker === 'kafka'
    const recipe = isKafka ? apacheKafka(options.kafka) : referenceBroker(await brokerCommand(defect))
    return outcomesOf(await runOnProcesses(scenario, { ...options, recipe, jvm: isKafka, onProgress }))
  }
  if (scenario.target === 'containers') {
    const { compose } = options
    const run = compose === undefined
      ? runOnContainers(scenario, { ...options, ...options.image!, onProgress })
      : runOnCompose(scenario, { ...options, ...compose, onProgress })
    return outcomesOf(await run)
  }
  if (scenario.target === 'external') {
    return outcomesOf(await runExternal(scenario, { ...options, ...options.external!, onProgress }))
  }
  const { verdict, anomalies, sample } = await runSimulated({
    name: scenario.name,
    firstSeed: seed,
    seeds: options.allSeeds === true ? options.seeds : Math.ceil(options.seeds * scenario.seedsShare),
    ...(scenario.mustCover !== undefined && { mustCover: scenario.mustCover }),
    accept,
    signal,
    onProgress,
    ...(defect !== undefined && { defect }),
  })
  if (sample !== undefined) store.writeHistory(`${scenario.name}-${sample.seed}`, sample.ops)
  const history = sample && { scenario: scenario.name, target: scenario.target, ...sample }
  return [{ verdict, anomalies, history }]
}

function outcomesOf(parts: readonly JudgedPart[]): Outcome[] {
  return parts.map(({ verdict, anomalies, ops }) => {
    return { verdict, anomalies, history: { scenario: verdict.name, target: verdict.target, ops } }
  })
}

function notRun({ name, target }: AnyScenario): Outcome {
  const ops = { invoke: 0, ok: 0, fail: 0, info: 0 }
  const reasons = ['the run was cut short before this scenario began']
  const verdict: ScenarioVerdict = {
    name, target, valid: 'unknown', seeds: 0, ops, acknowledged: 0, faults: [], findings: [], reasons, figures: {},
  }
  return { verdict, anomalies: {}, history: undefined }
}

function sum(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {}
  for (const counts of all) for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count
  return total
}
