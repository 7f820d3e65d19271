/** For tests: a Network on which every call is answered, and the test is the other side. */
import type { ConnectionId, PortEvent } from '../../../ports/events.ts'
import type { Network } from '../../../ports/network.ts'

export interface SentFrame {
  readonly connection: ConnectionId
  readonly frame: Uint8Array
}

export class ScriptedNetwork implements Network {
  /** Frames not yet taken. */
  readonly sent: SentFrame[] = []
  readonly #step: (event: PortEvent) => void
  #nextConnection = 1

  /** `step`: where events go. */
  constructor(step: (event: PortEvent) => void) {
    this.#step = step
  }

  connect(): ConnectionId {
    return this.#nextConnection++
  }

  send(connection: ConnectionId, frame: Uint8Array): void {
    this.sent.push({ connection, frame })
  }

  answer(connection: ConnectionId, frame: Uint8Array): void {
    this.#step({ kind: 'frame', connection, frame })
  }

  break(connection: ConnectionId): void {
    this.#step({ kind: 'closed', connection, reason: 'reset' })
  }

  listen(): void {}
  unlisten(): void {}
  isFull(): boolean {
    return false
  }
  queuedBytes(): number {
    return 0
  }
  pause(): void {}
  resume(): void {}
  close(): void {}
}
