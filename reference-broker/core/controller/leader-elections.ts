/**
 * Leaders elected on purpose: because somebody asked (ElectLeaders, KIP-460), or because the preferred replicas should
 * lead again (auto.leader.rebalance.enable), or because a topic permits unclean elections by now
 * (unclean.leader.election.interval.ms). Who may lead is the decision table's word here, too.
 */
import type { ErrorName } from '../../../protocol/errors.ts'
import type { ClusterImage, TopicImage } from '../metadata/image.ts'
import type { PartitionRecord } from '../metadata/records.ts'
import type { Controller } from './controller.ts'
import { partitionRecord, type ElectionContext } from './elections.ts'

export type ElectionType = 'preferred' | 'unclean'

export interface AskedPartition {
  readonly topic: string
  readonly index: number
}

export interface ElectionAnswer extends AskedPartition {
  readonly error: ErrorName
  readonly message: string | null
}

type Outcome = { readonly record: PartitionRecord } | { readonly error: ErrorName; readonly message: string | null }

/** `asked` null means every partition of the cluster. One that is named twice is elected once, and answered twice. */
export function electLeaders(
  controller: Controller,
  request: { readonly type: ElectionType; readonly asked: readonly AskedPartition[] | null },
  done: (answers: readonly ElectionAnswer[]) => void,
): void {
  const { type, asked } = request
  const records: PartitionRecord[] = []
  const elected = new Set<string>()
  const answers = (asked ?? everyPartition(controller.image)).map(({ topic, index }): ElectionAnswer => {
    const outcome = electOne(controller.elections, { topic, index }, type)
    if ('error' in outcome) return { topic, index, ...outcome }
    if (!elected.has(`${topic}-${index}`)) records.push(outcome.record)
    elected.add(`${topic}-${index}`)
    return { topic, index, error: 'NONE', message: null }
  })
  controller.propose(records, (committed) => {
    const lost = { error: 'NOT_CONTROLLER', message: null } as const
    done(committed ? answers : answers.map((answer) => ({ ...answer, ...lost })))
  })
}

export function everyPartition({ topicsById }: ClusterImage): AskedPartition[] {
  return [...topicsById.values()].flatMap(({ name, partitions }) =>
    partitions.map((_, index) => ({ topic: name, index })),
  )
}

function electOne(context: ElectionContext, asked: AskedPartition, type: ElectionType): Outcome {
  const topic = context.image.topicsByName.get(asked.topic)
  const partition = topic?.partitions[asked.index]
  if (topic === undefined || partition === undefined) {
    return { error: 'UNKNOWN_TOPIC_OR_PARTITION', message: `There is no partition ${asked.topic}-${asked.index}.` }
  }
  const isFine = type === 'preferred' ? partition.leader === partition.replicas[0] : partition.leader >= 0
  if (isFine) return { error: 'ELECTION_NOT_NEEDED', message: 'The leader is as wanted.' }
  const record = type === 'preferred' ? preferred(context, topic, asked.index) : anyLive(context, topic, asked.index)
  if (record !== undefined) return { record }
  return type === 'preferred'
    ? { error: 'PREFERRED_LEADER_NOT_AVAILABLE', message: 'The preferred replica is not alive or not in sync.' }
    : { error: 'ELIGIBLE_LEADERS_NOT_AVAILABLE', message: 'No replica is alive.' }
}

/** The first replica, if the decision table would let it lead were it the only one to choose from. */
function preferred(context: ElectionContext, topic: TopicImage, index: number): PartitionRecord | undefined {
  const partition = topic.partitions[index]!
  const first = partition.replicas[0]!
  const isLive = (id: number): boolean => id === first && context.image.isLive(id)
  const elected = context.decisions.electLeader({ ...partition, isLive, uncleanAllowed: false })
  const isSound = elected.leader === first && !elected.unclean
  return isSound ? partitionRecord(context, topic, index, elected) : undefined
}

function anyLive(context: ElectionContext, topic: TopicImage, index: number): PartitionRecord | undefined {
  const isLive = (id: number): boolean => context.image.isLive(id)
  const elected = context.decisions.electLeader({ ...topic.partitions[index]!, isLive, uncleanAllowed: true })
  return elected.leader >= 0 ? partitionRecord(context, topic, index, elected) : undefined
}

/** The records that give a leader to partitions without one whose topics permit an unclean election. */
export function electUnclean(context: ElectionContext): PartitionRecord[] {
  const records: PartitionRecord[] = []
  for (const topic of context.image.topicsById.values()) {
    if (!context.uncleanAllowed(topic)) continue
    for (const [index, partition] of topic.partitions.entries()) {
      const record = partition.leader < 0 ? anyLive(context, topic, index) : undefined
      if (record !== undefined) records.push(record)
    }
  }
  return records
}

/** The records that give leadership back to every preferred replica that may have it. */
export function rebalanceLeaders(context: ElectionContext): PartitionRecord[] {
  const records: PartitionRecord[] = []
  for (const topic of context.image.topicsById.values()) {
    for (const [index, partition] of topic.partitions.entries()) {
      const record = partition.leader === partition.replicas[0] ? undefined : preferred(context, topic, index)
      if (record !== undefined) records.push(record)
    }
  }
  return records
}
