/** The links of the simulated network, as a nemesis cuts and looks at them. */
import type { LinkControl } from '../../nemesis/control.ts'
import { isSameLink, type Link, type LinkEnd } from '../../nemesis/links.ts'
import type { Loop } from '../../ports/loop.ts'
import { brokerName } from '../../simulator/sim-cluster.ts'
import type { World } from '../../simulator/world.ts'

/** The machine with all clients and the harness. */
export const clientsMachine = 'clients'

/** Deeds happen between the turns of the nodes; what comes of them is told on `loop`. */
export function simulatedLinks(world: World, loop: Loop): LinkControl {
  let cutNow: readonly Link[] = []
  const act = <T>(deed: () => T, done: (result: T) => void): void => {
    world.schedule(0, () => {
      const result = deed()
      loop.after(0, () => done(result))
    })
  }
  return {
    cut: (links, done) => {
      cutNow = [...cutNow, ...links]
      act(() => links.forEach((link) => world.network.block(...machinesOf(link))), done)
    },
    heal: (links, done) => {
      cutNow = cutNow.filter((link) => !links.some((healed) => isSameLink(healed, link)))
      act(() => links.map((link) => {
        const { bytes, connections, brokenConnections } = world.network.unblock(...machinesOf(link))
        return { heldBytes: bytes, connections, resetConnections: brokenConnections }
      }), done)
    },
    cutLinks: () => cutNow,
    traffic: (links, done) => act(() => links.map((link) => world.network.traffic(...machinesOf(link))), done),
    probe: (link, timeoutMs, done) => {
      let isOpen = true
      const tell = (arrived: boolean): void => {
        if (!isOpen) return
        isOpen = false
        loop.cancel(timer)
        done(arrived)
      }
      const timer = loop.after(timeoutMs, () => tell(false))
      world.schedule(0, () => world.network.ping(...machinesOf(link), () => loop.after(0, () => tell(true))))
    },
  }
}

function machinesOf({ from, to }: Link): [from: string, to: string] {
  return [machineOf(from), machineOf(to)]
}

function machineOf(end: LinkEnd): string {
  return end === 'clients' ? clientsMachine : brokerName(end)
}
