/**
 * What producers that are not ours really asked, and what brokers answered: the evidence that tells one from the other. The
 * proxy writes a line for each Produce request; afterwards the history is completed with it.
 */
import type { Op, SendMicroOp } from '../../history/op.ts'
import { errorName, isDefinite } from '../../protocol/errors.ts'

export interface WireLine {
  /** Its client.id. */
  readonly client: string
  /** Who was asked. */
  readonly node: number
  readonly batches: readonly WireBatch[]
}

/** What was asked of one partition, and came of it. */
export interface WireBatch {
  /** As the history has it. */
  readonly key: string
  readonly values: readonly string[]
  /** Of an idempotent producer: `sequence` of the first value. */
  readonly producer?: { readonly id: number; readonly epoch: number; readonly sequence: number }
  /** Missing: no answer came. `offset` of the first value when `errorCode` is 0. */
  readonly answer?: { readonly errorCode: number; readonly offset: number }
}

/** All requests that carried one value. */
interface Carried {
  attempts: number
  unanswered: number
  readonly written: { readonly node: number; readonly offset: number }[]
  readonly errorCodes: number[]
  /** It went under a sequence that another value had before: an answer may speak of that one. */
  isRepeated: boolean
}

/** Clients whose requests are recorded: those that send in a workload. */
export const recordedClients: RegExp = /^producer-/

/**
 * The ops of `send` by recorded clients, with `attempts` and `node` as the wire had them: `node` is who acknowledged what
 * the client says was acknowledged, missing when nobody did, or when the client gave the record a sequence that was another's,
 * for which a broker is right to answer with the other's offset. What may have happened, by the client's word, is `fail` when
 * every request was answered with an error that is definite, or none was ever made.
 */
export function withWireRecord(ops: readonly Op[], lines: readonly WireLine[]): Op[] {
  const carried = carriedBy(lines)
  if (carried.size === 0) return [...ops]
  return ops.map((op) => {
    const isTold = op.f === 'send' && op.type !== 'invoke' && recordedClients.test(op.client ?? '')
    return isTold ? completed(op, carried) : op
  })
}

const never: Carried = { attempts: 0, unanswered: 0, written: [], errorCodes: [], isRepeated: false }

function carriedBy(lines: readonly WireLine[]): Map<string, Carried> {
  const carried = new Map<string, Carried>()
  const bySequence = new Map<string, string>()
  for (const { node, batches } of lines) {
    for (const { key, values, producer, answer } of batches) {
      values.forEach((value, at) => {
        const name = `${key} ${value}`
        let found = carried.get(name)
        if (found === undefined) carried.set(name, (found = { ...never, written: [], errorCodes: [] }))
        found.attempts++
        if (producer !== undefined) {
          const sequence = `${key} ${producer.id} ${producer.epoch} ${producer.sequence + at}`
          const first = bySequence.get(sequence)
          if (first === undefined) bySequence.set(sequence, value)
          else if (first !== value) found.isRepeated = true
        }
        if (answer === undefined) found.unanswered++
        else if (answer.errorCode !== 0) found.errorCodes.push(answer.errorCode)
        else found.written.push({ node, offset: answer.offset + at })
      })
    }
  }
  return carried
}

function completed(op: Op, carried: ReadonlyMap<string, Carried>): Op {
  const [{ key, value, offset }] = op.value as readonly [SendMicroOp]
  const { attempts, unanswered, written, errorCodes, isRepeated } = carried.get(`${key} ${value}`) ?? never
  if (op.type === 'ok') {
    const by = isRepeated ? undefined : written.find((each) => offset === undefined || each.offset === offset)
    return { ...op, attempts, ...(by !== undefined && { node: by.node }) }
  }
  const isRefused = unanswered === 0 && written.length === 0 && errorCodes.every((code) => isDefinite('Produce', code))
  if (!isRefused || op.type === 'fail') return { ...op, attempts }
  const last = errorCodes.at(-1)
  const code = last === undefined ? (op.error?.code ?? 'NOT_SENT') : errorName(last)
  return { ...op, type: 'fail', attempts, error: { ...op.error, code, definite: true } }
}
