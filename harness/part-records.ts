/** The histories of a run on real brokers, one for each part of its trial: written down as they come, judged apart. */
import type { Ops } from '../history/op.ts'
import { Recorder } from '../history/recorder.ts'
import { anomaliesOf, judgeRun, scenarioVerdict, type JudgedParts, type RunOutcome } from './judge-run.ts'
import type { RunStore } from './run-store.ts'
import type { Scenario } from './scenarios.ts'
import { partName } from './trial-part.ts'
import type { TrialPlan } from './trial.ts'

export interface RecordsSetup {
  readonly scenario: Pick<Scenario, 'name' | 'target'>
  readonly plan: TrialPlan
  readonly store: RunStore
  readonly nowMs: () => number
  /** The histories will be long. */
  readonly isPacked?: boolean
}

export interface JudgedBy extends Omit<RunOutcome, 'ops'> {
  readonly wasCutShort: boolean
  /** What another record knows of the ops; a history that it changes is written again. */
  readonly told?: (ops: Ops) => Ops
}

export class PartRecords {
  readonly #setup: RecordsSetup
  readonly #names: readonly string[]
  readonly #journals: readonly (() => Promise<void>)[]
  /** In the order of the parts. */
  readonly recorders: readonly Recorder[]

  constructor(setup: RecordsSetup) {
    const { scenario, plan, store, nowMs, isPacked = false } = setup
    this.#setup = setup
    this.#names = plan.parts.map((part) => partName(scenario.name, part, plan.parts))
    this.recorders = plan.parts.map(() => new Recorder(nowMs, { isPacked }))
    this.#journals = this.recorders.map((recorder, at) => store.journal(this.#names[at]!, recorder))
  }

  /** Resolves when all that was recorded is in its files. */
  async endJournals(): Promise<void> {
    await Promise.all(this.#journals.map((end) => end()))
  }

  /** What the run itself failed in is told once, with the first part. */
  judged({ failures, wasCutShort, told = (ops) => ops, ...how }: JudgedBy): JudgedParts {
    const { store, scenario } = this.#setup
    const [first, ...others] = this.recorders.map((recorder, at) => {
      const name = this.#names[at]!
      const ops = told(recorder.kept)
      if (ops !== recorder.kept) store.writeHistory(name, ops)
      const judgement = judgeRun({ ...how, ops, failures: at === 0 ? failures : [] })
      return { ops, anomalies: anomaliesOf(judgement), verdict: scenarioVerdict({ name, target: scenario.target }, judgement, wasCutShort) }
    })
    return [first!, ...others]
  }
}
