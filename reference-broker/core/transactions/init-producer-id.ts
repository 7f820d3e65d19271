/**
 * InitProducerId, as a coordinator decides it: a new instance of a producer gets the next epoch, which fences the one before
 * it; an instance that goes on after an error names the epoch it has, and gets the same answer when it asks twice (KIP-360).
 * An open transaction is aborted first, and the producer asks again.
 */
import type { TransactionDecisions } from './transaction-decisions.ts'
import { isEnding, lastUsableEpoch, noEpoch, noId, noPartitions, type Transaction } from './transaction.ts'
import { changed, needsProducerId, refused, type Verdict } from './verdict.ts'

export interface InitRequest {
  readonly transactionalId: string
  readonly timeoutMs: number
  /** What the producer has; -1 for a new instance, as is the next. */
  readonly producerId: number
  readonly producerEpoch: number
  readonly nowMs: number
  /** One nobody had; undefined: to be asked for when it is needed. */
  readonly freshProducerId: number | undefined
}

export function initProducerId(known: Transaction | undefined, request: InitRequest, decisions: TransactionDecisions): Verdict {
  if (known === undefined) return begun(request, decisions)
  const isNew = request.producerId === noId
  if (!isNew && !mayBe(known, request)) return refused('PRODUCER_FENCED')
  if (isEnding(known)) return refused('CONCURRENT_TRANSACTIONS')
  if (known.state === 'Ongoing' && decisions.mustAbortBeforeTakingOver()) return changed(abortedOver(known, request.nowMs, decisions), 'CONCURRENT_TRANSACTIONS')
  if (known.producerEpoch >= lastUsableEpoch && (isNew || request.producerEpoch === known.producerEpoch)) {
    return rotated(known, request)
  }
  return nextEpoch(known, request)
}

function begun(request: InitRequest, decisions: TransactionDecisions): Verdict {
  const { transactionalId, timeoutMs, nowMs, freshProducerId } = request
  if (freshProducerId === undefined) return needsProducerId
  return changed({
    transactionalId,
    producerId: freshProducerId,
    previousProducerId: noId,
    nextProducerId: noId,
    producerEpoch: decisions.firstEpoch(),
    lastProducerEpoch: noEpoch,
    timeoutMs,
    state: 'Empty',
    partitions: noPartitions,
    startMs: -1,
    lastUpdateMs: nowMs,
    transactionVersion: 0,
  })
}

/** Whether the producer that asks may be this one, or the one whose epochs were used up. */
function mayBe(known: Transaction, { producerId, producerEpoch }: InitRequest): boolean {
  if (producerId === known.producerId) return true
  return producerId === known.previousProducerId && producerEpoch >= lastUsableEpoch
}

/**
 * The epoch is nobody's yet: a new instance gets the one after it. The instance whose transaction was aborted may have this one,
 * by saying which one it had (KIP-360), for a timeout alone is no reason to give a producer up (KIP-588).
 */
export function abortedOver(known: Transaction, nowMs: number, decisions: TransactionDecisions): Transaction {
  return {
    ...known,
    producerEpoch: decisions.fencingEpoch(known.producerEpoch),
    lastProducerEpoch: known.producerEpoch,
    state: 'PrepareAbort',
    lastUpdateMs: nowMs,
  }
}

function rotated(known: Transaction, request: InitRequest): Verdict {
  if (request.freshProducerId === undefined) return needsProducerId
  return changed({
    ...settled(known, request),
    producerId: request.freshProducerId,
    previousProducerId: known.producerId,
    producerEpoch: 0,
    lastProducerEpoch: request.producerId === noId ? noEpoch : known.producerEpoch,
  })
}

function nextEpoch(known: Transaction, request: InitRequest): Verdict {
  const same = settled(known, request)
  const next = { ...same, producerEpoch: known.producerEpoch + 1 }
  if (request.producerId === noId) return changed({ ...next, lastProducerEpoch: noEpoch })
  if (request.producerId === known.producerId && request.producerEpoch === known.producerEpoch) {
    return changed({ ...next, lastProducerEpoch: known.producerEpoch })
  }
  const isRepeated = known.lastProducerEpoch !== noEpoch && request.producerEpoch === known.lastProducerEpoch
  return isRepeated ? changed(same) : refused('PRODUCER_FENCED')
}

/** Nothing is left of the last transaction. */
function settled(known: Transaction, { timeoutMs, nowMs }: InitRequest): Transaction {
  return { ...known, nextProducerId: noId, timeoutMs, state: 'Empty', partitions: noPartitions, startMs: -1, lastUpdateMs: nowMs }
}
