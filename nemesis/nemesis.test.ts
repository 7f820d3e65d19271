import { expect, it } from 'vitest'
import { Recorder } from '../history/recorder.ts'
import { Loop } from '../ports/loop.ts'
import { calmDisk } from '../simulator/sim-disk.ts'
import { calmNetwork } from '../simulator/sim-wire.ts'
import { World } from '../simulator/world.ts'
import type { BrokerControl, ClusterView } from './control.ts'
import type { Fault } from './fault.ts'
import { Nemesis, type NemesisPlan } from './nemesis.ts'

/** A fault that works at once and does nothing. */
function harmless(name: string, more: Partial<Fault> = {}): Fault {
  const shown = { shown: true, evidence: {} }
  return { name, describes: name, inject: (_context, _targets, done) => done(shown), heal: (_context, _targets, done) => done(shown), ...more }
}

/** What a nemesis with this plan records in `forMs`, on three brokers that are well. */
function recorded(plan: Partial<NemesisPlan>, forMs: number): { f: string; action: string; targets: readonly number[] }[] {
  const world = new World({ seed: 1, network: calmNetwork, disk: calmDisk })
  const recorder = new Recorder(() => world.now())
  world.addClient('clients', (ports) => {
    const loop = new Loop(ports)
    const control: Partial<BrokerControl> = { brokerIds: [1, 2, 3], state: () => 'running' }
    new Nemesis({
      loop,
      random: ports.random,
      recorder,
      control: control as BrokerControl,
      view: {} as ClusterView,
      plan: { attacks: [], lanes: 1, quietMs: [10, 20], holdMs: [10, 20], ...plan },
      evidenceTimeoutMs: 1000,
    }).start()
    return loop
  })
  world.run({ untilMs: forMs })
  return recorder.ops.map(({ f, value }) => ({ f, ...(value as { action: string; targets: readonly number[] }) }))
}

it('attacks in turn come one after another, round and round', () => {
  const attacks = ['a', 'b', 'c'].map((name) => ({ fault: harmless(name), aim: 'one' as const }))
  const starts = recorded({ attacks, inTurn: true }, 1000).filter(({ action }) => action === 'start').map(({ f }) => f)
  expect(starts.length).toBeGreaterThan(9)
  expect(starts).toEqual(starts.map((_, at) => 'abc'[at % 3]))
})

it('a fault that has nothing to do is passed over', () => {
  const attacks = [{ fault: harmless('a', { draw: () => undefined }), aim: 'one' as const }, { fault: harmless('b'), aim: 'one' as const }]
  expect(new Set(recorded({ attacks, inTurn: true }, 1000).map(({ f }) => f))).toEqual(new Set(['b']))
})

it('an attack has its targets to itself, unless it shares them', () => {
  const together = (fault: Fault): boolean => {
    let open = 0
    return recorded({ attacks: [{ fault, aim: 'all' }], lanes: 2 }, 1000).some(({ action }) => {
      open += action === 'start' ? 1 : action === 'healed' ? -1 : 0
      return open > 1
    })
  }
  expect(together(harmless('a'))).toBe(false)
  expect(together(harmless('a', { sharesTargets: true }))).toBe(true)
})
