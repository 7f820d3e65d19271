/**
 * What the outside world tells a node. Ports only accept requests; every answer and every arrival comes back as one of
 * these, through one door (`Loop.step`). A node therefore never waits, and a run is the list of its events.
 */

/** Chosen by the node when it asks for a timer; never reused within one life of the node. */
export type TimerId = number
/** Chosen by the network twin; never reused within one life of the node. */
export type ConnectionId = number
/** Chosen by the node when it asks the disk; never reused within one life of the node. */
export type DiskRequest = number

export interface FileEntry {
  /** Path below the data directory, `/`-separated. */
  readonly file: string
  readonly sizeBytes: number
}

export type PortEvent =
  | { readonly kind: 'timer'; readonly timer: TimerId }
  /** `port` is the port really bound, also when 0 was asked for. */
  | { readonly kind: 'listening'; readonly listener: string; readonly port: number }
  | { readonly kind: 'listen-failed'; readonly listener: string; readonly reason: string }
  | { readonly kind: 'accepted'; readonly listener: string; readonly connection: ConnectionId; readonly remote: string }
  | { readonly kind: 'connected'; readonly connection: ConnectionId }
  /** One whole frame, without its four length bytes. The bytes belong to the receiver and are never changed again. */
  | { readonly kind: 'frame'; readonly connection: ConnectionId; readonly frame: Uint8Array }
  /** The output queue was full and has room again. */
  | { readonly kind: 'drained'; readonly connection: ConnectionId }
  /** Also the answer to a failed `connect`. Nothing follows for this connection. */
  | { readonly kind: 'closed'; readonly connection: ConnectionId; readonly reason: string }
  | { readonly kind: 'disk-done'; readonly request: DiskRequest; readonly bytes?: Uint8Array; readonly files?: readonly FileEntry[] }
  | { readonly kind: 'disk-failed'; readonly request: DiskRequest; readonly reason: string }

/** Where a port twin delivers events: one at a time, never from inside a call the node made to a port. */
export type EventSink = (event: PortEvent) => void
