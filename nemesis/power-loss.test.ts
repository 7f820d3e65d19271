import { expect, it } from 'vitest'
import { Loop } from '../ports/loop.ts'
import { calmDisk } from '../simulator/sim-disk.ts'
import { calmNetwork } from '../simulator/sim-wire.ts'
import { World } from '../simulator/world.ts'
import type { FaultContext } from './fault.ts'
import { powerLoss } from './power-loss.ts'

const evidenceTimeoutMs = 5000

interface Seen {
  readonly fromMs: number
  /** In-sync sets as the observer has them from then on. */
  readonly sets: readonly (readonly number[])[]
}

/** When these of three brokers start again; `alsoDead` are others. */
function startsAtMs(seen: readonly Seen[], { targets = [1], alsoDead = [] }: { readonly targets?: readonly number[]; readonly alsoDead?: readonly number[] } = {}): number | undefined {
  const world = new World({ seed: 1, network: calmNetwork, disk: calmDisk })
  let startedMs: number | undefined
  world.addClient('clients', (ports) => {
    const loop = new Loop(ports)
    const bornMs = loop.now()
    const sinceMs = (): number => loop.now() - bornMs
    const view: Partial<FaultContext['view']> = {
      lists: (_id, _timeoutMs, done) => void loop.after(1, () => done(true)),
      inSyncReplicas: () => new Map(seen.findLast(({ fromMs }) => fromMs <= sinceMs())!.sets.map((set, index) => [`t-${index}`, set])),
    }
    const start = (_id: number, done: (evidence: object) => void): void => {
      startedMs = sinceMs()
      done({})
    }
    const control = { brokerIds: [1, 2, 3], start, state: (id: number) => (alsoDead.includes(id) ? 'dead' : 'running') }
    const context = { loop, control, view, evidenceTimeoutMs, parameters: { staysUntilMissed: true } } as unknown as FaultContext
    powerLoss.heal(context, targets, () => undefined)
    return loop
  })
  world.run({ untilMs: 60_000, while: () => startedMs === undefined })
  return startedMs
}

const all = [1, 2, 3]

// A broker that was controller too was back between its election and the next look: it counted as away for good.
it('a broker that is to be missed stays away until every in-sync set was seen without it', () => {
  const atMs = startsAtMs([{ fromMs: 0, sets: [all, all] }, { fromMs: 500, sets: [[2, 3], all] }, { fromMs: 2000, sets: [[2, 3], [2, 3]] }])
  expect(atMs).toBeGreaterThanOrEqual(2000)
  expect(atMs).toBeLessThan(2100)
})

it.each([
  { where: 'it is the only one in sync, and cannot leave', sets: [[1], [2, 3]], which: {} },
  { where: 'most are gone, and nobody is left to miss it', sets: [all], which: { targets: [1, 2] } },
  // Seed 1730105595 of the swarm: two, each of a power loss of its own, waited for each other for a hundred seconds.
  { where: 'most are gone by several faults', sets: [all], which: { alsoDead: [2] } },
])('it is not waited for where $where', ({ sets, which }) => {
  expect(startsAtMs([{ fromMs: 0, sets }], which)).toBeLessThan(100)
})

it('it comes back all the same when it is never missed', () => {
  expect(startsAtMs([{ fromMs: 0, sets: [all] }])).toBeGreaterThanOrEqual(evidenceTimeoutMs)
})
