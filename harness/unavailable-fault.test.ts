import { expect, it } from 'vitest'
import type { BrokerControl } from '../nemesis/control.ts'
import { kill } from '../nemesis/kill.ts'
import { powerLoss } from '../nemesis/power-loss.ts'
import { drawSwarm } from './swarm.ts'
import { simulate } from './targets/simulated.ts'

/** A target that cannot lose power. */
function withoutPower(control: BrokerControl): BrokerControl {
  const { losePower: _without, ...others } = control as BrokerControl & { losePower: unknown }
  return others
}

it('a fault the target has no means for is named before the run, and nothing is run', () => {
  const swarm = drawSwarm(1)
  const attacks = [{ fault: kill, aim: 'one' as const }, { fault: powerLoss, aim: 'one' as const }]
  const plan = { ...swarm.plan, nemesis: { ...swarm.plan.nemesis, attacks } }
  const { failures, ops } = simulate(1, { invariants: true, swarm: { ...swarm, plan }, meddle: withoutPower })
  expect(failures).toEqual(['this target cannot be broken by power-loss'])
  expect(ops).toEqual([])
})
