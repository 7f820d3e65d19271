/**
 * Producers of whom a leader has asked whether this partition is in their transaction, and has not appended anything since. A
 * marker that comes between the question and the append makes the answer worthless, and the next question is another (KIP-890).
 */

/** Stands for one question. */
export type VerificationGuard = object

export class Verifications {
  readonly #open = new Map<number, VerificationGuard>()

  /** Questions asked at one time share their guard. */
  begin(producerId: number): VerificationGuard {
    const guard = this.#open.get(producerId) ?? {}
    this.#open.set(producerId, guard)
    return guard
  }

  /** Nothing has come between. */
  holds(producerId: number, guard: VerificationGuard | undefined): boolean {
    return guard !== undefined && this.#open.get(producerId) === guard
  }

  /** A record of the transaction, or its marker, was appended. */
  end(producerId: number): void {
    this.#open.delete(producerId)
  }

  clear(): void {
    this.#open.clear()
  }
}
