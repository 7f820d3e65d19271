import { expect, it } from 'vitest'
import type { BrokerControl } from '../nemesis/control.ts'
import { kill } from '../nemesis/kill.ts'
import { packetLoss } from '../nemesis/packet-loss.ts'
import { powerLoss } from '../nemesis/power-loss.ts'
import { faults } from '../nemesis/registry.ts'
import { drawSwarm } from './swarm.ts'
import { simulate } from './targets/simulated.ts'

it('the swarm draws every fault that a simulated cluster can be broken by, and no other', () => {
  let able: readonly string[] = []
  const meddle = (control: BrokerControl): BrokerControl => {
    able = Object.values(faults).filter(({ isAvailable }) => isAvailable?.(control) !== false).map(({ name }) => name)
    return control
  }
  const swarm = drawSwarm(1)
  const plan = { ...swarm.plan, nemesis: { ...swarm.plan.nemesis, attacks: [{ fault: packetLoss, aim: 'one' as const }] } }
  simulate(1, { invariants: true, swarm: { ...swarm, plan }, meddle })
  const drawn = Array.from({ length: 200 }, (_, seed) => drawSwarm(seed).plan.nemesis.attacks).flat()
  expect([...new Set(drawn.map(({ fault }) => fault.name))].sort()).toEqual([...able].sort())
})

/** A target that cannot lose power. */
function withoutPower(control: BrokerControl): BrokerControl {
  const { losePower: _without, ...others } = control as BrokerControl & { losePower: unknown }
  return others
}

it('a fault the target has no means for is named before the run, and nothing is run', () => {
  const swarm = drawSwarm(1)
  const attacks = [{ fault: kill, aim: 'one' as const }, { fault: powerLoss, aim: 'one' as const }]
  const plan = { ...swarm.plan, nemesis: { ...swarm.plan.nemesis, attacks } }
  const { failures, histories: [ops] } = simulate(1, { invariants: true, swarm: { ...swarm, plan }, meddle: withoutPower })
  expect(failures).toEqual(['this target cannot be broken by power-loss'])
  expect(ops).toEqual([])
})
