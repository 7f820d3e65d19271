/**
 * TxnOffsetCommit v0-5: offsets of a group in the name of a transaction, which count when its marker comes. The partition that
 * holds the group must be in the transaction (AddOffsetsToTxn), or is put into it (v5, KIP-890).
 * Version notes: v3 member id and generation; v4 TRANSACTION_ABORTABLE, INVALID_TXN_STATE before; v5 implicit AddOffsetsToTxn.
 */
import { apis } from '../../../protocol/apis.ts'
import type { TxnOffsetCommitRequest } from '../../../protocol/apis/28-txn-offset-commit.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { toNumber } from '../../../protocol/int64.ts'
import { commitOffsets, type AskedOffset } from '../groups/offset-commits.ts'
import { offsetsTopic } from '../metadata/internal-topics.ts'
import type { BrokerNode } from '../node.ts'
import type { VerificationGuard } from '../replication/verifications.ts'
import { handler, type Handler } from '../server/server.ts'
import { regrouped } from './topic-partitions.ts'
import { abortableFor } from './transaction-errors.ts'

const loadingSinceVersion = 2
const abortableSinceVersion = 4
const addsSinceVersion = 5

type Give = (error: ErrorName) => void

export function txnOffsetCommitHandler(node: BrokerNode): Handler {
  return handler(apis.TxnOffsetCommit, ({ apiVersion }, whole, respond) => {
    const request = { ...whole, topics: whole.topics.filter(({ partitions }) => partitions.length > 0) }
    const asked = offsetsOf(node, request)
    const sizes = request.topics.map(({ partitions }) => partitions.length)
    const giveEach = (errors: readonly ErrorName[]): void => {
      const perTopic = regrouped(sizes, errors)
      respond({
        topics: request.topics.map(({ name, partitions }, i) => ({
          name,
          partitions: partitions.map(({ partitionIndex }, k) => ({ partitionIndex, errorCode: errorCode[perTopic[i]![k]!] })),
        })),
      })
    }
    const give: Give = (error) => {
      const isLoading = error === 'COORDINATOR_LOAD_IN_PROGRESS' && apiVersion < loadingSinceVersion
      const told = isLoading ? 'COORDINATOR_NOT_AVAILABLE' : abortableFor(error, apiVersion >= abortableSinceVersion)
      giveEach(asked.map((each) => (each === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : told)))
    }
    const error = requestError(node, request)
    if (error !== 'NONE' || asked.every((each) => each === undefined)) return give(error)
    return becomePart(node, request, { adds: apiVersion >= addsSinceVersion, asksLeft: askedTimesMax }, (refusal) => {
      if (refusal !== 'NONE') return give(refusal)
      return commit(node, request, { asked, give, giveEach })
    })
  })
}

function requestError(node: BrokerNode, { groupId, transactionalId, producerId, producerEpoch }: TxnOffsetCommitRequest): ErrorName {
  if (groupId === '') return 'INVALID_GROUP_ID'
  if (transactionalId === '') return 'INVALID_REQUEST'
  if (producerId < 0n || producerEpoch < 0) return 'INVALID_PRODUCER_ID_MAPPING'
  return node.groups.find(groupId).error
}

/** One marker can overtake one question; more than that is somebody's doing. */
const askedTimesMax = 3

interface HowToAsk {
  /** The partition is put into the transaction; else only asked about. */
  readonly adds: boolean
  readonly asksLeft: number
}

/** NONE: the group's partition is in the transaction. */
function becomePart(node: BrokerNode, request: TxnOffsetCommitRequest, { adds, asksLeft }: HowToAsk, done: Give): void {
  const { groupId, transactionalId, producerEpoch } = request
  const producerId = toNumber(request.producerId)
  const { shard } = node.groups.find(groupId)
  if (shard === undefined) return done('NOT_COORDINATOR')
  const { partition } = shard
  const verifyOnly = !adds
  if (verifyOnly && !node.config.transactionPartitionVerificationEnable) return done('NONE')
  if (partition.log.producers.hasOpenTransaction(producerId, producerEpoch)) return done('NONE')
  let guard: VerificationGuard | undefined
  const asking = (): void => {
    guard = partition.verifications.begin({ producerId, producerEpoch, baseSequence: noSequence }, { beginsAtZero: false })
  }
  const { index } = partition.options
  const question = { transactionalId, producerId, producerEpoch, topic: offsetsTopic, index, verifyOnly, asking }
  return node.membership.ask(question, (error) => {
    if (error !== 'NONE') return done(error === 'NOT_ENOUGH_REPLICAS' ? 'COORDINATOR_NOT_AVAILABLE' : error)
    if (!shard.leads) return done('NOT_COORDINATOR')
    if (partition.verifications.holds(producerId, guard)) return done('NONE')
    // A marker that came meanwhile, perhaps of the transaction before, makes the answer worthless.
    return asksLeft > 1 ? becomePart(node, request, { adds, asksLeft: asksLeft - 1 }, done) : done('INVALID_TXN_STATE')
  })
}

/** Offsets have none. */
const noSequence = -1

interface Answering {
  readonly asked: readonly (AskedOffset | undefined)[]
  readonly give: Give
  readonly giveEach: (errors: readonly ErrorName[]) => void
}

function commit(node: BrokerNode, request: TxnOffsetCommitRequest, { asked, give, giveEach }: Answering): void {
  const producerId = toNumber(request.producerId)
  const { producerEpoch } = request
  const error = node.groups.inShard(request.groupId, (shard) => {
    const { partition } = node.groups.find(request.groupId).shard!
    const known = partition.log.producers.find(producerId, node.loop.ports.clock.wallNow())
    if (known !== undefined && producerEpoch < known.producerEpoch) return shard.answer(() => give('INVALID_PRODUCER_EPOCH'))
    partition.verifications.end(producerId)
    const offsets = asked.filter((each) => each !== undefined)
    const committed = {
      groupId: request.groupId,
      memberId: request.memberId,
      groupInstanceId: request.groupInstanceId,
      generationId: request.generationIdOrMemberEpoch,
      retentionMs: -1,
      knowsMemberEpochs: false,
      offsets,
      transaction: { producerId, producerEpoch },
    }
    return commitOffsets(shard, committed, (errors) => {
      const left = [...errors]
      giveEach(asked.map((each) => (each === undefined ? 'UNKNOWN_TOPIC_OR_PARTITION' : left.shift()!)))
    })
  })
  if (error !== 'NONE') give(error)
}

/** undefined where there is no such partition. */
function offsetsOf(node: BrokerNode, request: TxnOffsetCommitRequest): (AskedOffset | undefined)[] {
  return request.topics.flatMap(({ name, partitions }) => {
    const topic = node.image.topicsByName.get(name)
    return partitions.map((each) => topic?.partitions[each.partitionIndex] && {
      topic: name,
      topicId: topic.id,
      partition: each.partitionIndex,
      offset: each.committedOffset,
      leaderEpoch: each.committedLeaderEpoch,
      metadata: each.committedMetadata,
    })
  })
}
