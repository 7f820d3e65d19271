import { expect, it } from 'vitest'
import { Recorder } from '../history/recorder.ts'
import { Loop } from '../ports/loop.ts'
import { calmDisk } from '../simulator/sim-disk.ts'
import { calmNetwork } from '../simulator/sim-wire.ts'
import { World } from '../simulator/world.ts'
import type { BrokerControl, ClusterView } from './control.ts'
import type { Fault } from './fault.ts'
import { Nemesis, type Guard, type NemesisPlan } from './nemesis.ts'

/** A fault that works at once and does nothing. */
function harmless(name: string, more: Partial<Fault> = {}): Fault {
  const shown = { shown: true, evidence: {} }
  return { name, describes: name, inject: (_context, _targets, done) => done(shown), heal: (_context, _targets, done) => done(shown), ...more }
}

interface Recorded {
  readonly f: string
  readonly timeMs: number
  readonly action: string
  readonly targets: readonly number[]
}

/** What a nemesis with this plan records in `forMs`, on three brokers that are well. */
function recorded(plan: Partial<NemesisPlan>, forMs: number, guard?: Guard): Recorded[] {
  return run(plan, forMs, { ...(guard !== undefined && { guard }) })
}

/** `stopAtMs`: it is told to stop then, and that it has is recorded as `stopped`. */
function run(
  plan: Partial<NemesisPlan>,
  forMs: number,
  { guard, stopAtMs }: { readonly guard?: Guard; readonly stopAtMs?: number },
): Recorded[] {
  const world = new World({ seed: 1, network: calmNetwork, disk: calmDisk })
  const recorder = new Recorder(() => world.now())
  world.addClient('clients', (ports) => {
    const loop = new Loop(ports)
    const control: Partial<BrokerControl> = { brokerIds: [1, 2, 3], state: () => 'running' }
    const nemesis = new Nemesis({
      loop,
      random: ports.random,
      recorder,
      control: control as BrokerControl,
      view: {} as ClusterView,
      plan: { attacks: [], lanes: 1, quietMs: [10, 20], holdMs: [10, 20], ...plan },
      evidenceTimeoutMs: 1000,
      ...(guard !== undefined && { guard }),
    })
    nemesis.start()
    if (stopAtMs !== undefined) {
      loop.after(stopAtMs, () => {
        nemesis.stop(() => recorder.record({ process: 'nemesis', type: 'info', f: 'stopped', value: { action: 'stopped' } }))
      })
    }
    return loop
  })
  world.run({ untilMs: forMs })
  return recorder.ops.map(({ f, time, value }) => {
    return { f, timeMs: (time ?? 0) / 1e6, ...(value as { action: string; targets: readonly number[] }) }
  })
}

it('attacks in turn come one after another, round and round', () => {
  const attacks = ['a', 'b', 'c'].map((name) => ({ fault: harmless(name), aim: 'one' as const }))
  const starts = recorded({ attacks, inTurn: true }, 1000).filter(({ action }) => action === 'start').map(({ f }) => f)
  expect(starts.length).toBeGreaterThan(9)
  expect(starts).toEqual(starts.map((_, at) => 'abc'[at % 3]))
})

it('a rotating plan draws from a few of its attacks at a time, and now and then from none', () => {
  const names = 'abcdefgh'
  const attacks = [...names].map((name) => ({ fault: harmless(name), aim: 'one' as const }))
  const starts = recorded({ attacks, rotateMs: [1000, 1000] }, 40_000).filter(({ action }) => action === 'start')
  const mixes = Array.from({ length: 40 }, (_, i) => {
    return new Set(starts.filter(({ timeMs }) => Math.floor(timeMs / 1000) === i).map(({ f }) => f))
  })
  const sizes = mixes.map(({ size }) => size)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(3)
  expect(sizes.filter((size) => size === 0).length).toBeGreaterThan(2)
  expect(sizes.filter((size) => size > 0).length).toBeGreaterThan(20)
  expect(new Set(starts.map(({ f }) => f)).size).toBe(names.length)
})

it('what the guard refuses is not done, and what is done it is told of before', () => {
  const attacks = ['a', 'b'].map((name) => ({ fault: harmless(name), aim: 'one' as const }))
  const told: string[] = []
  const guard: Guard = { mayHit: ({ name }) => name === 'b', hit: ({ name }) => void told.push(name) }
  const starts = recorded({ attacks, inTurn: true }, 60_000, guard).filter(({ action }) => action === 'start').map(({ f }) => f)
  expect(starts.length).toBeGreaterThan(5)
  expect(new Set(starts)).toEqual(new Set(['b']))
  expect(told).toEqual(starts)
})

it('an attack keeps its context from injection to healing, with what was drawn for it', () => {
  const seen: unknown[] = []
  const keep = (context: unknown, done: (shown: { shown: boolean; evidence: Record<string, never> }) => void): void => {
    seen.push(context)
    done({ shown: true, evidence: {} })
  }
  const fault = harmless('a', {
    draw: () => ({ size: seen.length }),
    inject: (context, _targets, done) => keep(context, done),
    heal: (context, _targets, done) => keep(context, done),
  })
  const [first] = recorded({ attacks: [{ fault, aim: 'one' }] }, 1000)
  expect(seen.length).toBeGreaterThan(3)
  expect(seen[1]).toBe(seen[0])
  expect(seen[2]).not.toBe(seen[0])
  expect(seen[0]).toMatchObject({ parameters: { size: 0 } })
  expect(first).toMatchObject({ parameters: { aim: 'one', size: 0 } })
})

it('a fault that has nothing to do is passed over', () => {
  const attacks = [{ fault: harmless('a', { draw: () => undefined }), aim: 'one' as const }, { fault: harmless('b'), aim: 'one' as const }]
  expect(new Set(recorded({ attacks, inTurn: true }, 20_000).map(({ f }) => f))).toEqual(new Set(['b']))
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

it.each([
  ['not healed yet', 15],
  ['being healed', 200],
])('an end with a fault %s waits until it is healed', (_, stopAtMs) => {
  const slow = harmless('slow', {
    heal: ({ loop }, _targets, done) => void loop.after(500, () => done({ shown: true, evidence: {} })),
  })
  const attacks = [{ fault: slow, aim: 'one' as const }]
  const actions = run({ attacks, quietMs: [10, 10], holdMs: [100, 100] }, 5000, { stopAtMs }).map(({ action }) => action)
  expect(actions).toEqual(['start', 'evidence', 'stop', 'healed', 'stopped'])
})

it('with holdsAsHealed an attack is held at least as long as the healing before took', () => {
  const shown = { shown: true, evidence: {} }
  const attacks = [{ fault: harmless('slow to mend', { heal: (context, _targets, done) => void context.loop.after(300, () => done(shown)) }), aim: 'one' as const }]
  const heldMs = (plan: Partial<NemesisPlan>): number[] => {
    const all = recorded({ attacks, quietMs: [10, 10], holdMs: [50, 50], ...plan }, 3000)
    const at = (action: string): number[] => all.filter((each) => each.action === action).map(({ timeMs }) => timeMs)
    return at('stop').slice(0, 3).map((stopMs, i) => Math.round(stopMs - at('evidence')[i]!))
  }
  expect(heldMs({})).toEqual([50, 50, 50])
  expect(heldMs({ holdsAsHealed: true })).toEqual([50, 300, 300])
})

it('the opening comes first and once, in one lane, as soon as there is whom to hit', () => {
  const attacks = [{ fault: harmless('other'), aim: 'one' as const }]
  const opening = { fault: harmless('opening'), aim: 'one' as const }
  // One it cannot hit for ten seconds; the patience of a lane is half of that.
  let asked = 0
  const guard: Guard = { mayHit: ({ name }) => name !== 'opening' || ++asked > 200, hit: () => undefined }
  const starts = recorded({ attacks, opening, lanes: 2, rotateMs: [1000, 1000] }, 60_000, guard).filter(({ action }) => action === 'start')
  expect(starts[0]!.f).toBe('opening')
  expect(starts[0]!.timeMs).toBeGreaterThan(5000)
  expect(starts.slice(1).map(({ f }) => f)).not.toContain('opening')
  expect(starts.length).toBeGreaterThan(10)
})

it('an attack with an end of its own is in force until that end, also when the nemesis stops', () => {
  const shown = { shown: true, evidence: {} }
  const endsMs = 700
  const ends = new WeakMap<object, number>()
  const ending = harmless('ends by itself', {
    inject: (context, _targets, done) => {
      ends.set(context, context.loop.now() + endsMs)
      done(shown)
    },
    whenOver: (context, over) => void context.loop.after(Math.max(0, ends.get(context)! - context.loop.now()), over),
  })
  const plan = { attacks: [{ fault: ending, aim: 'one' as const }], quietMs: [10, 10] as const, holdMs: [50, 50] as const }
  const heldMs = (all: readonly Recorded[]): number => {
    const at = (action: string): number => all.find((each) => each.action === action)!.timeMs
    return Math.round(at('stop') - at('evidence'))
  }
  expect(heldMs(recorded(plan, 3000))).toBe(endsMs)
  expect(heldMs(recorded({ ...plan, holdMs: [900, 900] }, 3000))).toBe(900)
  const stopped = run(plan, 3000, { stopAtMs: 30 })
  expect(heldMs(stopped)).toBe(endsMs)
  expect(stopped.map(({ action }) => action)).toEqual(['start', 'evidence', 'stop', 'healed', 'stopped'])
})

it('goes on after a stop, and what it counts as in force goes on with it', () => {
  const shown = { shown: true, evidence: {} }
  const slow = harmless('slow to mend', { heal: (context, _targets, done) => void context.loop.after(300, () => done(shown)) })
  const world = new World({ seed: 1, network: calmNetwork, disk: calmDisk })
  const recorder = new Recorder(() => world.now())
  const shares: number[] = []
  world.addClient('clients', (ports) => {
    const loop = new Loop(ports)
    const control = { brokerIds: [1], state: () => 'running' } as Partial<BrokerControl> as BrokerControl
    const plan: NemesisPlan = { attacks: [{ fault: slow, aim: 'one' }], lanes: 1, quietMs: [100, 100], holdMs: [100, 100] }
    const nemesis = new Nemesis({ loop, random: ports.random, recorder, control, view: {} as ClusterView, plan, evidenceTimeoutMs: 1000 })
    nemesis.start()
    loop.after(200, () => {
      shares.push(nemesis.shareInForce)
      nemesis.stop(() => {
        shares.push(nemesis.shareInForce)
        nemesis.start()
      })
    })
    return loop
  })
  world.run({ untilMs: 750 })
  expect(shares).toEqual([0.5, 0.2])
  expect(recorder.ops.map(({ value }) => (value as { action: string }).action)).toEqual(['start', 'evidence', 'stop', 'healed', 'start', 'evidence', 'stop'])
})
