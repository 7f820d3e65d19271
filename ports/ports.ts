import type { Clock } from './clock.ts'
import type { Disk } from './disk.ts'
import type { Network } from './network.ts'
import type { Random } from './random.ts'

/** All that a node has of the world. */
export interface Ports {
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  readonly disk: Disk
}

/** What a client needs: everything but a disk. */
export type ClientPorts = Omit<Ports, 'disk'>
