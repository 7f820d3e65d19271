import type { NewOp, Op, Ops } from './op.ts'
import { PackedOps } from './packed-ops.ts'

/** Whoever writes ops down; of some, in several histories. */
export interface OpSink {
  record(op: NewOp): unknown
}

export interface RecorderOptions {
  readonly isForgetful?: boolean
  /** A tenth of the memory, for long histories. */
  readonly isPacked?: boolean
}

/** Takes ops as they happen, in order. The only writer of `index` and `time`. */
export class Recorder implements OpSink {
  /** Empty when it is forgetful or packs. */
  readonly ops: Op[] = []
  readonly #nowMs: () => number
  /** On the clock it was given, when its time was 0. */
  readonly startMs: number
  readonly #listeners: ((op: Op) => void)[] = []
  readonly #isForgetful: boolean
  readonly #packed: PackedOps | undefined
  #recorded = 0

  /** `nowMs` is a monotonic clock in milliseconds; its value now becomes time 0. A forgetful one only tells its listeners. */
  constructor(nowMs: () => number, { isForgetful = false, isPacked = false }: RecorderOptions = {}) {
    this.#nowMs = nowMs
    this.startMs = nowMs()
    this.#isForgetful = isForgetful
    this.#packed = isPacked ? new PackedOps() : undefined
  }

  /** The index of the next op. */
  get recorded(): number {
    return this.#recorded
  }

  /** What it has kept, whichever way. */
  get kept(): Ops {
    return this.#packed ?? this.ops
  }

  record(op: NewOp): Op {
    const recorded: Op = {
      index: this.#recorded++,
      time: this.timeOfMsAgo(0),
      ...op,
    }
    if (!this.#isForgetful) (this.#packed ?? this.ops).push(recorded)
    for (const listener of this.#listeners) listener(recorded)
    return recorded
  }

  /** What the history calls the time that was so long ago. */
  timeOfMsAgo(ms: number): number {
    return Math.round((this.#nowMs() - ms - this.startMs) * 1e6)
  }

  /** Calls `listener` with every later op, for journals and live views. */
  listen(listener: (op: Op) => void): void {
    this.#listeners.push(listener)
  }
}
