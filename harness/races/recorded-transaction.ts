/** One transaction of a script as the history has it: asked for when it begins, and completed by what its producer was told. */
import type { OpError, SendMicroOp } from '../../history/op.ts'
import type { Recorder } from '../../history/recorder.ts'

export interface PlannedSend {
  readonly key: string
  readonly value: string
}

export interface RecordedOptions {
  readonly process: number
  readonly client: string
  readonly sends: readonly PlannedSend[]
  readonly f: 'txn' | 'send'
}

export class RecordedTransaction {
  readonly #recorder: Recorder
  readonly #process: number
  readonly #client: string
  readonly #sends: { -readonly [K in keyof SendMicroOp]: SendMicroOp[K] }[]
  readonly #f: string
  isEnded = false

  constructor(recorder: Recorder, { process, client, sends, f }: RecordedOptions) {
    this.#f = f
    this.#recorder = recorder
    this.#process = process
    this.#client = client
    this.#sends = sends.map((send) => ({ f: 'send', ...send }))
    recorder.record({ process, type: 'invoke', f, value: this.#value(), client })
  }

  wrote(value: string, offset: number): void {
    const send = this.#sends.find((each) => each.value === value)
    if (send !== undefined) send.offset = offset
  }

  committed(): void {
    this.#end('ok')
  }

  /** Its producer had asked for that, or never for a commit. */
  aborted(): void {
    this.#end('fail', { code: 'ABORTED', definite: true })
  }

  refused(code: string): void {
    this.#end('fail', { code, definite: true })
  }

  unknown(code: string): void {
    this.#end('info', { code, definite: false })
  }

  #end(type: 'ok' | 'fail' | 'info', error?: OpError): void {
    if (this.isEnded) return
    this.isEnded = true
    const op = { process: this.#process, type, f: this.#f, value: this.#value(), client: this.#client }
    this.#recorder.record(error === undefined ? op : { ...op, error })
  }

  #value(): SendMicroOp[] {
    return this.#sends.map((send) => ({ ...send }))
  }
}
