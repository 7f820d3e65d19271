/**
 * What a nemesis needs of a target, whatever it is made of. `BrokerControl` does things to brokers and says what the
 * platform showed; `ClusterView` looks at the cluster as a client would. Evidence takes both: a fault is never believed
 * because it was asked for.
 */
import type { Key } from '../history/op.ts'
import type { Link } from './links.ts'

/** Facts, as they go into the history. */
export type Facts = Readonly<Record<string, unknown>>

export type BrokerState = 'running' | 'paused' | 'dead'

export interface BrokerControl {
  readonly brokerIds: readonly number[]
  /** SIGKILL; `done` when the process is gone, with how it ended. */
  kill(id: number, done: (seen: Facts) => void): void
  /** A new process on the same data; `done` when it runs, with what tells it from the old one. */
  start(id: number, done: (seen: Facts) => void): void
  /** SIGSTOP and SIGCONT; `done` when sent. */
  pause(id: number, done: (seen: Facts) => void): void
  resume(id: number, done: (seen: Facts) => void): void
  /** As the platform tells it, not as it was ordered. */
  state(id: number): BrokerState
}

// What only some targets can do: ask with the guard before a run.

/** How wrong a wall clock is: `offsetMs` off the truth from now on, and gaining `driftPpm` microseconds a second. */
export interface ClockSkew {
  readonly offsetMs: number
  readonly driftPpm: number
}

export interface ClockControl {
  /** Only the wall clock of the broker's machine; it outlives the process. `done` when every later reading has it. */
  skew(id: number, skew: ClockSkew, done: (seen: Facts) => void): void
}

export interface PowerControl {
  /**
   * The machine under the broker loses power: the process is gone, and so is what was written and not synced. `done` with
   * `lost`: the bytes gone, by file.
   */
  losePower(id: number, done: (seen: Facts) => void): void
}

/**
 * `full`: nothing more can be written. `slow`: everything takes many times as long. `failing`: a write or a sync is about to
 * fail with an I/O error (EIO), and a file whose sync failed may have lost what was not synced.
 */
export type DiskState = 'full' | 'slow' | 'failing' | 'fine'

export interface DiskControl {
  /** What `setDisk` can do; missing: everything. */
  readonly diskStates?: readonly DiskState[] | undefined
  setDisk(id: number, state: DiskState, done: (seen: Facts) => void): void
  /** The sentence with which the broker's last process stopped by itself; undefined when it did not. */
  lastWord(id: number): string | undefined
}

export interface NetworkControl {
  /** Pulls the plug of the broker's machine, or puts it in again; `done` with what the platform says of it then. */
  plug(id: number, connected: boolean, done: (seen: Facts & { readonly connected: boolean }) => void): void
}

export interface LossControl {
  /** Every packet to and from the broker is lost with this chance from now on; 0: none is. */
  losePackets(id: number, share: number, done: () => void): void
}

export interface DelayControl {
  /** Every packet to and from the broker is held that long from now on, in order; 0: none is. */
  delayPackets(id: number, delayMs: number, done: () => void): void
}

export interface SqueezeControl {
  /** Of one processor; undefined: all there are. */
  squeeze(id: number, cpuShare: number | undefined, done: () => void): void
  /** How many of the scheduler's periods the broker has had to sit out since it was started, as the kernel counts them. */
  throttled(id: number, done: (periods: number) => void): void
}

/** As the kernel counts. */
export interface MemoryPressure {
  readonly usageBytes: number
  /** How often it has had to find room for the broker. */
  readonly reclaims: number
  /** It killed the broker for want of memory. */
  readonly killed: boolean
}

export interface MemoryControl {
  /** Hardly more than it holds now, or all there is; `done` with the limit in bytes. */
  squeezeMemory(id: number, squeezed: boolean, done: (limitBytes: number) => void): void
  pressure(id: number, done: (pressure: MemoryPressure) => void): void
}

export interface StopControl {
  /** Asks for an orderly end and insists after `timeoutMs`; `done` when the process is gone, `orderly` telling how. */
  stop(id: number, timeoutMs: number, done: (seen: Facts & { readonly orderly: boolean }) => void): void
}

export function canSkewClock(control: BrokerControl): control is BrokerControl & ClockControl {
  return 'skew' in control && control.skew !== undefined
}

export function canLosePower(control: BrokerControl): control is BrokerControl & PowerControl {
  return 'losePower' in control && control.losePower !== undefined
}

/** All that can be done to disks. */
export function canBreakDisk(control: BrokerControl): control is BrokerControl & DiskControl {
  return 'setDisk' in control && (control as Partial<DiskControl>).diskStates === undefined
}

export function canFillDisk(control: BrokerControl): control is BrokerControl & DiskControl {
  return 'setDisk' in control && (control as Partial<DiskControl>).diskStates?.includes('full') !== false
}

export function canSqueeze(control: BrokerControl): control is BrokerControl & SqueezeControl {
  return 'squeeze' in control
}

export function canSqueezeMemory(control: BrokerControl): control is BrokerControl & MemoryControl {
  return 'squeezeMemory' in control
}

export function canPlug(control: BrokerControl): control is BrokerControl & NetworkControl {
  return 'plug' in control
}

export function canStop(control: BrokerControl): control is BrokerControl & StopControl {
  return 'stop' in control
}

/** What came of a probe record: when it was sent and answered by our wall clock, and the broker's own in between. */
export interface ClockReading {
  readonly sentMs: number
  readonly answeredMs: number
  /** LogAppendTime of the record. */
  readonly brokerMs: number
}

/** What a link has done so far: bytes let through since the beginning, and bytes held now. */
export interface LinkTraffic {
  readonly movedBytes: number
  readonly heldBytes: number
}

/** What a link had held when it was healed, and of the connections concerned how many are reset. */
export interface HeldByLink {
  readonly heldBytes: number
  readonly connections: number
  readonly resetConnections: number
}

/** Power over the network between the brokers, and to their clients. */
export interface LinkControl {
  /** From now on nothing sent over these links arrives; `done` when that is ordered. */
  cut(links: readonly Link[], done: () => void): void
  /** Lets the links go: what they held comes late, or its connection is reset. `done` with one answer for each. */
  heal(links: readonly Link[], done: (held: readonly HeldByLink[]) => void): void
  /** Cut now, as it was ordered. */
  cutLinks(): readonly Link[]
  /** As counted where the bytes come out; one answer for each of the links. */
  traffic(links: readonly Link[], done: (traffic: readonly LinkTraffic[]) => void): void
  /** Whether a message sent at one end of the link comes out at the other within `timeoutMs`. No broker takes part. */
  probe(link: Link, timeoutMs: number, done: (arrived: boolean) => void): void
}

export function canCut(control: BrokerControl): control is BrokerControl & { readonly links: LinkControl } {
  return 'links' in control && control.links !== undefined
}

export interface ClusterView {
  /** Leaders as last observed; -1 for none. */
  leaders(): ReadonlyMap<Key, number>
  /** In-sync sets as last observed. */
  inSyncReplicas(): ReadonlyMap<Key, readonly number[]>
  /** The active controller as last observed. */
  controller(): number | undefined
  /** Those that coordinate a group or a transactional id in use, as last observed. */
  coordinators(): ReadonlySet<number>
  /** Whether the broker answers a request within `timeoutMs`, on a new connection. */
  answers(id: number, timeoutMs: number, done: (yes: boolean) => void): void
  /** Whether a connect to the broker is refused. */
  refuses(id: number, timeoutMs: number, done: (yes: boolean) => void): void
  /** Whether the cluster lists the broker as alive. */
  lists(id: number, timeoutMs: number, done: (yes: boolean) => void): void
  /** Writes a record that only this broker holds, and tells what it made of it; undefined without an answer within a second. */
  writes(id: number, done: (reading: ClockReading | undefined) => void): void
}
