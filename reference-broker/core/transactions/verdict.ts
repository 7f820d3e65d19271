/** What comes of a request to a transaction, decided from its state alone. */
import type { ErrorName } from '../../../protocol/errors.ts'
import type { Transaction } from './transaction.ts'

export type Verdict =
  /** Nothing changes. */
  | { readonly kind: 'refused'; readonly error: ErrorName }
  /** Done already; the answer tells of this. */
  | { readonly kind: 'unchanged'; readonly transaction: Transaction }
  /** Becomes this; `error` is answered all the same, once it is committed. */
  | { readonly kind: 'changed'; readonly to: Transaction; readonly error: ErrorName }
  /** To be decided again with a producer id nobody had. */
  | { readonly kind: 'needs-producer-id' }

export function refused(error: ErrorName): Verdict {
  return { kind: 'refused', error }
}

export function unchanged(transaction: Transaction): Verdict {
  return { kind: 'unchanged', transaction }
}

export function changed(to: Transaction, error: ErrorName = 'NONE'): Verdict {
  return { kind: 'changed', to, error }
}

export const needsProducerId: Verdict = { kind: 'needs-producer-id' }
