/** What of a pipeline can be varied, and what its history is told of it. */
import type { Delivery } from '../../history/group-op.ts'
import type { Key } from '../../history/op.ts'
import type { TransactionalOptions } from '../client/client.ts'
import type { GroupPlan } from '../groups/group-plan.ts'
import type { KeyedAppendOptions } from '../keyed-append/options.ts'
import { keyOf, type TopicSpec } from '../workload.ts'

/** Where a worker can die or stand still. */
export type Boundary = 'polled' | 'sent' | 'offsets' | 'committing'
export const boundaries: readonly Boundary[] = ['polled', 'sent', 'offsets', 'committing']

export interface PipelineOptions {
  /** What comes in. */
  readonly traffic: KeyedAppendOptions
  /** Its topics are the inputs. */
  readonly group: Omit<GroupPlan, 'delivery' | 'members' | 'staticMembers'>
  readonly outputs: readonly string[]
  readonly workers: number
  readonly delivery: Delivery
  readonly recordsPerPoll: number
  readonly pollTimeoutMs: number
  /** Of the batches of a worker, at any of the boundaries. */
  readonly crashChance: number
  readonly pauseChance: number
  /** Beyond the session, so that another takes over meanwhile. */
  readonly pauseMs: number
  /** A new instance takes a fresh transactional id, so that nobody ends what the one before it left open but its timeout. */
  readonly freshIdChance: number
  /** Of the transactions of a worker, for no reason but its own. */
  readonly abortChance: number
  /** About this often a worker is taken for dead, and another begins under its transactional id, which fences it; 0 for never. */
  readonly takenForDeadMs: number
  readonly producer: Omit<TransactionalOptions, 'transactionalId'>
  /** Each record also calls somebody outside, who knows nothing of transactions; `idempotent`: who asks by input what was done. */
  readonly sideEffects?: 'plain' | 'idempotent'
  readonly watchMs: number
}

/** `pipeline` of the first op of a history. */
export function pipelineConfig(
  { group, outputs }: Pick<PipelineOptions, 'group' | 'outputs'>,
  topics: readonly TopicSpec[],
): { readonly group: string; readonly inputs: Key[]; readonly outputs: Key[] } {
  const keysOf = (names: readonly string[]): Key[] =>
    topics.filter(({ name }) => names.includes(name)).flatMap(({ name, partitions }) => Array.from({ length: partitions }, (_, index) => keyOf(name, index)))
  return { group: group.group, inputs: keysOf(group.topics), outputs: keysOf(outputs) }
}
