/**
 * Somebody outside the log: mail, a payment, another database. It knows nothing of transactions, so what was asked of it stays
 * done when the transaction around it is aborted and its input is read once more. The cure is a handler that asks first
 * whether it has had this input.
 */
export class Outside {
  readonly #isIdempotent: boolean
  readonly #done = new Set<string>()
  applied = 0
  repeated = 0

  constructor(kind: 'plain' | 'idempotent') {
    this.#isIdempotent = kind === 'idempotent'
  }

  /** Whether the call did anything. */
  call(input: string): boolean {
    const isKnown = this.#done.has(input)
    if (isKnown && this.#isIdempotent) return false
    this.#done.add(input)
    this.applied++
    if (isKnown) this.repeated++
    return true
  }
}
