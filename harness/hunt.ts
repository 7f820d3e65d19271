/** Hunts a planted defect: seed after seed until the verdict names one of the defect's own anomalies. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Finding } from '../checkers/verdict.ts'
import { brokerCommand } from './broker-command.ts'
import { defects, withDefect } from './planted-defects.ts'
import { judgeRace } from './races/judge-race.ts'
import type { Race } from './races/race.ts'
import { races } from './races/registry.ts'
import { simulateRace } from './races/simulated-race.ts'
import { runOnProcesses } from './run-processes.ts'
import { RunStore } from './run-store.ts'
import type { ScenarioOptions } from './scenario-plan.ts'
import { processScenario } from './scenarios.ts'
import { runSeeds } from './seed-pool.ts'
import { referenceBroker } from './targets/broker-recipe.ts'

export interface HuntOptions {
  readonly firstSeed: number
  /** It may take this many. */
  readonly seeds: number
  readonly signal: AbortSignal
}

export interface Hunted {
  /** The seed that convicted was the how many-th; Infinity when none did. */
  readonly seedsTaken: number
  /** Of the defect's own anomalies those that were found. */
  readonly anomalies: readonly string[]
}

const notFound: Hunted = { seedsTaken: Infinity, anomalies: [] }

/** In the simulator, by its race, or by what its scenario draws, which mostly is the swarm. */
export async function huntSimulated(defect: string, options: HuntOptions): Promise<Hunted> {
  const race = races.find(({ name }) => name === defects[defect]!.race)
  return race === undefined ? huntInSeeds(defect, options) : huntInRace(defect, race, options)
}

/** Nothing in it is left to chance: what the first seed does not convict no seed will. */
function huntInRace(defect: string, race: Race, { firstSeed: seed }: HuntOptions): Hunted {
  const { ops, played, failures } = simulateRace(race, { seed, decisions: withDefect(defect) })
  const anomalies = ownAnomalies(defect, judgeRace({ race, played, ops, failures, accept: [] }).findings)
  return anomalies.length > 0 ? { seedsTaken: 1, anomalies } : notFound
}

async function huntInSeeds(defect: string, { firstSeed, seeds, signal }: HuntOptions): Promise<Hunted> {
  let hunted = notFound
  await runSeeds({
    scenario: defects[defect]!.scenario ?? 'swarm',
    first: firstSeed,
    count: seeds,
    defect,
    accept: [],
    signal,
    until: () => hunted !== notFound,
    onResult: ({ seed, judgement }) => {
      const anomalies = ownAnomalies(defect, judgement.findings)
      if (anomalies.length > 0) hunted = { seedsTaken: seed - firstSeed + 1, anomalies }
    },
  })
  return hunted
}

/** On broker processes, in the scenario the defect names. */
export async function huntOnProcesses(defect: string, options: HuntOptions & ScenarioOptions): Promise<Hunted> {
  const { firstSeed, seeds, signal } = options
  const scenario = processScenario(defects[defect]!.onProcesses!)
  const recipe = referenceBroker(await brokerCommand(defect))
  for (let seedsTaken = 1; seedsTaken <= seeds && !signal.aborted; seedsTaken++) {
    const directory = mkdtempSync(join(tmpdir(), `tribunal-${defect}-`))
    try {
      const parts = await runOnProcesses(scenario, {
        ...options,
        seed: firstSeed + seedsTaken - 1,
        store: new RunStore(directory),
        recipe,
        accept: [],
        onProgress: () => undefined,
      })
      const anomalies = ownAnomalies(defect, parts.flatMap(({ verdict }) => verdict.findings))
      if (anomalies.length > 0) return { seedsTaken, anomalies }
    } finally {
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
    }
  }
  return notFound
}

function ownAnomalies(defect: string, findings: readonly Finding[]): string[] {
  const own = findings.filter(({ allowed, anomaly }) => allowed === undefined && defects[defect]!.anomalies.includes(anomaly))
  return [...new Set(own.map(({ anomaly }) => anomaly))]
}
