/**
 * What a nemesis needs of a target, whatever it is made of. `BrokerControl` does things to brokers and says what the
 * platform showed; `ClusterView` looks at the cluster as a client would. Evidence takes both: a fault is never believed
 * because it was asked for.
 */
import type { Key } from '../history/op.ts'

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

export interface ClusterView {
  /** Leaders as last observed; -1 for none. */
  leaders(): ReadonlyMap<Key, number>
  /** The active controller as last observed. */
  controller(): number | undefined
  /** Whether the broker answers a request within `timeoutMs`, on a new connection. */
  answers(id: number, timeoutMs: number, done: (yes: boolean) => void): void
  /** Whether a connect to the broker is refused. */
  refuses(id: number, timeoutMs: number, done: (yes: boolean) => void): void
  /** Whether the cluster lists the broker as alive. */
  lists(id: number, timeoutMs: number, done: (yes: boolean) => void): void
}
