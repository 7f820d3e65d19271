/**
 * Exactly-once violation, of a pipeline that the configuration names (`pipeline`: its group, its input and its output
 * keys; outputs are derived values, see history/derived-value.ts). Aspect `repeated`: readers got two different records that
 * were made from one input, in one topic. Aspect `missing`: the group has committed an offset beyond an input, and readers
 * that read all outputs to the end got none that was made from it. Inputs of a key whose offsets were reset are not judged, and
 * with plain commits an input is lawfully taken again when a commit of it, or of one before it, may have come late.
 */
import { derivedFrom } from '../history/derived-value.ts'
import type { Key } from '../history/op.ts'
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import { mayHaveBeenSetBack } from './groups/deliveries.ts'
import { groupsOf } from './groups/groups.ts'
import type { HistoryIndex } from './history-index.ts'
import { failed, none, ok } from './index/codes.ts'
import { groupOffsets } from './index/group-offsets.ts'
import { isAtomic } from './index/isolation.ts'
import type { Finding, WitnessStep } from './verdict.ts'
import { firstOkReadOf, inOrder, keyName, readStep, sendStep, valueName } from './witness.ts'

const name = 'exactly-once-violation'
const guarantees: readonly string[] = ['TXN-2']

interface Pipeline {
  readonly group: string
  readonly inputs: readonly Key[]
  readonly outputs: readonly Key[]
}

function pipelineOf({ marks }: HistoryIndex): Pipeline | undefined {
  const { group, inputs, outputs } = (marks.config?.['pipeline'] ?? {}) as Partial<Pipeline>
  return typeof group === 'string' && Array.isArray(inputs) && Array.isArray(outputs) ? { group, inputs, outputs } : undefined
}

/** Of what was made from one input: the first record in each topic, and one of the same topic that is another. */
interface Effects {
  readonly byTopic: Map<string, number>
  again: readonly [first: number, second: number] | undefined
}

function topicOf(key: Key): string {
  return /^(.+)-\d+$/.exec(String(key))?.[1] ?? ''
}

function inputName(key: Key, offset: number): string {
  return `${key}@${offset}`
}

/** How a record's transaction ended as far as is known, where all that read it read what is uncommitted, too; `ok` for every other. */
function outcomeOf({ isolation, table, sends, writers }: HistoryIndex, record: number): number {
  const row = writers[record]!
  const mayBeAborted = isolation.onlyUncommitted && row !== none && isAtomic(isolation, table, sends, row)
  return mayBeAborted ? sends.outcome[row]! : ok
}

/** By input, what readers got that was made from it and `counts`. */
function effects(index: HistoryIndex, counts: (record: number) => boolean): Map<string, Effects> {
  const { records, okRead } = index
  const byInput = new Map<string, Effects>()
  for (let record = 0; record < records.size; record++) {
    const from = okRead[record] === 1 && counts(record) ? derivedFrom(records.values[record]!) : undefined
    if (from === undefined) continue
    const input = inputName(from.key, from.offset)
    const topic = topicOf(records.keys[records.keyOf[record]!]!)
    const known = byInput.get(input)
    if (known === undefined) byInput.set(input, { byTopic: new Map([[topic, record]]), again: undefined })
    else if (!known.byTopic.has(topic)) known.byTopic.set(topic, record)
    else known.again ??= [known.byTopic.get(topic)!, record]
  }
  return byInput
}

/** What shows how far the group has got: the offset, and the op. */
interface Committed {
  readonly offset: number
  readonly at: number
}

/** By input key: the highest offset the group had surely committed; keys whose offsets were reset are left out. */
function committedOffsets(index: HistoryIndex, { group, inputs }: Pipeline): { readonly reset: Set<Key>; readonly committed: Map<Key, Committed> } {
  const wanted = new Set(inputs)
  const reset = new Set<Key>()
  const committed = new Map<Key, Committed>()
  for (const { group: other, key, asked, told } of groupOffsets(index)) {
    if (other !== group || !wanted.has(key)) continue
    if (asked.some(({ isReset }) => isReset)) reset.add(key)
    const sure = [...asked.filter(({ outcome }) => outcome === ok), ...told]
    const highest = sure.reduce<Committed>((best, { offset, completion }) => (offset > best.offset ? { offset, at: completion } : best), { offset: none, at: none })
    if (highest.offset > none) committed.set(key, highest)
  }
  return { reset, committed }
}

function inputStep(index: HistoryIndex, record: number): WitnessStep {
  const read = firstOkReadOf(index, record)
  return read === none ? sendStep(index, index.writers[record]!) : readStep(index, read)
}

function repeated(index: HistoryIndex, input: string, both: readonly [number, number]): Finding {
  const { records } = index
  const [first, second] = both.map(record => `${valueName(index, record)} of ${keyName(index, record)}`)
  return {
    anomaly: name,
    guarantees,
    aspect: 'repeated',
    message: `input ${input} has two effects: ${first} and ${second}`,
    key: records.keys[records.keyOf[both[1]]!]!,
    values: both.map(record => records.values[record]!),
    offsets: both.map(record => index.log.offset[index.log.firstPlace[record]!]!).filter(offset => offset !== undefined),
    witness: inOrder(both.map(record => readStep(index, firstOkReadOf(index, record, true)))),
  }
}

function missing(index: HistoryIndex, place: number, { offset, at }: Committed): Finding {
  const { log, records, ops } = index
  const record = log.holder[place]!
  const key = records.keys[records.keyOf[record]!]!
  return {
    anomaly: name,
    guarantees,
    aspect: 'missing',
    message: `input ${inputName(key, log.offset[place]!)}, ${valueName(index, record)}, has no effect, and the group was at ${offset}`,
    key,
    values: [records.values[record]!],
    offsets: [log.offset[place]!, offset],
    witness: inOrder([inputStep(index, record), { op: ops.at(at)!.index, shows: `the group had committed offset ${offset} of ${key}` }]),
  }
}

/** Whether all outputs were read to their end, so that what is missing is missing for good. */
function areCovered({ records, covered, marks }: HistoryIndex, keys: readonly Key[]): boolean {
  return keys.every(key => {
    const code = records.findKey(key)
    if (code !== none) return covered[code] === 1
    return !marks.hasPhases || marks.finalReads.some(({ value }) => value.complete && value.keys.includes(key))
  })
}

function addMissing(index: HistoryIndex, pipeline: Pipeline, found: FindingList, got: ReadonlyMap<string, Effects>): void {
  const { records, log, okRead } = index
  const { reset, committed } = committedOffsets(index, pipeline)
  for (const [key, upTo] of committed) {
    const code = records.findKey(key)
    if (code === none || reset.has(key)) continue
    for (let place = log.start[code]!; place < log.start[code + 1]!; place++) {
      const offset = log.offset[place]!
      if (offset >= upTo.offset) break
      const record = log.holder[place]!
      const isInput = okRead[record] === 1 && outcomeOf(index, record) === ok && !log.conflicts.has(place)
      if (isInput && !got.has(inputName(key, offset))) found.add(offset, 'missing', () => missing(index, place, upTo))
    }
  }
}

/** At least once repeats lawfully all the time, and a transaction's offsets do not come late. */
function mayBeTakenAgain(index: HistoryIndex, { group, inputs }: Pipeline): (key: string, offset: number) => boolean {
  const known = groupsOf(index).find(each => each.name === group)
  if (known === undefined || index.marks.config?.['delivery'] !== 'at-most-once') return () => false
  const named = new Map(inputs.map(key => [String(key), key]))
  return (key, offset) => mayHaveBeenSetBack(known, named.get(key) ?? key, { to: index.ops.length, offset })
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  const pipeline = pipelineOf(index)
  if (pipeline === undefined) return found.result()
  const isLawful = mayBeTakenAgain(index, pipeline)
  const { reset } = committedOffsets(index, pipeline)
  for (const [input, { again }] of effects(index, record => outcomeOf(index, record) === ok)) {
    const at = input.lastIndexOf('@')
    const key = input.slice(0, at)
    if (again === undefined || [...reset].some(one => String(one) === key) || isLawful(key, Number(input.slice(at + 1)))) continue
    found.add(again[1], 'repeated', () => repeated(index, input, again))
  }
  if (!areCovered(index, pipeline.outputs)) return found.result(['not all outputs were read to the end, so none can be called missing'])
  addMissing(index, pipeline, found, effects(index, record => outcomeOf(index, record) !== failed))
  return found.result()
}

export const exactlyOnceViolation: Checker = {
  name,
  describes: 'A pipeline made two records from one input, or none although its group had committed an offset beyond it.',
  guarantees,
  check,
}
