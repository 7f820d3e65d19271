import type { ConnectionId } from './events.ts'

/**
 * Reliable ordered byte streams that carry length-prefixed frames (int32 size, then that many bytes), as TCP carries
 * Kafka's. The twin does the framing: a frame that is negative or larger than the limit closes the connection and never
 * reaches the node, and a connection may end in the middle of a frame, which is then lost.
 */
export interface Network {
  /** Answered by `listening` or `listen-failed`; then an `accepted` event per caller. Port 0 asks for a free port. */
  listen(listener: string, host: string, port: number): void
  /** Stops accepting; connections that exist live on. */
  unlisten(listener: string): void
  /** Answered by `connected` or `closed`. Frames may be sent at once; they wait for the connection. */
  connect(host: string, port: number): ConnectionId
  /** Queues one frame (without length bytes). The bytes must not be changed afterwards. Ignored once closed. */
  send(connection: ConnectionId, frame: Uint8Array): void
  /** True while the output queue is over its limit: stop sending until `drained`. */
  isFull(connection: ConnectionId): boolean
  /** What is queued on all connections that are full: memory that only their peers can free. */
  queuedBytes(): number
  /** Stops and resumes the arrival of frames; at most what had arrived already still comes. */
  pause(connection: ConnectionId): void
  resume(connection: ConnectionId): void
  /** Sends what is queued, then closes. The node gets no `closed` event for its own close. Unknown ids are ignored. */
  close(connection: ConnectionId): void
}
