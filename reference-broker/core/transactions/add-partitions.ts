/** AddPartitionsToTxn, as a coordinator decides it: what is added before records are written can be ended with a marker. */
import type { ErrorName } from '../../../protocol/errors.ts'
import type { TransactionDecisions } from './transaction-decisions.ts'
import { includesAll, isSpent, joined, noPartitions, type TopicPartitions, type Transaction } from './transaction.ts'
import { changed, refused, unchanged, type Verdict } from './verdict.ts'

export interface AddRequest {
  readonly producerId: number
  readonly producerEpoch: number
  readonly partitions: TopicPartitions
  readonly transactionVersion: number
  readonly nowMs: number
}

export type ProducerOfTransaction = Pick<AddRequest, 'producerId' | 'producerEpoch'>

/** Why this is not the producer of that transaction, or why it has to wait. */
export function producerError(
  known: Transaction | undefined,
  asked: ProducerOfTransaction,
  decisions: TransactionDecisions,
): ErrorName {
  if (known === undefined || known.producerId !== asked.producerId) return 'INVALID_PRODUCER_ID_MAPPING'
  if (isSpent(known)) return 'PRODUCER_FENCED'
  if (decisions.isFencedProducer({ asked: asked.producerEpoch, current: known.producerEpoch })) return 'PRODUCER_FENCED'
  return decisions.mayAddPartitions(known) ? 'NONE' : 'CONCURRENT_TRANSACTIONS'
}

/** While the last transaction ends everybody waits, also who has the producer id already that the end has told it (KAFKA-18660). */
export function addPartitions(known: Transaction | undefined, request: AddRequest, decisions: TransactionDecisions): Verdict {
  if (known !== undefined && !decisions.mayAddPartitions(known)) return refused('CONCURRENT_TRANSACTIONS')
  const error = producerError(known, request, decisions)
  if (known === undefined || error !== 'NONE') return refused(error)
  const { partitions, nowMs, transactionVersion } = request
  const isOpen = known.state !== 'Empty' && known.state !== 'CompleteCommit' && known.state !== 'CompleteAbort'
  if (isOpen && includesAll(known.partitions, partitions)) return unchanged(known)
  return changed({
    ...known,
    state: isOpen ? known.state : 'Ongoing',
    partitions: joined(isOpen ? known.partitions : noPartitions, partitions),
    startMs: isOpen ? known.startMs : nowMs,
    lastUpdateMs: nowMs,
    transactionVersion,
  })
}
