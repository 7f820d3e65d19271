/**
 * What is remembered of each process while a history is read. Process numbers are small and near one another in most
 * histories, and may be anything in others.
 */
import { none } from './codes.ts'

export class ProcessSlot {
  /** Position of its open invocation, or `none`. */
  open: number = none
  /** The client it last acted for, and that client's actor code. */
  client: string | undefined = undefined
  actor: number = none
  /** Actor code of the process itself, or `none` while it always acted for clients. */
  own: number = none
}

const directBelow = 4096

export class ProcessSlots {
  readonly #direct: (ProcessSlot | undefined)[] = []
  readonly #others = new Map<number, ProcessSlot>()

  of(process: number): ProcessSlot {
    return (process >= 0 && process < this.#direct.length ? this.#direct[process] : undefined) ?? this.#fresh(process)
  }

  #fresh(process: number): ProcessSlot {
    if (process >= 0 && process < directBelow) {
      while (this.#direct.length <= process) this.#direct.push(new ProcessSlot())
      return this.#direct[process]!
    }
    let slot = this.#others.get(process)
    if (slot === undefined) this.#others.set(process, (slot = new ProcessSlot()))
    return slot
  }
}
