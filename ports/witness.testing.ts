/**
 * What the conformance tests of the ports share: a node that only writes its events down, and how to wait
 * for it.
 */
import type { PortEvent } from './events.ts'
import type { Ports } from './ports.ts'

/** A node that only writes down its events; `react` may be set to answer them from inside the step. */
export interface WitnessNode {
  readonly ports: Ports
  /** How others call it. */
  readonly host: string
  readonly events: PortEvent[]
  react: (event: PortEvent) => void
}

export interface PortsHarness {
  /** Takes frames of up to `conformanceFrameBytes`. */
  newNode(): WitnessNode
  /** Lets the world run until the condition holds; fails when that takes too long. */
  until(condition: () => boolean): Promise<void>
  stop(): Promise<void>
}

export const conformanceFrameBytes: number = 2 << 20

export type EventOf<K extends PortEvent['kind']> = Extract<PortEvent, { kind: K }>

export function eventsOf<K extends PortEvent['kind']>(node: WitnessNode, kind: K): EventOf<K>[] {
  return node.events.filter((event): event is EventOf<K> => event.kind === kind)
}

/** `length` bytes that tell where in the frame and which frame they are. */
export function patterned(length: number, salt: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + salt + (i >> 8)) & 255
  return bytes
}

