/**
 * Real nodes that only write their events down, each with a data directory of its own, for the tests of the
 * Node twins.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PortsHarness, WitnessNode } from '../witness.testing.ts'
import type { NodeNetworkOptions } from './node-network.ts'
import { DiskNodeRunner } from './node-runner.ts'

const deadlineMs = 20_000

export class NodeHarness implements PortsHarness {
  readonly rootDir: string = mkdtempSync(join(tmpdir(), 'tribunal-ports-'))
  readonly #network: NodeNetworkOptions
  readonly #runners: DiskNodeRunner[] = []

  constructor(network: NodeNetworkOptions = {}) {
    this.#network = network
  }

  newNode(): WitnessNode {
    return this.startNode(`node-${this.#runners.length}`).node
  }

  /** A node whose data directory has this name below `rootDir`. */
  startNode(directory: string): { node: WitnessNode; runner: DiskNodeRunner } {
    const runner = new DiskNodeRunner({ rootDir: join(this.rootDir, directory), network: this.#network })
    this.#runners.push(runner)
    const node: WitnessNode = { ports: runner.ports, host: '127.0.0.1', events: [], react: () => {} }
    runner.run((event) => {
      node.events.push(event)
      node.react(event)
    })
    return { node, runner }
  }

  async until(condition: () => boolean): Promise<void> {
    const lateMs = performance.now() + deadlineMs
    while (!condition()) {
      if (performance.now() > lateMs) throw new Error('the condition did not come true in time')
      await new Promise((resolve) => { setTimeout(resolve, 1) })
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.stop()))
    rmSync(this.rootDir, { recursive: true })
  }
}
