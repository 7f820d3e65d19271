/** Races as scenarios of `verify`: each in the simulator, on broker processes, and on a cluster that is not ours where it can. */
import type { Scenario, TargetName } from '../scenarios.ts'
import { scenarios as otherScenarios } from '../scenarios.ts'
import type { Race } from './race.ts'
import { races } from './registry.ts'

export interface RaceScenario {
  readonly target: TargetName
  readonly name: string
  readonly describes: string
  readonly race: Race
}

export type AnyScenario = Scenario | RaceScenario

export function isRace(scenario: AnyScenario): scenario is RaceScenario {
  return 'race' in scenario
}

export function isRaceName(name: string): boolean {
  return scenarios.some((each) => isRace(each) && each.name === name)
}

function targetsOf({ needsOurCluster, simulatedDecisions }: Race): TargetName[] {
  if (simulatedDecisions !== undefined) return ['simulated']
  return needsOurCluster === true ? ['simulated', 'processes'] : ['simulated', 'processes', 'external']
}

const raceScenarios: readonly RaceScenario[] = races.flatMap((race) =>
  targetsOf(race).map((target) => ({ target, name: race.name, describes: race.describes, race })))

export const scenarios: readonly AnyScenario[] = [...otherScenarios, ...raceScenarios]

/** Where there is a cluster to bring up, races are played when they are asked for by name: in the simulator they take no time. */
export function isInPlan(scenario: AnyScenario): boolean {
  if (isRace(scenario)) return scenario.target === 'simulated'
  return !('onlyByName' in scenario)
}
