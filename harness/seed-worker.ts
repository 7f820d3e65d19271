/** A worker thread that runs seeds one after another and tells of each: what it found, and its history where wanted. */
import { parentPort } from 'node:worker_threads'
import { coveragePrefix } from '../checkers/coverage.ts'
import type { Finding, Judgement } from '../checkers/verdict.ts'
import type { Op } from '../history/op.ts'
import type { CoverageCounts } from './coverage.ts'
import { judgeRun } from './judge-run.ts'
import { withDefect } from './planted-defects.ts'
import { simulatedScenario } from './scenarios.ts'
import { simulate, type SimulatedRun } from './targets/simulated.ts'

export interface SeedTask {
  /** Name of a simulated scenario. */
  readonly scenario: string
  readonly seed: number
  readonly defect: string | undefined
  readonly accept: readonly string[]
  /** Send the history even when nothing was found. */
  readonly wantHistory: boolean
}

export interface SeedResult {
  readonly seed: number
  readonly judgement: Judgement
  readonly traceHash: string
  readonly simulatedMs: number
  readonly wallMs: number
  readonly events: number
  readonly coverage: CoverageCounts
  readonly story: readonly string[]
  readonly history: readonly Op[] | undefined
}

export function runSeed(task: SeedTask): SeedResult {
  const startMs = performance.now()
  const { defect } = task
  const swarm = simulatedScenario(task.scenario).draw(task.seed)
  const run = simulate(task.seed, {
    swarm,
    invariants: defect === undefined && swarm.plan.parts[0]!.config.beyondPromises === undefined,
    ...(defect !== undefined && { decisions: withDefect(defect) }),
  })
  return resultOf(task, run, startMs)
}

/** Judges what was run since `startMs`. */
export function resultOf(task: SeedTask, run: SimulatedRun, startMs: number): SeedResult {
  const { histories: [ops, ...others] } = run
  if (others.length > 0) throw new Error('a simulated seed runs one workload')
  const judgement = judgeRun({ ops, failures: run.failures, failuresConvict: true, accept: task.accept })
  return {
    seed: task.seed,
    judgement,
    traceHash: run.traceHash,
    simulatedMs: run.simulatedMs,
    wallMs: performance.now() - startMs,
    events: run.events,
    coverage: { ...run.coverage, rests: judgement.figures?.[`${coveragePrefix}rests`] ?? 0 },
    story: storyOf(run, judgement.findings),
    history: task.wantHistory || judgement.valid !== true ? ops : undefined,
  }
}

/** What a person reads first: what went wrong, then the last events before it. */
function storyOf(run: { failures: readonly string[]; recentEvents: readonly string[] }, findings: readonly Finding[]): string[] {
  const convicting = findings.filter(({ allowed }) => allowed === undefined).map(({ message }) => message)
  return [...run.failures, ...convicting.slice(0, 5), ...run.recentEvents.slice(-40)]
}

parentPort?.on('message', (task: SeedTask) => parentPort!.postMessage(runSeed(task)))
