/** Errors of transactions as a version knows them. */
import type { ErrorName } from '../../../protocol/errors.ts'

/** PRODUCER_FENCED (KIP-588), or what it was called before. */
export function fencedFor(error: ErrorName, knowsFenced: boolean): ErrorName {
  return error === 'PRODUCER_FENCED' && !knowsFenced ? 'INVALID_PRODUCER_EPOCH' : error
}

/** TRANSACTION_ABORTABLE (KIP-890), or what came closest to it before. */
export function abortableFor(error: ErrorName, knowsAbortable: boolean): ErrorName {
  return error === 'TRANSACTION_ABORTABLE' && !knowsAbortable ? 'INVALID_TXN_STATE' : error
}
