/** What a nemesis can do to simulated machines beside kill and pause: clocks, power, disks, and an orderly stop. */
import type { BrokerControl, ClockControl, DiskControl, Facts, PowerControl, StopControl } from '../../nemesis/control.ts'
import type { Loop } from '../../ports/loop.ts'
import { randomPick } from '../../ports/random.ts'
import { brokerName, type SimCluster } from '../../simulator/sim-cluster.ts'
import type { DiskOptions } from '../../simulator/sim-disk.ts'
import type { World } from '../../simulator/world.ts'

/** Every call at least as long as a seek of a busy rotating disk. */
const slowDisk: DiskOptions = { writeMsMin: 50, writeMsMax: 250, syncMsMin: 50, syncMsMax: 500 }

export interface MachinesSetup {
  readonly world: World
  readonly cluster: SimCluster
  /** Where the nemesis runs: it is answered in turns of its own. */
  readonly loop: Loop
  /** Of disks that are fine. */
  readonly disk: DiskOptions
}

type Machines = ClockControl & PowerControl & DiskControl & StopControl

export function simulatedMachines(setup: MachinesSetup): Machines {
  const { world, cluster, loop } = setup
  const random = world.random('disk errors')
  const act = (deed: () => Facts, done: (seen: Facts) => void): void => {
    world.schedule(0, () => {
      const seen = deed()
      loop.after(0, () => done({ atMs: world.now(), ...seen }))
    })
  }
  return {
    skew: (id, { offsetMs, driftPpm }, done) =>
      act(() => {
        world.clock(brokerName(id)).setSkew(offsetMs, driftPpm)
        return {}
      }, done),
    losePower: (id, done) => act(() => ({ lost: cluster.losePower(id) }), done),
    setDisk: (id, state, done) =>
      act(() => {
        const disk = world.disk(brokerName(id))
        disk.mend()
        if (state === 'full') disk.setFull(true)
        const failing = randomPick(random, ['append', 'sync', 'replace'] as const)
        if (state === 'failing') disk.failNext(failing, 'EIO: i/o error')
        disk.setOptions(state === 'slow' ? slowDisk : setup.disk)
        return state === 'failing' ? { failing } : {}
      }, done),
    lastWord: (id) => cluster.stops.findLast(({ brokerId }) => brokerId === id)?.reason,
    stop: (id, timeoutMs, done) => stopOrKill(setup, id, timeoutMs, done),
  }
}

function stopOrKill({ world, cluster, loop }: MachinesSetup, id: number, timeoutMs: number, done: Parameters<StopControl['stop']>[2]): void {
  let open = true
  const end = (orderly: boolean): void => {
    if (!open) return
    open = false
    if (!orderly) cluster.kill(id)
    loop.after(0, () => done({ orderly, atMs: world.now() }))
  }
  world.schedule(0, () => cluster.stop(id, () => end(true)))
  world.schedule(timeoutMs, () => end(false))
}

export type SimulatedControl = BrokerControl & Machines
