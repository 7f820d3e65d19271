import { expect, it } from 'vitest'
import { Loop } from '../ports/loop.ts'
import { calmDisk } from '../simulator/sim-disk.ts'
import { calmNetwork } from '../simulator/sim-wire.ts'
import { World } from '../simulator/world.ts'
import { diskSlow } from './disk-slow.ts'
import type { FaultContext, Shown } from './fault.ts'

// A cut held four probes back for good and the fifth until it healed (seed 2842).
it('how fast a disk was before is not told by one probe that waited for a cut to heal', () => {
  const world = new World({ seed: 1, network: calmNetwork, disk: calmDisk })
  let shown: Shown | undefined
  world.addClient('clients', (ports) => {
    const loop = new Loop(ports)
    let probes = 0
    let state = 'fine'
    const writes: FaultContext['view']['writes'] = (_id, done) => {
      probes++
      if (probes < 5) return void loop.after(100, () => done(undefined))
      const tookMs = probes === 5 ? 300 : state === 'slow' ? 100 : 10
      return void loop.after(tookMs, () => done({ wallMs: 0, latestMs: 0 } as never))
    }
    const setDisk = (_id: number, to: string, done: () => void): void => {
      state = to
      done()
    }
    const context = { loop, control: { setDisk }, view: { writes }, evidenceTimeoutMs: 5000 } as unknown as FaultContext
    diskSlow.inject(context, [1], (seen) => (shown = seen))
    return loop
  })
  world.run({ untilMs: 60_000, while: () => shown === undefined })
  expect(shown).toEqual({ shown: true, evidence: { 1: { beforeMs: 10, slowMs: 100 } } })
})
