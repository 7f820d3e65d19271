/**
 * EndTxn, as a coordinator decides it. Under version 1 an epoch may end many transactions, so the end of an earlier one that
 * comes late can end a later one (KAFKA-17754). Under version 2 each end raises the epoch: what repeats the last end comes with
 * the epoch before, and everything older is fenced (KIP-890).
 */
import type { TransactionDecisions } from './transaction-decisions.ts'
import { isEnding, isSpent, lastUsableEpoch, noEpoch, noId, noPartitions, type Transaction, type TransactionState } from './transaction.ts'
import { changed, needsProducerId, refused, unchanged, type Verdict } from './verdict.ts'

export interface EndRequest {
  readonly producerId: number
  readonly producerEpoch: number
  readonly committed: boolean
  /** 2 from EndTxn version 5 on. */
  readonly transactionVersion: number
  readonly nowMs: number
  readonly freshProducerId: number | undefined
}

const epochSteps = 2

export function endTxn(known: Transaction | undefined, request: EndRequest, decisions: TransactionDecisions): Verdict {
  if (known === undefined) return refused('INVALID_PRODUCER_ID_MAPPING')
  if (isSpent(known) && !isEnding(known)) return refused('PRODUCER_FENCED')
  return request.transactionVersion >= epochSteps ? endRaisingEpoch(known, request, decisions) : endKeepingEpoch(known, request, decisions)
}

function endKeepingEpoch(known: Transaction, request: EndRequest, decisions: TransactionDecisions): Verdict {
  if (known.producerId !== request.producerId) return refused('INVALID_PRODUCER_ID_MAPPING')
  if (decisions.isFencedProducer({ asked: request.producerEpoch, current: known.producerEpoch })) return refused('PRODUCER_FENCED')
  if (known.state === 'Ongoing') return ended(known, request, decisions)
  if (known.state === 'Empty' && decisions.mayEndNothing(request)) return unchanged(known)
  if (known.state === 'Empty' || !isRepeated(known, request, decisions)) return refused('INVALID_TXN_STATE')
  return isEnding(known) ? refused('CONCURRENT_TRANSACTIONS') : unchanged(known)
}

function isCommitted({ state }: Transaction): boolean {
  return state === 'PrepareCommit' || state === 'CompleteCommit'
}

function isRepeated(known: Transaction, { committed: asked }: EndRequest, decisions: TransactionDecisions): boolean {
  return decisions.isRepeatedEnd({ asked, committed: isCommitted(known) })
}

function endRaisingEpoch(known: Transaction, request: EndRequest, decisions: TransactionDecisions): Verdict {
  const afterRotation = isRepeatedAfterRotation(known, request)
  if (known.producerId !== request.producerId && !afterRotation) return refused('INVALID_PRODUCER_ID_MAPPING')
  const isBefore = afterRotation || isLastEpoch(known, request)
  const isCurrent =
    !afterRotation && !decisions.isFencedProducer({ asked: request.producerEpoch, current: known.producerEpoch })
  if (isEnding(known)) {
    if (!isBefore) return refused('PRODUCER_FENCED')
    return refused(isRepeated(known, request, decisions) ? 'CONCURRENT_TRANSACTIONS' : 'INVALID_TXN_STATE')
  }
  if (isCurrent) return endCurrent(known, request, decisions)
  const isComplete = known.state === 'CompleteCommit' || known.state === 'CompleteAbort'
  if (!isComplete || !isBefore) return refused('PRODUCER_FENCED')
  return isRepeated(known, request, decisions) ? unchanged(known) : refused('INVALID_TXN_STATE')
}

/** Not by the number alone: the one before may be that of an instance that was replaced, by one whose ends keep their epoch. */
function isLastEpoch(known: Transaction, { producerEpoch }: EndRequest): boolean {
  return producerEpoch !== noEpoch && known.producerEpoch === producerEpoch + 1 && known.lastProducerEpoch === producerEpoch
}

/** The last end used up the epochs of the producer id, and the producer does not know of its new one yet. */
function isRepeatedAfterRotation(known: Transaction, { producerId, producerEpoch }: EndRequest): boolean {
  const isPrevious = known.previousProducerId === producerId && producerEpoch === lastUsableEpoch
  return isPrevious && known.producerEpoch === 0 && known.lastProducerEpoch === producerEpoch
}

/** Without a transaction there is nothing to commit; an abort raises the epoch all the same. */
function endCurrent(known: Transaction, request: EndRequest, decisions: TransactionDecisions): Verdict {
  if (known.state === 'Ongoing') return ended(known, request, decisions)
  if (!decisions.mayEndNothing(request)) return refused('INVALID_TXN_STATE')
  return ended({ ...known, partitions: noPartitions, startMs: request.nowMs }, request, decisions)
}

function ended(known: Transaction, request: EndRequest, decisions: TransactionDecisions): Verdict {
  const { producerEpoch } = known
  const { transactionVersion, freshProducerId, nowMs } = request
  const isLast = transactionVersion >= epochSteps && producerEpoch >= lastUsableEpoch
  if (isLast && freshProducerId === undefined) return needsProducerId
  const state: TransactionState = request.committed ? 'PrepareCommit' : 'PrepareAbort'
  return changed({
    ...known,
    producerEpoch: decisions.epochAfterEnd({ producerEpoch, transactionVersion }),
    lastProducerEpoch: transactionVersion >= epochSteps ? producerEpoch : known.lastProducerEpoch,
    nextProducerId: isLast ? freshProducerId! : noId,
    state,
    lastUpdateMs: nowMs,
    transactionVersion,
  })
}

/** All markers are written. */
export function completed(known: Transaction, nowMs: number): Transaction {
  const isRotated = known.nextProducerId !== noId
  return {
    ...known,
    producerId: isRotated ? known.nextProducerId : known.producerId,
    previousProducerId: isRotated ? known.producerId : known.previousProducerId,
    nextProducerId: noId,
    producerEpoch: isRotated ? 0 : known.producerEpoch,
    state: known.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort',
    partitions: noPartitions,
    lastUpdateMs: nowMs,
  }
}

/** What the producer goes on with once this transaction has ended. */
export function nextProducer({ nextProducerId, producerId, producerEpoch }: Transaction): {
  readonly producerId: number
  readonly producerEpoch: number
} {
  return nextProducerId === noId ? { producerId, producerEpoch } : { producerId: nextProducerId, producerEpoch: 0 }
}
