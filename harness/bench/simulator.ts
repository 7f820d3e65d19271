import { runSeed } from '../seed-worker.ts'
import type { Figure } from './bench.ts'

const warmUpSeeds = 4
const seeds = 20

/** Whole trials on one core: brokers, clients, faults, wire bytes, invariants, recording and judging. */
export function simulatorFigures(): Figure[] {
  const run = (seed: number): ReturnType<typeof runSeed> => runSeed({ scenario: 'swarm', seed, defect: undefined, accept: [], wantHistory: false })
  for (let seed = 1; seed <= warmUpSeeds; seed++) run(seed)
  let simulatedMs = 0
  let wallMs = 0
  let events = 0
  let acknowledged = 0
  for (let seed = warmUpSeeds + 1; seed <= warmUpSeeds + seeds; seed++) {
    const result = run(seed)
    simulatedMs += result.simulatedMs
    wallMs += result.wallMs
    events += result.events
    acknowledged += result.judgement.acknowledged
  }
  const perSecond = Math.round(acknowledged / (simulatedMs / 1000))
  return [
    {
      name: 'simulator speed',
      value: Math.round(simulatedMs / wallMs),
      unit: 'simulated seconds a second a core',
      goal: 'at least 100, aim 300',
      how: `${seeds} seeds of the default plan after ${warmUpSeeds} to warm up, ${perSecond} acknowledged records a simulated second, judging included`,
    },
    {
      name: 'simulator events',
      value: Math.round(events / (wallMs / 1000)),
      unit: 'events a second a core',
      goal: 'no goal of its own',
      how: 'the same seeds',
    },
  ]
}
