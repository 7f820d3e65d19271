/**
 * The last events of a run, kept as they are and put into words only when somebody asks for the story of a
 * failure.
 */
import type { PortEvent } from '../ports/events.ts'
import type { SimNode } from './sim-node.ts'
import type { TraceMark } from './trace-hash.ts'

const keptEvents = 256

export class RecentEvents {
  readonly #times: number[] = Array.from({ length: keptEvents }, () => 0)
  readonly #nodes: (SimNode | undefined)[] = Array.from({ length: keptEvents }, () => undefined)
  readonly #events: (PortEvent | TraceMark | undefined)[] = Array.from({ length: keptEvents }, () => undefined)
  #next = 0

  add(timeMs: number, node: SimNode, event: PortEvent | TraceMark): void {
    const at = this.#next++ % keptEvents
    this.#times[at] = timeMs
    this.#nodes[at] = node
    this.#events[at] = event
  }

  /** One line an event, oldest first: `1042.318 broker-2 frame on connection 7, 96 bytes`. */
  lines(): string[] {
    const lines: string[] = []
    for (let i = Math.max(0, this.#next - keptEvents); i < this.#next; i++) {
      const at = i % keptEvents
      const event = this.#events[at]
      if (event === undefined) continue
      const what = typeof event === 'string' ? event : words(event)
      lines.push(`${this.#times[at]!.toFixed(3)} ${this.#nodes[at]!.name} ${what}`)
    }
    return lines
  }
}

function words(event: PortEvent): string {
  switch (event.kind) {
    case 'timer':
      return `timer ${event.timer}`
    case 'frame':
      return `frame on connection ${event.connection}, ${event.frame.length} bytes`
    case 'connected':
    case 'drained':
      return `connection ${event.connection} ${event.kind}`
    case 'accepted':
      return `connection ${event.connection} accepted from ${event.remote}`
    case 'closed':
      return `connection ${event.connection} closed: ${event.reason}`
    case 'listening':
      return `listening on ${event.listener} port ${event.port}`
    case 'listen-failed':
      return `cannot listen on ${event.listener}: ${event.reason}`
    case 'disk-done':
      return `disk request ${event.request} done`
    case 'disk-failed':
      return `disk request ${event.request} failed: ${event.reason}`
  }
}
