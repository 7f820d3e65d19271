/** One race as `verify` runs it: played where its target is, judged, and its wire record kept in the run directory. */
import type { ScenarioVerdict } from '../../checkers/verdict.ts'
import type { Op } from '../../history/op.ts'
import { Recorder } from '../../history/recorder.ts'
import { anomaliesOf, scenarioVerdict } from '../judge-run.ts'
import { withDefect } from '../planted-defects.ts'
import type { RunStore } from '../run-store.ts'
import { judgeRace } from './judge-race.ts'
import type { RacePlayed } from './play-race.ts'
import { CannotPlay } from './race.ts'
import { raceLogs, type RaceGround } from './race-ground.ts'
import type { RaceScenario } from './race-scenarios.ts'
import { simulateRace } from './simulated-race.ts'

export interface RaceRunOptions {
  readonly seed: number
  readonly defect?: string
  readonly accept: readonly string[]
  readonly store: RunStore
  readonly features: Readonly<Record<string, number>>
  readonly overrides: Readonly<Record<string, string>>
  /** Of the target, where brokers are real; the same for all races of a run. */
  readonly ground: () => Promise<RaceGround>
}

export interface RaceRun {
  readonly verdict: ScenarioVerdict
  readonly anomalies: Readonly<Record<string, number>>
  readonly ops: readonly Op[]
}

/** The file of a race's history in its run directory. */
export function raceHistory(name: string, target: string): string {
  return `history.${nameOn(name, target)}.jsonl`
}

/** A race is played on several targets in one run. */
function nameOn(name: string, target: string): string {
  return `${name}-${target}`
}

interface Came {
  readonly ops: readonly Op[]
  readonly played: RacePlayed
  readonly failures: readonly string[]
}

export async function runRace(scenario: RaceScenario, options: RaceRunOptions): Promise<RaceRun> {
  const { store, accept } = options
  const { race, target, name } = scenario
  const { ops, played, failures } = target === 'simulated' ? simulated(scenario, options) : await onGround(scenario, options)
  store.writeLines(`wire.${nameOn(name, target)}.jsonl`, played.wire)
  if (target === 'simulated') store.writeHistory(nameOn(name, target), ops)
  const judgement = judgeRace({ race, played, ops, failures, accept })
  return { ops, anomalies: anomaliesOf(judgement), verdict: scenarioVerdict(scenario, judgement, false) }
}

function simulated({ race }: RaceScenario, { seed, defect, features, overrides }: RaceRunOptions): Came {
  return simulateRace(race, { seed, features, settings: overrides, ...(defect !== undefined && { decisions: withDefect(defect) }) })
}

async function onGround({ race, name, target }: RaceScenario, { store, ground }: RaceRunOptions): Promise<Came> {
  let ops: readonly Op[] = []
  let endJournal: () => Promise<void> = () => Promise.resolve()
  try {
    const { play, failures } = await ground()
    const exitsBefore = failures().length
    const played = await play(race, (loop) => {
      const recorder = new Recorder(() => loop.now())
      endJournal = store.journal(nameOn(name, target), recorder)
      ops = recorder.ops
      return recorder
    })
    return { ops, played, failures: failures().slice(exitsBefore).map((exit) => `${exit}; see ${raceLogs}`) }
  } catch (error) {
    if (!(error instanceof CannotPlay)) throw error
    return { ops, failures: [], played: { versions: [], findings: [], reasons: [error.message], wire: [], clientFaults: new Map() } }
  } finally {
    await endJournal()
  }
}
