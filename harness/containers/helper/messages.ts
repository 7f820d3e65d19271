/** What the harness and a helper container say to each other: one JSON document a line, commands there, reports back. */

export type HelperCommand =
  /** What the kernel lets it do to packets; answered by `HelperAbilities`. */
  | { readonly do: 'try' }
  /** Lines for iptables-restore, all done or none. */
  | { readonly do: 'restore'; readonly lines: readonly string[]; readonly flush: boolean }
  /** No rule is left, and no delay. */
  | { readonly do: 'take-back' }
  /** What iptables-save says, with counters. */
  | { readonly do: 'save' }
  /** Sends a datagram with this number; the helper at the other end reports it. */
  | { readonly do: 'probe'; readonly probe: number; readonly host: string; readonly port: number }
  | { readonly do: 'connect'; readonly host: string; readonly port: number; readonly timeoutMs: number }
  | { readonly do: 'skew'; readonly offsetMs: number; readonly driftPpm: number }
  /** Holds every packet that long; 0: none. */
  | { readonly do: 'delay'; readonly delayMs: number }
  /** A disk in a file, answered by its device; all that is written to it is synced; it is cut off; what it has lost, answered by `LostBytes`; all are let go. */
  | { readonly do: 'make-disk'; readonly disk: number; readonly sizeMiB: number }
  | { readonly do: 'sync-disk' | 'cut-power' | 'count-lost'; readonly disk: number }
  | { readonly do: 'release-disks' }
  /** From now on the broker's machine seems to have been started anew. */
  | { readonly do: 'reboot' }
  /** Fills the data volume until nothing fits any more, or makes room again. */
  | { readonly do: 'fill' | 'empty' }

/** A file that is gone has lost all it had. */
export interface LostBytes {
  readonly file: string
  readonly lostBytes: number
}

export interface HelperAbilities {
  readonly loss: boolean
  readonly delay: boolean
}

export type ConnectResult = 'open' | 'refused' | 'silent'

export type HelperReport =
  /** It listens for probes there. */
  | { readonly listening: number }
  | { readonly arrived: number }
  /** Of the command with this number. */
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failed: string }

/** Where helpers in the network of a broker listen for probes; the broker's own ports are others. */
export const probePort = 19_090

/** Inside every helper: the tools it shares with its broker, and the broker's data. */
export const toolsDirectory = '/tribunal'
export const dataDirectory = '/data'
/** Where the keeper of disks has them. */
export const disksDirectory = '/disks'
