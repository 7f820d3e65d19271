/** A world of nodes that only write their events down, for the tests of the simulator. */
import type { PortEvent } from '../ports/events.ts'
import type { Ports } from '../ports/ports.ts'
import { eventsOf } from '../ports/witness.testing.ts'
import type { WitnessNode } from '../ports/witness.testing.ts'
import { calmDisk } from './sim-disk.ts'
import { calmNetwork } from './sim-wire.ts'
import { World } from './world.ts'
import type { WorldOptions } from './world.ts'

export class WitnessWorld {
  readonly world: World
  readonly #nodes: Map<string, WitnessNode[]> = new Map()

  constructor(options: Partial<WorldOptions> = {}) {
    this.world = new World({ seed: 1, network: calmNetwork, disk: calmDisk, ...options })
  }

  add(name: string): WitnessNode {
    const lives: WitnessNode[] = []
    this.#nodes.set(name, lives)
    this.world.addNode(name, (ports: Ports) => {
      const node: WitnessNode = { ports, host: name, events: [], react: () => {} }
      lives.push(node)
      return {
        step: (event: PortEvent) => {
          node.events.push(event)
          node.react(event)
        },
      }
    })
    return this.node(name)
  }

  /** The node as it lives now. */
  node(name: string): WitnessNode {
    return this.#nodes.get(name)!.at(-1)!
  }

  runFor(durationMs: number): void {
    this.world.run({ untilMs: this.world.now() + durationMs })
  }

  /** `from` calls `to`, which listens on port 1; returns the connection as each of them names it. */
  connect(from: string, to: string): { calling: number; called: number } {
    const caller = this.node(from)
    const callee = this.node(to)
    callee.ports.network.listen('l', to, 1)
    const calling = caller.ports.network.connect(to, 1)
    this.world.run({ while: () => eventsOf(caller, 'connected').every((event) => event.connection !== calling) })
    return { calling, called: eventsOf(callee, 'accepted').at(-1)!.connection }
  }
}

/** A frame that carries one number. */
export function numbered(number: number): Uint8Array {
  return Uint8Array.of(number >> 8, number & 255)
}

/** The numbers of the frames a node was given, in their order. */
export function numbersOf(node: WitnessNode): number[] {
  return eventsOf(node, 'frame').map(({ frame }) => frame[0]! * 256 + frame[1]!)
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}
