/**
 * One partition of a produce request: its leader is here or not, its transaction is asked about where that must be, its batch
 * is appended or not, and then it waits for as much safety as `acks` asks for.
 */
import type { ErrorName } from '../../../protocol/errors.ts'
import type { BatchHeader } from '../../../protocol/record-batch.ts'
import { isInternalTopic } from '../metadata/internal-topics.ts'
import type { BrokerNode } from '../node.ts'
import type { Partition } from '../replication/partition.ts'
import type { VerificationGuard } from '../replication/verifications.ts'
import { addsSinceVersion, appendBatch, needsMembership, nothingAppended, requestError, type Appended } from './00-produce-batch.ts'
import { findLeader, type PartitionAsked } from './partition-lookup.ts'
import { abortableFor } from './transaction-errors.ts'

export interface ProduceItem {
  readonly asked: PartitionAsked
  readonly records: Uint8Array | null
  /** undefined while it waits. */
  outcome: ErrorName | undefined
  appended: Appended | undefined
  /** The client waits no longer. */
  isOverdue: boolean
  /** Gives up waiting for the acknowledgement. */
  stopWaiting: (() => void) | undefined
}

/** What all partitions of a request have in common. */
export interface HowToProduce {
  readonly acks: number
  readonly transactionalId: string | null
  readonly apiVersion: number
}

const abortableSinceVersion = 11
/** One marker can overtake one question; more than that is somebody's doing. */
const askedTimesMax = 3

export function newItem(asked: PartitionAsked, records: Uint8Array | null): ProduceItem {
  return { asked, records, outcome: undefined, appended: undefined, isOverdue: false, stopWaiting: undefined }
}

function settle(item: ProduceItem, outcome: ErrorName, settled: () => void): void {
  if (item.outcome !== undefined) return
  item.outcome = outcome
  item.stopWaiting = undefined
  settled()
}

export type Refusal = Partial<Appended> & { readonly error: ErrorName }

export function refuse(item: ProduceItem, refusal: Refusal, settled: () => void): void {
  item.appended = { ...nothingAppended, ...refusal }
  settle(item, refusal.error, settled)
}

/** What is appended stays appended. */
export function giveUp(item: ProduceItem): void {
  item.isOverdue = true
  item.stopWaiting?.()
}

/** `settled` is called once, when `outcome` is there. */
export function produceItem(node: BrokerNode, how: HowToProduce, item: ProduceItem, settled: () => void): void {
  const found = leaderFor(node, how, item)
  if (!found.ok) return refuse(item, found, settled)
  const { partition, records } = found
  const header = how.transactionalId === null ? undefined : needsMembership(node, partition, { records, apiVersion: how.apiVersion })
  if (header === undefined) return append(node, partition, { how, item, records, guard: undefined, settled })
  if (partition.log.producers.isFenced(header.producerId, header.producerEpoch)) return refuse(item, { error: 'INVALID_PRODUCER_EPOCH' }, settled)
  return askMembership(node, { how, item, settled, header, partition, asksLeft: askedTimesMax })
}

interface Asking {
  readonly how: HowToProduce
  readonly item: ProduceItem
  readonly settled: () => void
  readonly header: BatchHeader
  readonly partition: Partition
  readonly asksLeft: number
}

/**
 * Whether the transaction of a batch may come to the partition, and then the append. The marker of the transaction before may
 * come while the question is on its way: then the answer is worth nothing, and the question is asked anew.
 */
function askMembership(node: BrokerNode, asking: Asking): void {
  const { how, item, settled, header, partition, asksLeft } = asking
  const { producerId, producerEpoch } = header
  const verifyOnly = how.apiVersion < addsSinceVersion
  let guard: VerificationGuard | undefined
  const begin = (): void => {
    guard = partition.verifications.begin(header, { beginsAtZero: !verifyOnly })
  }
  const { leaderEpoch } = partition.image
  const { topic, index } = partition.options
  const question = { transactionalId: how.transactionalId!, producerId, producerEpoch, topic, index, verifyOnly, asking: begin }
  return node.membership.ask(question, (refusal) => {
    const still = leaderFor(node, how, item)
    if (item.isOverdue) return refuse(item, { error: 'REQUEST_TIMED_OUT' }, settled)
    if (refusal !== 'NONE') return refuse(item, notOfTransaction(refusal, how), settled)
    if (!still.ok) return refuse(item, still, settled)
    if (still.partition.image.leaderEpoch !== leaderEpoch) return refuse(item, { error: 'NOT_LEADER_OR_FOLLOWER' }, settled)
    const isOpenHere = partition.log.producers.hasOpenTransaction(producerId, producerEpoch)
    const isOvertaken = !isOpenHere && !partition.verifications.holds(producerId, guard)
    if (isOvertaken && asksLeft > 1) return askMembership(node, { ...asking, asksLeft: asksLeft - 1 })
    return append(node, still.partition, { how, item, records: still.records, guard, settled })
  })
}

/** As in Kafka it comes with a text only where it is not TRANSACTION_ABORTABLE. */
function notOfTransaction(refusal: ErrorName, { apiVersion }: HowToProduce): Refusal {
  const error = abortableFor(refusal, apiVersion >= abortableSinceVersion)
  return error === 'INVALID_TXN_STATE' ? { error, message: 'The partition is no part of the transaction.' } : { error }
}

type LeaderFor =
  | { readonly ok: false; readonly error: ErrorName; readonly logStartOffset: number }
  | { readonly ok: true; readonly partition: Partition; readonly records: Uint8Array }

function leaderFor(node: BrokerNode, { acks, apiVersion }: HowToProduce, { asked, records }: ProduceItem): LeaderFor {
  const refusal = (error: ErrorName, logStartOffset = -1): LeaderFor => ({ ok: false, error, logStartOffset })
  const found = findLeader(node, asked, -1)
  if (found.error === 'UNKNOWN_TOPIC_OR_PARTITION' || found.error === 'UNKNOWN_TOPIC_ID') return refusal(found.error)
  const malformed = requestError(records, apiVersion)
  if (malformed !== undefined || records === null) return refusal(malformed ?? 'INVALID_RECORD')
  if (acks !== 0 && acks !== 1 && acks !== -1) return refusal('INVALID_REQUIRED_ACKS')
  if (found.partition === undefined) return refusal(found.error)
  const { partition } = found
  if (isInternalTopic(partition.options.topic)) return refusal('INVALID_TOPIC_EXCEPTION')
  const members = partition.image.inSyncReplicas.length
  if (acks === -1 && members < partition.minInSyncReplicas) return refusal('NOT_ENOUGH_REPLICAS', partition.log.logStartOffset)
  return { ok: true, partition, records }
}

interface Appending {
  readonly how: HowToProduce
  readonly item: ProduceItem
  readonly records: Uint8Array
  readonly guard: VerificationGuard | undefined
  readonly settled: () => void
}

function append(node: BrokerNode, partition: Partition, { how, item, records, guard, settled }: Appending): void {
  const end = (outcome: ErrorName): void => settle(item, outcome, settled)
  const written = (): void => {
    if (how.acks === 1) end('NONE')
  }
  item.appended = appendBatch(node, partition, { records, apiVersion: how.apiVersion, guard, written })
  if (item.appended.error !== 'NONE') return end(item.appended.error)
  if (how.acks === 0) return end('NONE')
  item.stopWaiting = () => end('REQUEST_TIMED_OUT')
  if (how.acks === -1) waitForAll(partition, item, end)
  return undefined
}

function waitForAll(partition: Partition, item: ProduceItem, end: (outcome: ErrorName) => void): void {
  partition.waitForAcknowledge(item.appended!.endOffset, end)
  if (item.stopWaiting === undefined) return
  item.stopWaiting = () => {
    partition.stopWaiting(end)
    end('REQUEST_TIMED_OUT')
  }
}
