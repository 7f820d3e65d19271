/**
 * Producers of whom a leader has asked whether this partition is in their transaction, and has not appended anything since. A
 * marker that comes between the question and the append makes the answer worthless, and the next question is another (KIP-890).
 * What the producer sent behind a batch that was asked about is not taken before it (KAFKA-14920).
 */

/** Stands for one question. */
export type VerificationGuard = object

/** What of a batch is asked about. */
export interface AskedBatch {
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
}

export interface AskedHow {
  /** The producer speaks the second version of transactions: who has no state begins at sequence 0. */
  readonly beginsAtZero: boolean
}

interface Verification {
  readonly guard: VerificationGuard
  readonly beginsAtZero: boolean
  producerEpoch: number
  /** Of the batches of this epoch that were asked about. */
  lowestSequence: number
}

export class Verifications {
  readonly #open = new Map<number, Verification>()

  /** Questions asked at one time share their guard. */
  begin({ producerId, producerEpoch, baseSequence }: AskedBatch, { beginsAtZero }: AskedHow): VerificationGuard {
    const open = this.#open.get(producerId)
    if (open === undefined) {
      const guard = {}
      this.#open.set(producerId, { guard, beginsAtZero, producerEpoch, lowestSequence: baseSequence })
      return guard
    }
    if (producerEpoch === open.producerEpoch) open.lowestSequence = Math.min(open.lowestSequence, baseSequence)
    if (producerEpoch > open.producerEpoch) {
      open.producerEpoch = producerEpoch
      open.lowestSequence = baseSequence
    }
    return open.guard
  }

  /** Nothing has come between. */
  holds(producerId: number, guard: VerificationGuard | undefined): boolean {
    return guard !== undefined && this.#open.get(producerId)?.guard === guard
  }

  /** Another batch that was asked about comes before it; as in Kafka, whatever epoch it has. */
  isAhead({ producerId, baseSequence }: Omit<AskedBatch, 'producerEpoch'>): boolean {
    const open = this.#open.get(producerId)
    return open !== undefined && baseSequence > open.lowestSequence
  }

  /** What it sends next, if the log does not know it. */
  beginsAtZero(producerId: number): boolean {
    return this.#open.get(producerId)?.beginsAtZero === true
  }

  /** A record of the transaction, or its marker, was appended. */
  end(producerId: number): void {
    this.#open.delete(producerId)
  }

  clear(): void {
    this.#open.clear()
  }
}
