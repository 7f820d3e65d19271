/** What a coordinator of one kind brings: its records, their bytes, and what they fold into. */

export interface RecordCodec<R> {
  readonly encode: (record: R) => { readonly key: Uint8Array; readonly value: Uint8Array | null }
  /** undefined: a record of a kind this coordinator does not know, which is skipped. */
  readonly decode: (key: Uint8Array, value: Uint8Array | null) => R | undefined
}

/** Where in the log a record stands. */
export interface LoggedAt {
  readonly offset: number
  /** Of a transactional batch, whose records count only when its marker says so; else -1. */
  readonly producerId: number
}

/** The producer a transactional batch is written for. */
export interface TransactionOf {
  readonly producerId: number
  readonly producerEpoch: number
}

/** One partition's worth of state. All calls come in the order of the log. */
export interface StateMachine<R> {
  /** A record was loaded, or has just been appended. */
  replay(record: R, at: LoggedAt): void
  /** The marker of a transaction was loaded, or has just been appended. */
  endTransaction(producerId: number, committed: boolean): void
  /** Everything in the log is folded in: from now on this broker decides. */
  begin(): void
  /** It does not any more. Whoever waits for something that is in no log is to be told NOT_COORDINATOR. */
  end(): void
}
