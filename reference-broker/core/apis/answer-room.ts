/**
 * How much one Fetch may read now. Answers lie in memory until their readers take them, and a reader may never do so; so
 * what all of them hold together is bounded, and when it is used up each gets little at a time, but gets on.
 */
import type { Network } from '../../../ports/network.ts'

/** What unread answers may hold together. */
export const unreadAnswersMaxBytes: number = 64 << 20
/** What any one may read however much is held: about a batch. */
const atLeastBytes = 1 << 20

export class AnswerRoom {
  readonly #network: Pick<Network, 'queuedBytes'>
  #takenBytes = 0

  constructor(network: Pick<Network, 'queuedBytes'>) {
    this.#network = network
  }

  /** At most `wantedBytes`, which are taken until they are given back. */
  take(wantedBytes: number): number {
    const left = unreadAnswersMaxBytes - this.#takenBytes - this.#network.queuedBytes()
    const bytes = Math.min(wantedBytes, Math.max(atLeastBytes, left))
    this.#takenBytes += bytes
    return bytes
  }

  giveBack(bytes: number): void {
    this.#takenBytes -= bytes
  }
}
