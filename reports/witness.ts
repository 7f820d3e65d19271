/** The story a finding tells, one line an op: what the op did, and what it shows. Shared by all renderings. */
import type { Finding } from '../checkers/verdict.ts'
import type { MicroOp, Op, Polled, PolledRecord } from '../history/op.ts'
import { compactJson } from './escape.ts'
import { microOps, nemesisValue, observations, polledBy } from './op-value.ts'
import type { OpLookup } from './scenario-history.ts'
import { blamedOn, formatTime } from './words.ts'

/** `time`, `who` and `what` are empty when the op is not at hand. */
export interface WitnessLine {
  readonly op: number
  readonly time: string
  readonly who: string
  readonly what: string
  readonly shows: string
}

type Focus = Pick<Finding, 'key' | 'offsets' | 'values'>

const shownMicroOps = 6
const shownRecords = 8
const shownKeys = 4
const shownCharacters = 40
const shownInList = 16

export function witnessLines(finding: Finding, lookup: OpLookup): readonly WitnessLine[] {
  return finding.witness.map(({ op: index, shows }) => {
    const op = lookup(index)
    if (op === undefined) return { op: index, time: '', who: '', what: '', shows }
    return { op: index, time: formatTime(op.time), who: describeProcess(op), what: describeOp(op, finding), shows }
  })
}

/** As plain text on one line: `#17  0.342 s  process 3 (producer-1)  ok send orders-3: v17 at offset 4  — acked`. */
export function witnessText(line: WitnessLine): string {
  const act = [line.time, line.who, line.what].filter((part) => part !== '').join('  ')
  return act === '' ? `#${line.op}  ${line.shows}` : `#${line.op}  ${act}${line.shows && `  — ${line.shows}`}`
}

/** Where in the log a finding lies, and whose doing it is: `key orders-3`, `offsets 4, 9`, `values v17`. */
export function findingPlace(finding: Finding): string[] {
  const { key, offsets, values } = finding
  const parts: string[] = []
  if (key !== undefined) parts.push(`key ${key}`)
  if (offsets !== undefined) parts.push(`offsets ${shortList(offsets)}`)
  if (values !== undefined) parts.push(`values ${shortList(values)}`)
  if (finding.blame !== undefined) parts.push(blamedOn(finding))
  return parts
}

function shortList(items: readonly (string | number)[]): string {
  const shown = items.slice(0, shownInList).join(', ')
  return items.length > shownInList ? `${shown} and ${items.length - shownInList} more` : shown
}

export function describeProcess(op: Op): string {
  const process = typeof op.process === 'number' ? `process ${op.process}` : op.process
  return op.client === undefined ? process : `${process} (${op.client})`
}

/** What an op did, in words; of a long poll only what is near the key and offsets of the `focus`. */
export function describeOp(op: Op, focus: Focus = {}): string {
  const act = typeof op.process === 'number' ? `${op.type} ${op.f}` : op.f
  const value = describeValue(op, focus)
  const parts = [value === '' ? act : `${act} ${value}`]
  if (op.node !== undefined) parts.push(`node ${op.node}`)
  if (op.attempts !== undefined && op.attempts > 1) parts.push(`${op.attempts} attempts`)
  if (op.error !== undefined) parts.push(describeError(op.error))
  return parts.join(', ')
}

function describeError(error: NonNullable<Op['error']>): string {
  const certainty = error.definite ? 'definite' : 'indefinite'
  return `${error.code} (${certainty})${error.message === undefined ? '' : `: ${error.message}`}`
}

function describeValue(op: Op, focus: Focus): string {
  const micros = microOps(op)
  if (micros.length > 0) return describeMicroOps(micros, focus)
  const nemesis = nemesisValue(op)
  if (nemesis !== undefined) {
    const seen = nemesis.action === 'evidence' ? (nemesis.inForce ? 'in force' : 'not in force') : ''
    return [nemesis.action, nemesis.targets.join(', '), seen].filter((part) => part !== '').join(' ')
  }
  const observed = observations(op)
  if (observed.length > 0) return describeObservations(op, focus)
  return typeof op.value === 'string' ? op.value : op.value === null ? '' : compactJson(op.value)
}

function describeObservations(op: Op, focus: Focus): string {
  const all = observations(op)
  const near = all.filter((observation) => isKey(focus, observation.key))
  const shown = (near.length > 0 ? near : all).slice(0, shownKeys)
  const told = shown.map(({ key, leader, leaderEpoch, inSyncReplicas }) => {
    return `${key}: leader ${leader} leaderEpoch ${leaderEpoch} in sync ${inSyncReplicas.join(',')}`
  })
  return `${told.join('; ')}${more(all.length - shown.length, 'key')}`
}

function describeMicroOps(micros: readonly MicroOp[], focus: Focus): string {
  const near = micros.filter((micro) => isNear(micro, focus))
  const shown = (micros.length > shownMicroOps && near.length > 0 ? near : micros).slice(0, shownMicroOps)
  const told = shown.map((micro) => describeMicroOp(micro, focus)).join('; ')
  return `${told}${more(micros.length - shown.length, 'micro-op')}`
}

function describeMicroOp(micro: MicroOp, focus: Focus): string {
  if (micro.f === 'send') {
    const answer = typeof micro.offset === 'number' ? ` at offset ${micro.offset}` : ''
    return `${micro.key}: ${asText(micro.value)}${answer}`
  }
  if (micro.f === 'offsets') return `offsets of ${micro.group}: ${micro.offsets.map(([key, offset]) => `${key} ${offset}`).join(', ')}`
  const polled = polledBy(micro)
  if (polled.length === 0) return micro.polled === undefined ? '' : 'nothing'
  const near = polled.filter(([key]) => isKey(focus, key))
  const shown = (near.length > 0 ? near : polled).slice(0, shownKeys)
  return `${shown.map((one) => describePolled(one, focus)).join('; ')}${more(polled.length - shown.length, 'key')}`
}

function describePolled([key, records]: Polled, focus: Focus): string {
  if (records.length === 0) return `${key}: nothing`
  const from = windowStart(records, isKey(focus, key) ? focus : {})
  const shown = records
    .slice(from, from + shownRecords)
    .map(([offset, value]) => `${offset < 0 ? '?' : offset}:${asText(value)}`)
  if (from > 0) shown.unshift('…')
  if (from + shownRecords < records.length) shown.push('…')
  const count = records.length > shownRecords ? ` (${records.length} records)` : ''
  return `${key}: ${shown.join(' ')}${count}`
}

/** Where to begin so that the first record at or after an offset of the focus, or with one of its values, is shown. */
function windowStart(records: readonly PolledRecord[], { offsets = [], values = [] }: Focus): number {
  if (records.length <= shownRecords) return 0
  const first = offsets.reduce((least, offset) => Math.min(least, offset), Infinity)
  const wanted = new Set(values.map(String))
  const at = records.findIndex(([offset, value]) => offset >= first || wanted.has(wholeText(value)))
  if (at < 0) return offsets.length > 0 ? records.length - shownRecords : 0
  return Math.max(0, Math.min(at - Math.floor(shownRecords / 2), records.length - shownRecords))
}

function isNear(micro: MicroOp, focus: Focus): boolean {
  if (micro.f === 'poll') return polledBy(micro).some(([key]) => isKey(focus, key))
  if (micro.f === 'offsets') return micro.offsets.some(([key]) => isKey(focus, key))
  const wanted = focus.values?.map(String)
  return isKey(focus, micro.key) && (wanted === undefined || wanted.includes(String(micro.value)))
}

function isKey(focus: Focus, key: string | number): boolean {
  return focus.key !== undefined && String(focus.key) === String(key)
}

function wholeText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : compactJson(value)
}

function asText(value: unknown): string {
  const text = wholeText(value)
  return text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters - 1)}…`
}

function more(count: number, unit: string): string {
  return count <= 0 ? '' : ` and ${count} more ${unit}${count === 1 ? '' : 's'}`
}
