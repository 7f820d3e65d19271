/**
 * Duplicate: one record sits at two or more offsets of its key's log. Reading one offset again is not this.
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { HistoryIndex } from './history-index.ts'
import { none, ok } from './index/codes.ts'
import type { Finding } from './verdict.ts'
import { inOrder, keyName, listed, placeStep, valueName } from './witness.ts'

const name = 'duplicate'
const guarantees: readonly string[] = ['PRO-1']

/** One request carried it, was answered, and it is there twice. */
function wasAskedOnce({ sends, ops, writers }: HistoryIndex, record: number): boolean {
  const row = writers[record]!
  if (row === none || sends.outcome[row] !== ok) return false
  const { attempts, node } = ops.at(sends.completion[row]!)!
  return attempts === 1 && node !== undefined
}

function finding(index: HistoryIndex, record: number, places: readonly number[]): Finding {
  const placed = `${keyName(index, record)}: ${valueName(index, record)}`
  const offsets = places.map(place => index.log.offset[place]!)
  return {
    anomaly: name,
    guarantees,
    ...(wasAskedOnce(index, record) && { blame: 'broker' }),
    message: `${placed} is at ${places.length} offsets: ${listed(offsets)}`,
    key: index.records.keys[index.records.keyOf[record]!]!,
    values: [index.records.values[record]!],
    offsets,
    witness: inOrder(places.slice(0, 2).map(place => placeStep(index, record, place))),
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  for (const [record, places] of index.log.several) {
    if (!index.ambiguous.has(record)) found.add(places.length, '', () => finding(index, record, places))
  }
  return found.result(ambiguity(index))
}

function ambiguity({ ambiguous, records }: HistoryIndex): string[] {
  if (ambiguous.size === 0) return []
  const names = [...ambiguous].slice(0, 5).map(record => String(records.values[record]!))
  const which = listed(names, ambiguous.size)
  return [`values must be unique within a key, and ${ambiguous.size} were sent more than once: ${which}`]
}

export const duplicate: Checker = {
  name,
  describes: 'One record is in the log at two or more offsets.',
  guarantees,
  check,
}
