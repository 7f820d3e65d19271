/**
 * One transaction as an op: its invocation says what is asked, its completion keeps what was learnt on the way, however it
 * ends. Whoever runs the transaction writes results here as they arrive.
 */
import type { MicroOp, OpError, Polled } from '../../history/op.ts'
import type { SendOutcome } from '../client/client.ts'
import type { WorkloadContext } from '../workload.ts'

export interface NotDone {
  readonly type: 'fail' | 'info'
  readonly error: OpError
}
export type OpEnd = { readonly type: 'ok' } | NotDone

/** Whose ops these are; at most one is open. */
export interface Acting {
  invoke(f: string, value: unknown): void
  complete(f: string, value: unknown, end: OpEnd): void
}

/** Who acts: one producer instance, one op at a time. */
export class ActingProcess implements Acting {
  readonly client: string
  readonly #context: WorkloadContext
  #process: number

  constructor(context: WorkloadContext, client: string) {
    this.client = client
    this.#context = context
    this.#process = context.nextProcess()
  }

  invoke(f: string, value: unknown): void {
    this.#context.recorder.record({ process: this.#process, type: 'invoke', f, value, client: this.client })
  }

  /** After `info` this goes on under another number. */
  complete(f: string, value: unknown, end: OpEnd): void {
    const error = end.type === 'ok' ? undefined : { error: end.error }
    this.#context.recorder.record({ process: this.#process, type: end.type, f, value, client: this.client, ...error })
    if (end.type === 'info') this.#process = this.#context.nextProcess()
  }

  mark(f: string, value: unknown): void {
    this.#context.recorder.record({ process: this.#process, type: 'info', f, value, client: this.client })
  }
}

export class TransactionOp {
  readonly #acting: Acting
  readonly #micros: MicroOp[]
  #isOver = false

  constructor(acting: Acting, asked: readonly MicroOp[]) {
    this.#acting = acting
    this.#micros = [...asked]
    acting.invoke('txn', asked)
  }

  /** The acknowledgement of the send at this place. */
  sent(at: number, outcome: SendOutcome): void {
    const micro = this.#micros[at]!
    if (outcome.type !== 'ok' || outcome.offset === undefined || micro.f !== 'send') return
    this.#micros[at] = { ...micro, offset: outcome.offset }
  }

  polled(at: number, polled: readonly Polled[]): void {
    this.#micros[at] = { f: 'poll', polled }
  }

  get micros(): readonly MicroOp[] {
    return this.#micros
  }

  end(end: OpEnd): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#acting.complete('txn', this.#micros, end)
  }
}

/** The workload's own reasons: a commit was never asked for. */
export const chosenAbort: NotDone = { type: 'fail', error: { code: 'ABORTED', definite: true } }
/** `wasCommitting`: a commit was asked for, and nobody will hear the answer. */
export function crashed(wasCommitting: boolean): NotDone {
  return { type: wasCommitting ? 'info' : 'fail', error: { code: 'CRASHED', definite: !wasCommitting } }
}
