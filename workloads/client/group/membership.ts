/**
 * What the two group protocols have in common: a membership speaks to the coordinator and tells its host, the member, what it
 * may own. Its host alone knows what is owned, and asks the application before anything is given up.
 */
import type { Loop } from '../../../ports/loop.ts'
import type { OpError } from '../../../history/op.ts'
import type { GroupIdentity, TopicPartition } from '../client.ts'
import type { KafkaCluster } from '../cluster.ts'
import type { Coordinator } from '../coordinator.ts'
import type { Gate } from './gate.ts'

export interface MembershipHost {
  readonly owned: readonly TopicPartition[]
  /** What it is to own from here on, beside what it has. */
  take(partitions: readonly TopicPartition[], incremental: boolean): void
  /** `then` when the application has let go of them; never, when all is lost meanwhile. */
  revoke(partitions: readonly TopicPartition[], then: () => void): void
  lose(reason: string): void
  joining(): void
  /** `topics`: what it asked for. */
  joined(topics: readonly string[], error?: OpError): void
  heard(sentAtMs: number, node: number): void
  failed(error: OpError): void
}

export interface MembershipSetup {
  readonly loop: Loop
  readonly cluster: KafkaCluster
  readonly coordinator: Coordinator
  readonly gate: Gate
  readonly host: MembershipHost
  readonly retryBackoffMs: number
}

export interface Membership {
  readonly identity: GroupIdentity
  /** Joins; nothing when it is in already. */
  start(): void
  subscribe(topics: readonly string[]): void
  /** What it asked for in that generation was refused: the group goes on without it, or went on. */
  refused?(code: string, generation: number): void
  /** Metadata may have changed. */
  look(): void
  leave(done: (error: OpError | undefined) => void): void
  close(): void
}

export function isSamePartition(a: TopicPartition, b: TopicPartition): boolean {
  return a.partition === b.partition && a.topic === b.topic
}

/** Those of `all` that are not in `others`. */
export function without(all: readonly TopicPartition[], others: readonly TopicPartition[]): TopicPartition[] {
  return all.filter((each) => !others.some((other) => isSamePartition(each, other)))
}
