import { describePorts } from '../ports/conformance.testing.ts'
import { conformanceFrameBytes } from '../ports/witness.testing.ts'
import type { PortsHarness, WitnessNode } from '../ports/witness.testing.ts'
import { calmDisk } from './sim-disk.ts'
import { calmNetwork } from './sim-wire.ts'
import { World } from './world.ts'

const deadlineMs = 60_000

function simulatedHarness(): PortsHarness {
  const network = { ...calmNetwork, maxFrameBytes: conformanceFrameBytes }
  const world = new World({ seed: 1, network, disk: calmDisk })
  let nodes = 0
  return {
    newNode: () => {
      const host = `node-${nodes++}`
      const booted: WitnessNode[] = []
      world.addNode(host, (ports) => {
        const node: WitnessNode = { ports, host, events: [], react: () => {} }
        booted.push(node)
        return {
          step: (event) => {
            node.events.push(event)
            node.react(event)
          },
        }
      })
      return booted[0]!
    },
    until: async (condition) => {
      world.run({ while: () => !condition(), untilMs: world.now() + deadlineMs })
      if (!condition()) throw new Error(`the condition did not come true in time\n${world.recentEvents().join('\n')}`)
      if (world.failures.length > 0) throw world.failures[0]!.error
    },
    stop: async () => {},
  }
}

describePorts('the simulated twins', simulatedHarness)
