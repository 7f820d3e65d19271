/** The requests of a transactional producer, and which of an answer's errors decides. */
import { apis } from '../../protocol/apis.ts'
import { errorByCode, errorCode } from '../../protocol/errors.ts'
import { toBigInt } from '../../protocol/int64.ts'
import type { BodyOf } from './broker-connection.ts'
import type { GroupMember, GroupOffset, TopicPartition } from './client.ts'
import type { Coordinator } from './coordinator.ts'
import type { Question } from './coordinator-asking.ts'
import type { ProducerIdentity } from './producer-batch.ts'

/** By which version of the protocol a transaction goes (KIP-890). */
export type TransactionVersion = 1 | 2

/** Later versions are for those who leave it to brokers to add partitions, and whose epoch rises at each end. */
export const lastVersionsBefore2 = { Produce: 11, EndTxn: 4, TxnOffsetCommit: 4, AddPartitionsToTxn: 3 } as const
const ownEpochSince = 3
const memberSince = 3

type Api = typeof apis
type Ask<Name extends keyof Api> = Question<Api[Name]['request'], Api[Name]['response']>

/** Who asks whom. */
export interface Asker {
  readonly coordinator: Coordinator
  readonly transactionalId: string
  readonly version: TransactionVersion
  readonly identity: ProducerIdentity
}

export function initProducerId(
  asker: Pick<Asker, 'coordinator' | 'transactionalId'>,
  transactionTimeoutMs: number,
  own: ProducerIdentity | undefined,
): Ask<'InitProducerId'> {
  const { coordinator, transactionalId } = asker
  const body: BodyOf<Api['InitProducerId']['request']> = (version) => ({
    transactionalId,
    transactionTimeoutMs,
    ...(own !== undefined && version >= ownEpochSince && { producerId: toBigInt(own.producerId), producerEpoch: own.producerEpoch }),
  })
  return { coordinator, api: apis.InitProducerId, body, codeOf: (answer) => answer.errorCode }
}

export function addPartitions({ coordinator, transactionalId, identity }: Asker, partitions: readonly TopicPartition[]): Ask<'AddPartitionsToTxn'> {
  const body = {
    v3AndBelowTransactionalId: transactionalId,
    v3AndBelowProducerId: toBigInt(identity.producerId),
    v3AndBelowProducerEpoch: identity.producerEpoch,
    v3AndBelowTopics: byTopic(partitions).map(([name, ofTopic]) => ({ name, partitions: ofTopic.map(({ partition }) => partition) })),
  }
  return {
    coordinator,
    api: apis.AddPartitionsToTxn,
    body: () => body,
    maxVersion: lastVersionsBefore2.AddPartitionsToTxn,
    codeOf: (answer) =>
      decisive(answer.resultsByTopicV3AndBelow.flatMap(({ resultsByPartition }) => resultsByPartition.map((each) => each.partitionErrorCode))),
  }
}

export function addOffsets(asker: Asker, groupId: string): Ask<'AddOffsetsToTxn'> {
  return { coordinator: asker.coordinator, api: apis.AddOffsetsToTxn, body: () => ({ ...named(asker), groupId }), codeOf: (answer) => answer.errorCode }
}

/** Goes to the coordinator of the group. */
export function commitOffsets(
  asker: Asker,
  groupId: string,
  { offsets, member }: { readonly offsets: readonly GroupOffset[]; readonly member: GroupMember | undefined },
): Ask<'TxnOffsetCommit'> {
  const topics = byTopic(offsets).map(([name, ofTopic]) => ({
    name,
    partitions: ofTopic.map(({ partition, offset, leaderEpoch = -1 }) => ({
      partitionIndex: partition,
      committedOffset: toBigInt(offset),
      committedLeaderEpoch: leaderEpoch,
      committedMetadata: '',
    })),
  }))
  const body: BodyOf<Api['TxnOffsetCommit']['request']> = (version) => ({
    ...named(asker),
    groupId,
    ...(member !== undefined && version >= memberSince && {
      memberId: member.memberId,
      generationIdOrMemberEpoch: member.generation,
      groupInstanceId: member.instanceId ?? null,
    }),
    topics,
  })
  return {
    coordinator: asker.coordinator,
    api: apis.TxnOffsetCommit,
    body,
    maxVersion: asker.version === 1 ? lastVersionsBefore2.TxnOffsetCommit : undefined,
    codeOf: (answer) => decisive(answer.topics.flatMap(({ partitions }) => partitions.map((each) => each.errorCode))),
  }
}

export function endTxn(asker: Asker, committed: boolean): Ask<'EndTxn'> {
  return {
    coordinator: asker.coordinator,
    api: apis.EndTxn,
    body: () => ({ ...named(asker), committed }),
    maxVersion: asker.version === 1 ? lastVersionsBefore2.EndTxn : undefined,
    codeOf: (answer) => answer.errorCode,
  }
}

function named({ transactionalId, identity }: Asker): { transactionalId: string; producerId: bigint; producerEpoch: number } {
  return { transactionalId, producerId: toBigInt(identity.producerId), producerEpoch: identity.producerEpoch }
}

/** The error that no repetition cures, if there is one; a partition left alone because of another says nothing. */
function decisive(codes: readonly number[]): number {
  const errors = codes.filter((code) => code !== errorCode.NONE)
  const own = errors.filter((code) => code !== errorCode.OPERATION_NOT_ATTEMPTED)
  return own.find((code) => errorByCode(code)?.retriable !== true) ?? own[0] ?? errors[0] ?? errorCode.NONE
}

function byTopic<T extends TopicPartition>(all: readonly T[]): (readonly [topic: string, T[]])[] {
  return [...Map.groupBy(all, ({ topic }) => topic)]
}
