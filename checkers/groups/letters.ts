/**
 * Records that members of a group could not process, and the dead letters about them: the records of the topic that the
 * configuration names (`deadLetters`), whose values are derived from what they are about (history/derived-value.ts).
 */
import { derivedFrom } from '../../history/derived-value.ts'
import type { DeadLetterConfig } from '../../history/group-op.ts'
import type { Key } from '../../history/op.ts'
import type { HistoryIndex } from '../history-index.ts'
import { failed, none, ok } from '../index/codes.ts'
import { topicOf, type WorkRow } from './group-ops.ts'
import { type Group, groupsOf } from './groups.ts'

export interface DeadLetters {
  readonly group: Group
  readonly config: DeadLetterConfig
}

function isConfig(value: unknown): value is DeadLetterConfig {
  const { group, topic } = (value ?? {}) as Partial<DeadLetterConfig>
  return typeof group === 'string' && typeof topic === 'string'
}

/** Of the groups that have somewhere to put aside what they cannot process. */
export function deadLettersOf(index: HistoryIndex): DeadLetters[] {
  const configured: unknown = index.marks.config?.deadLetters
  return (Array.isArray(configured) ? configured : []).filter(isConfig).flatMap(config => {
    const group = groupsOf(index).find(({ name }) => name === config.group)
    return group === undefined ? [] : [{ group, config }]
  })
}

/** By offset, the first time that a record of a key could not be processed. */
export function poisonOf(rows: readonly WorkRow[]): ReadonlyMap<number, WorkRow> {
  const first = new Map<number, WorkRow>()
  for (const row of rows) {
    const { poison } = row.value
    if (row.outcome === failed && poison !== undefined && !first.has(poison)) first.set(poison, row)
  }
  return first
}

export function originName(key: Key, offset: number): string {
  return `${key}@${offset}`
}

/** What there are letters about, by `originName`: written for sure, or read. */
export function lettersAbout({ records, sends, okRead }: HistoryIndex, { topic }: DeadLetterConfig): ReadonlySet<string> {
  const about = new Set<string>()
  const take = (record: number): void => {
    const isLetter = topicOf(records.keys[records.keyOf[record]!]!) === topic
    const of = isLetter ? derivedFrom(records.values[record]!) : undefined
    if (of !== undefined) about.add(originName(of.key, of.offset))
  }
  for (let record = 0; record < records.size; record++) if (okRead[record] === 1) take(record)
  for (let row = 0; row < sends.size; row++) if (sends.outcome[row] === ok) take(sends.record[row]!)
  return about
}

/** The record at an offset of a key, where the history knows one and no other. */
export function recordAt({ log, records }: HistoryIndex, key: Key, offset: number): number {
  const code = records.findKey(key)
  const place = code === none ? none : log.placeAt(code, offset)
  const there = place === none ? [] : log.recordsAt(place)
  return there.length === 1 ? there[0]! : none
}

/** What was put aside and read again, by name; absent from a history without dead letters. */
export function letterCoverage(index: HistoryIndex): { readonly putAside: number; readonly deadLetters: number } | undefined {
  const all = deadLettersOf(index)
  if (all.length === 0) return undefined
  const putAside = all.flatMap(({ group }) => [...group.work.values()]).reduce((sum, rows) => sum + poisonOf(rows).size, 0)
  const topics = new Set(all.map(({ config }) => config.topic))
  const letters = groupsOf(index).flatMap(group => group.letters).filter(({ value }) => topics.has(topicOf(value.key)))
  return { putAside, deadLetters: new Set(letters.map(({ value }) => originName(value.key, value.offset))).size }
}
