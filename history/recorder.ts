import type { NewOp, Op } from './op.ts'

/** Whoever writes ops down; of some, in several histories. */
export interface OpSink {
  record(op: NewOp): unknown
}

/** Takes ops as they happen, in order. The only writer of `index` and `time`. */
export class Recorder implements OpSink {
  readonly ops: Op[] = []
  readonly #nowMs: () => number
  readonly #startMs: number
  readonly #listeners: ((op: Op) => void)[] = []

  /** `nowMs` is a monotonic clock in milliseconds; its value now becomes time 0. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
    this.#startMs = nowMs()
  }

  record(op: NewOp): Op {
    const recorded: Op = {
      index: this.ops.length,
      time: this.timeOfMsAgo(0),
      ...op,
    }
    this.ops.push(recorded)
    for (const listener of this.#listeners) listener(recorded)
    return recorded
  }

  /** What the history calls the time that was so long ago. */
  timeOfMsAgo(ms: number): number {
    return Math.round((this.#nowMs() - ms - this.#startMs) * 1e6)
  }

  /** Calls `listener` with every later op, for journals and live views. */
  listen(listener: (op: Op) => void): void {
    this.#listeners.push(listener)
  }
}
