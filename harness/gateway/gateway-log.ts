/**
 * What a gateway tells a history: each record it is asked to send is one op, each read one poll. Processes are lent for as
 * long as an op is open, and never used again after an `info`. Without a recorder it tells nobody.
 */
import type { NewOp } from '../../history/op.ts'
import type { Recorder } from '../../history/recorder.ts'

export interface GatewayHistory {
  readonly recorder: Recorder
  /** A process number nobody has had. */
  nextProcess(): number
}

export class GatewayLog {
  readonly #history: GatewayHistory | undefined
  readonly #free: number[] = []

  constructor(history: GatewayHistory | undefined) {
    this.#history = history
  }

  borrow(): number {
    return this.#free.pop() ?? this.#history?.nextProcess() ?? 0
  }

  /** After an `info` the process is gone for good. */
  giveBack(process: number, type: NewOp['type']): void {
    if (type !== 'info') this.#free.push(process)
  }

  record(op: NewOp): void {
    this.#history?.recorder.record(op)
  }

  get isKept(): boolean {
    return this.#history !== undefined
  }
}
