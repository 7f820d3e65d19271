/**
 * k6's own word against the history, record by record: a record that k6 was told to be acknowledged without an `ok` op, an
 * `ok` op of which k6 was told otherwise, and counters of k6 that its own samples do not bear out. Each is a finding
 * against the harness: one of the two has not told what happened. A request without an answer tells nothing.
 */
import { ByteColumn, IntColumn } from '../../checkers/index/columns.ts'
import type { Finding, WitnessStep } from '../../checkers/verdict.ts'
import type { MicroOp, Op, Ops } from '../../history/op.ts'
import { makeValue } from '../../history/value-checksum.ts'
import type { K6Samples } from './k6-samples.ts'
import { RecordNumbers } from './record-numbers.ts'

export interface K6Word {
  readonly samples: K6Samples
  /** Counters of k6's summary: `records_acked.count`, …; undefined when there is none. */
  readonly summary: Readonly<Record<string, number>> | undefined
  /** k6 was ended before its time: requests may be open of which it wrote nothing. */
  readonly isCut: boolean
}

export interface Reconciliation {
  readonly findings: readonly Finding[]
  readonly figures: Readonly<Record<string, number>>
}

const listedMost = 32
const none = -1

/** What the history has of one record that k6 sent. */
interface Kept {
  readonly type: Op['type']
  readonly invoke: number
  readonly completion: number
}

export function reconcile(ops: Ops, word: K6Word): Reconciliation {
  const kept = new KeptRecords(ops)
  const told = { acknowledged: 0, refused: 0, unanswered: 0, unansweredButOk: 0, sent: 0 }
  const unbacked = new Listed()
  const unreported = new Listed()
  for (const { request, outcomes } of word.samples.requests) {
    told.sent += outcomes.length
    for (let place = 0; place < outcomes.length; place++) {
      const name = `${request}-${place}`
      const record = kept.take(request, place)
      const outcome = outcomes[place]
      if (outcome === '1') {
        told.acknowledged++
        if (record?.type !== 'ok') unbacked.add(() => unbackedAck(name, record))
      } else if (outcome === '0') {
        told.refused++
        if (record?.type === 'ok') unreported.add(() => unreportedAck(name, record, 'not to be acknowledged'))
      } else {
        told.unanswered++
        if (record?.type === 'ok') told.unansweredButOk++
      }
    }
  }
  if (!word.isCut) kept.forEachUntold((name, record) => unreported.add(() => unreportedAck(name, record, 'of no outcome at all')))
  const miscounted = word.summary === undefined ? [] : miscounts(word.samples, word.summary, told)
  return {
    findings: [...unbacked.findings, ...unreported.findings, ...miscounted],
    figures: {
      'k6.recordsAcknowledged': told.acknowledged,
      'k6.recordsRefused': told.refused,
      'k6.recordsUnanswered': told.unanswered,
      'k6.unansweredButAcknowledged': told.unansweredButOk,
      'k6.unbackedAcks': unbacked.count,
      'k6.unreportedAcks': unreported.count,
    },
  }
}

/** All are counted, few are told. */
class Listed {
  readonly findings: Finding[] = []
  count = 0

  add(finding: () => Finding): void {
    if (this.count++ < listedMost) this.findings.push(finding())
  }
}

/** As k6 names a request, `<scenario>.<number>`; and as workloads/k6/values.ts names a record of it. */
const requestForm = /^(.+)\.(\d+)$/
const valueForm = /^k6\.(.+)\.(\d+)-(\d+)-[0-9a-f]{8}$/
const types: readonly Op['type'][] = ['invoke', 'ok', 'fail', 'info']

/** All sends of k6 in the history, in columns. */
class KeptRecords {
  readonly #ops: Ops
  readonly #numbers = new RecordNumbers()
  /** Of `types`. */
  readonly #type = new ByteColumn()
  readonly #invoke = new IntColumn()
  readonly #completion = new IntColumn()
  readonly #isTold = new ByteColumn()

  constructor(ops: Ops) {
    this.#ops = ops
    for (const { f, index, type, value } of ops) {
      if (f !== 'send') continue
      for (const micro of value as readonly MicroOp[]) {
        if (micro.f === 'send' && typeof micro.value === 'string' && micro.value.startsWith('k6.')) this.#keep(micro.value, index, types.indexOf(type))
      }
    }
  }

  #keep(value: string, op: number, type: number): void {
    const known = this.#numbers.size
    const number = this.#numbers.take(value)
    if (number === known) {
      this.#type.push(type)
      this.#invoke.push(op)
      this.#completion.push(op)
      this.#isTold.push(0)
    } else {
      this.#type.data[number] = type
      this.#completion.data[number] = op
    }
  }

  /** What there is of the record, the first time it is asked for. */
  take(request: string, place: number): Kept | undefined {
    const [, scenario, number] = requestForm.exec(request) ?? []
    const found = scenario === undefined ? none : this.#numbers.find(makeValue(`k6.${scenario}.${place}`, Number(number)))
    if (found === none || this.#isTold.data[found] === 1) return undefined
    this.#isTold.data[found] = 1
    return this.#at(found)
  }

  #at(number: number): Kept {
    return { type: types[this.#type.data[number]!]!, invoke: this.#invoke.data[number]!, completion: this.#completion.data[number]! }
  }

  /** Those that are acknowledged and were never taken, named as k6 would. */
  forEachUntold(then: (name: string, record: Kept) => void): void {
    for (let number = 0; number < this.#numbers.size; number++) {
      if (this.#isTold.data[number] === 1 || types[this.#type.data[number]!] !== 'ok') continue
      then(this.#nameOf(number), this.#at(number))
    }
  }

  #nameOf(number: number): string {
    const { value } = this.#ops.at(this.#invoke.data[number]!)!
    for (const micro of value as readonly MicroOp[]) {
      const parts = micro.f === 'send' && typeof micro.value === 'string' ? valueForm.exec(micro.value) : null
      if (parts !== null && this.#numbers.find(micro.f === 'send' ? micro.value : '') === number) return `${parts[1]}.${parts[3]}-${parts[2]}`
    }
    return 'unknown'
  }
}

function unbackedAck(name: string, record: Kept | undefined): Finding {
  const has = record === undefined ? 'has no such send' : `has it as ${record.type}`
  return {
    anomaly: 'unbacked-ack',
    guarantees: [],
    blame: 'harness',
    message: `k6 was told that record ${name} is acknowledged; the history ${has}`,
    values: [name],
    witness: record === undefined ? [] : witnessOf(name, record),
  }
}

function unreportedAck(name: string, record: Kept, told: string): Finding {
  return {
    anomaly: 'unreported-ack',
    guarantees: [],
    blame: 'harness',
    message: `The history has record ${name} acknowledged; k6 was told ${told}`,
    values: [name],
    witness: witnessOf(name, record),
  }
}

function witnessOf(name: string, { invoke, completion, type }: Kept): WitnessStep[] {
  const steps = [{ op: invoke, shows: `sent ${name}` }]
  return completion === invoke ? steps : [...steps, { op: completion, shows: `ended as ${type}` }]
}

/** The summary against the samples. */
function miscounts(
  { counters }: K6Samples,
  summary: Readonly<Record<string, number>>,
  told: { readonly acknowledged: number; readonly sent: number },
): Finding[] {
  const pairs: readonly (readonly [what: string, one: number, other: number])[] = [
    ['records_acked: summary and samples', summary['records_acked.count'] ?? 0, counters['records_acked'] ?? 0],
    ['records_acked: counter and outcomes', counters['records_acked'] ?? 0, told.acknowledged],
    ['records_sent: summary and samples', summary['records_sent.count'] ?? 0, counters['records_sent'] ?? 0],
    ['records_sent: counter and outcomes', counters['records_sent'] ?? 0, told.sent],
  ]
  return pairs.filter(([, one, other]) => one !== other).map(([what, one, other]) => ({
    anomaly: 'miscounted',
    guarantees: [],
    blame: 'harness',
    message: `${what} differ: ${one} and ${other}`,
    witness: [],
  }))
}
