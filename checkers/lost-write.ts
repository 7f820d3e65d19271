/**
 * Lost write: a record that must have been written, that no ok poll ever returned, although the log was
 * read at and beyond its place. See `lostBounds` for how far that is. A record above the bound is
 * unseen.ts's business.
 */
import { acknowledgedBy } from './blame.ts'
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { HistoryIndex } from './history-index.ts'
import { none } from './index/codes.ts'
import type { Finding } from './verdict.ts'
import { inOrder, keyName, readStep, sendStep, valueName } from './witness.ts'

const name = 'lost-write'
const guarantees: readonly string[] = ['DUR-1', 'DUR-2']

/** True when a record counts as lost: unread, placed, and passed by the reads that decide for its key. */
export function isLost(index: HistoryIndex, record: number): boolean {
  const place = index.log.lastPlace(record)
  return index.okRead[record] === 0 && place !== none && place <= index.lostBound[index.records.keyOf[record]!]!
}

/** The first ok read beyond a place of a key: what shows that a poll went past it. */
function readBeyond(index: HistoryIndex, key: number, place: number): number {
  const { reads, readPlace } = index
  for (let run = 0; run < reads.runs; run++) {
    if (reads.runKey[run] !== key || !reads.isOk(run)) continue
    const end = reads.runStart(run + 1)
    for (let read = reads.runStart(run); read < end; read++) if (readPlace[read]! >= place) return read
  }
  return none
}

function finding(index: HistoryIndex, row: number): Finding {
  const record = index.sends.record[row]!
  const place = index.log.lastPlace(record)
  const offset = index.log.offset[place]!
  const key = index.records.keyOf[record]!
  const written = `${keyName(index, record)}: ${valueName(index, record)}`
  const beyond = readBeyond(index, key, place)
  const blame = acknowledgedBy(index, row)
  return {
    anomaly: name,
    guarantees,
    ...(blame !== undefined && { blame }),
    message: `${written} was written at offset ${offset}, later offsets were read, and it never was`,
    key: index.records.keys[key]!,
    values: [index.records.values[record]!],
    offsets: [offset],
    witness: inOrder([sendStep(index, row), ...(beyond === none ? [] : [readStep(index, beyond)])]),
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  const { sends, committed } = index
  for (let row = 0; row < sends.size; row++) {
    const record = sends.record[row]!
    if (committed[row] === 0 || !isLost(index, record)) continue
    const writer = index.writers[record]!
    if (writer === row || committed[writer] === 0) found.add(row, '', () => finding(index, row))
  }
  return found.result(index.uncovered === undefined ? [] : [index.uncovered])
}

export const lostWrite: Checker = {
  name,
  describes: 'A record that was acknowledged, or proven written, is never returned although later ones are.',
  guarantees,
  check,
}
