/** A transaction of a script: its requests, each once or until it works, and its op in the history. */
import type { Play } from './play.ts'
import type { Otherwise, ProduceReply, RaceProducer } from './race-producer.ts'
import type { Reply } from './raw-client.ts'
import { RecordedTransaction, type PlannedSend } from './recorded-transaction.ts'
import type { Stage } from './stage.ts'

export class RaceTransaction {
  readonly op: RecordedTransaction
  readonly #stage: Stage
  readonly #producer: RaceProducer
  readonly #sends: readonly (PlannedSend & { readonly partition: number })[]

  constructor(stage: Stage, producer: RaceProducer, sends: readonly (PlannedSend & { readonly partition: number })[], f: 'txn' | 'send' = 'txn') {
    const { recorder, nextProcess } = stage.options
    this.#stage = stage
    this.#producer = producer
    this.#sends = sends
    this.op = new RecordedTransaction(recorder, { process: nextProcess(), client: producer.raw.clientId, sends, f })
  }

  value(at: number): string {
    return this.#sends[at]!.value
  }

  /** Of the `at`-th send's partition, under version 1; asks once. */
  *ask(at: number): Play<Reply> {
    return yield* this.#producer.add([this.#sends[at]!.partition])
  }

  /** Sends the record, once; its partition must be in the transaction. */
  *produce(at: number, otherwise: Otherwise = {}): Play<ProduceReply> {
    const { partition, value } = this.#sends[at]!
    const reply = yield* this.#producer.produce(partition, value, otherwise)
    if (reply.error === 'NONE' && reply.offset >= 0) this.op.wrote(value, reply.offset)
    return reply
  }

  /** Adds the partition and sends the record, which must work. */
  *send(at: number): Play<ProduceReply> {
    const { partition } = this.#sends[at]!
    yield* this.#stage.well(`AddPartitionsToTxn of partition ${partition}`, () => this.#producer.add([partition]))
    return yield* this.#stage.well(`Produce to partition ${partition}`, () => this.produce(at))
  }

  /** Commits, which must work. */
  *commit(): Play {
    yield* this.#stage.well('EndTxn(commit)', () => this.#producer.end(true))
    this.op.committed()
  }

  /** Aborts, which must work. */
  *abort(): Play {
    yield* this.#stage.well('EndTxn(abort)', () => this.#producer.end(false))
    this.op.aborted()
  }

  /** The producer takes it for aborted, whatever it was told. */
  takenForAborted(answer: string): void {
    if (answer !== 'NONE') this.#stage.blameClient(this.#sends.map(({ value }) => value), `its producer took the transaction for aborted, which was answered ${answer}`)
    this.op.aborted()
  }

  /** What the producer makes of the answer to its last EndTxn. */
  endedWith(error: string, committed: boolean): void {
    if (!committed) this.op.aborted()
    else if (error === 'NONE') this.op.committed()
    else if (error === 'NO_ANSWER') this.op.unknown(error)
    else this.op.refused(error)
  }
}
