/**
 * Records of one partition that travel and end together, and what is known of their attempts. The rule it keeps: `fail`
 * only when every attempt was answered, each with an error that is definite for Produce; otherwise `info`.
 */
import type { Compression } from '../../protocol/compression.ts'
import { errorName, isDefinite } from '../../protocol/errors.ts'
import { encodeBatch } from '../../protocol/record-batch-encode.ts'
import type { RecordInput } from '../../protocol/record-batch-encode.ts'
import type { RequestFailure } from './broker-connection.ts'
import type { ProducerRecord, SendOutcome } from './client.ts'

export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
}

export type SendDone = (outcome: SendOutcome) => void

/** Bytes a record takes beside its key and value, and a batch beside its records; upper bounds. */
const recordOverheadBytes = 24
const batchOverheadBytes = 61
const headerOverheadBytes = 10

export function recordSizeBytes(record: ProducerRecord): number {
  const bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0) + recordOverheadBytes
  return record.headers === undefined ? bytes : bytes + headersSizeBytes(record.headers)
}

/** An upper bound. */
function headersSizeBytes(headers: NonNullable<ProducerRecord['headers']>): number {
  return headers.reduce((sum, { key, value }) => sum + 3 * key.length + (value?.length ?? 0) + headerOverheadBytes, 0)
}

export class ProducerBatch {
  readonly topic: string
  readonly partition: number
  /** Rises with every batch of a partition; the order of sequences too. */
  readonly order: number
  readonly createdMs: number
  readonly deadlineMs: number
  readonly #records: RecordInput[] = []
  readonly #dones: SendDone[] = []
  sizeBytes: number = batchOverheadBytes
  /** -1 until it is first sent under an identity. */
  baseSequence = -1
  #identity: ProducerIdentity | undefined
  #encoded: Uint8Array | undefined
  attempts = 0
  node: number | undefined
  mayHaveHappened = false
  lastCode = ''
  lastMessage = ''
  #outcomeOf: ((index: number) => SendOutcome) | undefined
  /** Why it was given up; undefined when it was not. */
  failure: string | undefined

  constructor(facts: Pick<ProducerBatch, 'topic' | 'partition' | 'order' | 'createdMs' | 'deadlineMs'>) {
    this.topic = facts.topic
    this.partition = facts.partition
    this.order = facts.order
    this.createdMs = facts.createdMs
    this.deadlineMs = facts.deadlineMs
  }

  /** Without the batch's own overhead. */
  get recordsSizeBytes(): number {
    return this.sizeBytes - batchOverheadBytes
  }

  get recordCount(): number {
    return this.#records.length
  }

  /** The outcome is decided; an answer may still be due. */
  get isCompleted(): boolean {
    return this.#outcomeOf !== undefined
  }

  add(record: ProducerRecord, timestamp: number, done: SendDone): void {
    const { key, value, headers } = record
    this.#records.push(headers === undefined ? { key, value, timestamp } : { key, value, timestamp, headers })
    this.#dones.push(done)
    this.sizeBytes += recordSizeBytes(record)
  }

  setSequence(identity: ProducerIdentity, baseSequence: number): void {
    this.#identity = identity
    this.baseSequence = baseSequence
  }

  /** For a batch that is certainly nowhere and goes out anew under another identity. */
  clearSequence(): void {
    this.#identity = undefined
    this.baseSequence = -1
    this.#encoded = undefined
  }

  /** The same bytes at every resend. */
  encoded(compression: Compression, isTransactional: boolean): Uint8Array {
    this.#encoded ??= encodeBatch({
      records: this.#records,
      compression,
      isTransactional,
      producerId: this.#identity?.producerId ?? -1,
      producerEpoch: this.#identity?.producerEpoch ?? -1,
      baseSequence: this.baseSequence,
    })
    return this.#encoded
  }

  /** An attempt was answered with an error. */
  refused(code: number, message: string | null): void {
    this.lastCode = errorName(code)
    this.lastMessage = message ?? ''
    if (!isDefinite('Produce', code)) this.mayHaveHappened = true
  }

  /** An attempt went without an answer, or never went: then it is none. */
  lost(failure: RequestFailure): void {
    if (failure.mayHaveHappened) this.mayHaveHappened = true
    else this.attempts--
    this.lastCode = failure.reason === 'unsupported' ? 'UNSUPPORTED_VERSION' : wordOf(failure.reason)
    this.lastMessage = ''
  }

  /** All records are in the log from `baseOffset` on; -1 when the broker does not say where. */
  succeed(baseOffset: number, timestamp: number | undefined): void {
    this.#outcomeOf ??= (index) => ({
      type: 'ok',
      partition: this.partition,
      offset: baseOffset < 0 ? undefined : baseOffset + index,
      timestamp,
      attempts: this.attempts,
      node: this.node,
    })
  }

  /** Ends without success, as what is known of the attempts demands. */
  giveUp(code: string, message: string): void {
    const definite = !this.mayHaveHappened
    this.failure ??= code
    const outcome: SendOutcome = {
      type: definite ? 'fail' : 'info',
      partition: this.partition,
      error: { code, definite, message },
      attempts: this.attempts,
      node: this.node,
    }
    this.#outcomeOf ??= () => outcome
  }

  /** Tells the callers. */
  deliver(): void {
    for (let i = 0; i < this.#dones.length; i++) this.#dones[i]!(this.#outcomeOf!(i))
  }
}

function wordOf(reason: RequestFailure['reason']): string {
  return reason.toUpperCase().replace('-', '_')
}
