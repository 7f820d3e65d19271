/**
 * k6's own word against the history, record by record: a record that k6 was told to be acknowledged without an `ok` op, an
 * `ok` op of which k6 was told otherwise, and counters of k6 that its own samples do not bear out. Each is a finding
 * against the harness: one of the two has not told what happened. A request without an answer tells nothing.
 */
import type { Finding, WitnessStep } from '../../checkers/verdict.ts'
import type { MicroOp, Op, Ops } from '../../history/op.ts'
import type { K6Samples } from './k6-samples.ts'

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

/** What the history has of one record that k6 sent. */
interface Kept {
  type: Op['type']
  readonly invoke: number
  completion: number
}

const valueForm = /^k6\.(.+)-(\d+)-[0-9a-f]{8}$/
const listedMost = 32

export function reconcile(ops: Ops, word: K6Word): Reconciliation {
  const kept = recordsOf(ops)
  const told = { acknowledged: 0, refused: 0, unanswered: 0, unansweredButOk: 0 }
  const unbacked: Finding[] = []
  const unreported: Finding[] = []
  for (const { request, outcomes } of word.samples.requests) {
    for (let place = 0; place < outcomes.length; place++) {
      const name = `${request}-${place}`
      const record = kept.get(name)
      kept.delete(name)
      const outcome = outcomes[place]
      if (outcome === '1') {
        told.acknowledged++
        if (record?.type !== 'ok') unbacked.push(unbackedAck(name, record))
      } else if (outcome === '0') {
        told.refused++
        if (record?.type === 'ok') unreported.push(unreportedAck(name, record, 'not to be acknowledged'))
      } else {
        told.unanswered++
        if (record?.type === 'ok') told.unansweredButOk++
      }
    }
  }
  for (const [name, record] of word.isCut ? [] : kept) if (record.type === 'ok') unreported.push(unreportedAck(name, record, 'of no outcome at all'))
  const miscounted = word.summary === undefined ? [] : miscounts(word.samples, word.summary, told)
  return {
    findings: [...unbacked.slice(0, listedMost), ...unreported.slice(0, listedMost), ...miscounted],
    figures: {
      'k6.recordsAcknowledged': told.acknowledged,
      'k6.recordsRefused': told.refused,
      'k6.recordsUnanswered': told.unanswered,
      'k6.unansweredButAcknowledged': told.unansweredButOk,
      'k6.unbackedAcks': unbacked.length,
      'k6.unreportedAcks': unreported.length,
    },
  }
}

function recordsOf(ops: Ops): Map<string, Kept> {
  const kept = new Map<string, Kept>()
  for (const { f, index, type, value } of ops) {
    if (f !== 'send') continue
    for (const micro of value as readonly MicroOp[]) {
      const parts = micro.f === 'send' && typeof micro.value === 'string' ? valueForm.exec(micro.value) : null
      if (parts === null) continue
      const name = `${parts[1]}-${parts[2]}`
      const known = kept.get(name)
      if (known === undefined) kept.set(name, { type, invoke: index, completion: index })
      else {
        known.type = type
        known.completion = index
      }
    }
  }
  return kept
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
  { counters, requests }: K6Samples,
  summary: Readonly<Record<string, number>>,
  told: { readonly acknowledged: number },
): Finding[] {
  const sent = requests.reduce((sum, { outcomes }) => sum + outcomes.length, 0)
  const pairs: readonly (readonly [what: string, one: number, other: number])[] = [
    ['records_acked: summary and samples', summary['records_acked.count'] ?? 0, counters['records_acked'] ?? 0],
    ['records_acked: counter and outcomes', counters['records_acked'] ?? 0, told.acknowledged],
    ['records_sent: summary and samples', summary['records_sent.count'] ?? 0, counters['records_sent'] ?? 0],
    ['records_sent: counter and outcomes', counters['records_sent'] ?? 0, sent],
  ]
  return pairs.filter(([, one, other]) => one !== other).map(([what, one, other]) => ({
    anomaly: 'miscounted',
    guarantees: [],
    blame: 'harness',
    message: `${what} differ: ${one} and ${other}`,
    witness: [],
  }))
}
