/** What cannot be done to brokers in containers on this machine: named before the run, and left out of its scenarios. */
import { canSkewClock } from '../../nemesis/control.ts'
import { powerLoss } from '../../nemesis/power-loss.ts'
import { faults } from '../../nemesis/registry.ts'
import { exitCodes, UserError } from '../exit-codes.ts'
import type { Off } from '../external/abilities.ts'
import type { BrokerImage } from '../run-containers.ts'
import { isRace, type AnyScenario } from '../races/race-scenarios.ts'
import { whyNoPowerLoss } from './power.ts'

/** Those that put clocks wrong. */
export const clockFaults: readonly string[] = Object.values(faults).filter(({ isAvailable }) => isAvailable === canSkewClock).map(({ name }) => name)

export interface Fitted {
  readonly scenarios: readonly AnyScenario[]
  readonly off: readonly Off[]
}

/** Throws a UserError when nothing is left. */
export async function withinAbilities(scenarios: readonly AnyScenario[], { docker, recipe }: BrokerImage): Promise<Fitted> {
  const off: Off[] = []
  if (recipe.clock === 'none') off.push({ names: clockFaults, why: `the recipe ${recipe.name} has no way to its clock` })
  if (scenarios.some((each) => !isRace(each) && each.target === 'containers' && each.losesPower === true)) {
    const why = await whyNoPowerLoss(docker)
    if (why !== undefined) off.push({ names: [powerLoss.name], why })
  }
  return fitted(scenarios, off)
}

/** Without those faults, and without the scenarios that have no others. */
export function fitted(scenarios: readonly AnyScenario[], off: readonly Off[]): Fitted {
  const isOff = (name: string): boolean => off.some(({ names }) => names.includes(name))
  const fitting = scenarios.flatMap((scenario): AnyScenario[] => {
    if (isRace(scenario) || scenario.target !== 'containers') return [scenario]
    const attacks = scenario.nemesis.attacks.filter(({ fault }) => !isOff(fault.name))
    return attacks.length === 0 ? [] : [{ ...scenario, nemesis: { ...scenario.nemesis, attacks } }]
  })
  if (fitting.length > 0) return { scenarios: fitting, off }
  const whys = off.map(({ names, why }) => `${names.join(', ')} (${why})`).join('; ')
  throw new UserError(`Nothing of what was chosen can be tried here, without ${whys}.`, exitCodes.unknown)
}
