/** What of a trial belongs to one workload alone. */
import type { Key, MicroOp, Op, RunConfig } from '../history/op.ts'
import type { NewTopic } from '../workloads/client/client.ts'
import type { TopicSpec, Workload } from '../workloads/workload.ts'

/** One workload on topics of its own, with a history and a verdict of its own. */
export interface TrialPart {
  readonly workload: Workload
  readonly topics: readonly NewTopic[]
  /** Of these, topics that traffic does not reach all the time: nobody waits for it on them. */
  readonly quietTopics?: readonly string[]
  /** Traffic and faults go on until this many of its sends are ok. */
  readonly acknowledgedMin: number
  /** And until so many transactions have begun, one producer of them was fenced, and a coordinator moved; none need to when missing. */
  readonly transactionsMin?: number
  /** What the policy table reads, and the floors. */
  readonly config: RunConfig
}

export function specsOf({ topics }: TrialPart): TopicSpec[] {
  return topics.map(({ name, partitions }) => ({ name, partitions }))
}

/** Keys whose records a send or transaction acknowledged. */
export function acknowledgedBy({ f, type, value }: Op): readonly Key[] {
  if (type !== 'ok' || (f !== 'send' && f !== 'txn')) return []
  return (value as readonly MicroOp[]).flatMap((micro) => (micro.f === 'send' ? [micro.key] : []))
}

/** What history and verdict of a part are called: the scenario's name, and the workload's where there are several. */
export function partName(scenario: string, { workload }: TrialPart, parts: readonly TrialPart[]): string {
  return parts.length === 1 ? scenario : `${scenario}.${workload.name}`
}
