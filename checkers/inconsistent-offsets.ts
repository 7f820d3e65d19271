/**
 * Inconsistent offsets: one offset of a key has held two or more records, over all polls and the answers to
 * sends. Aspect `acknowledged`: polls agree, and only answers say otherwise, which is how a lost record
 * looks once its offset is used again.
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { HistoryIndex } from './history-index.ts'
import { none } from './index/codes.ts'
import type { Finding } from './verdict.ts'
import { inOrder, keyName, listed, placeStep, valueName } from './witness.ts'

const name = 'inconsistent-offsets'
const guarantees: readonly string[] = ['ORD-4']

function finding(index: HistoryIndex, place: number, aspect: string): Finding {
  const held = index.log.recordsAt(place)
  const offset = index.log.offset[place]!
  const values = held.map(record => valueName(index, record))
  return {
    anomaly: name,
    guarantees,
    ...(aspect !== '' && { aspect }),
    message: `${keyName(index, held[0]!)}: offset ${offset} has been ${listed(values)}`,
    key: index.records.keys[index.records.keyOf[held[0]!]!]!,
    values: held.map(record => index.records.values[record]!),
    offsets: [offset],
    witness: inOrder(held.slice(0, 2).map(record => placeStep(index, record, place))),
  }
}

/** By place in conflict: the records that polls returned there. */
function polledThere({ log, reads, readPlace }: HistoryIndex): Map<number, Set<number>> {
  const polled = new Map<number, Set<number>>()
  for (const place of log.conflicts.keys()) polled.set(place, new Set())
  for (let read = 0; read < reads.size; read++) {
    const place = readPlace[read]!
    if (place !== none && log.conflicts.has(place)) polled.get(place)!.add(reads.record[read]!)
  }
  return polled
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  if (index.log.conflicts.size === 0) return found.result()
  const polled = polledThere(index)
  for (const [place, held] of index.log.conflicts) {
    const aspect = polled.get(place)!.size > 1 ? '' : 'acknowledged'
    found.add(held.length, aspect, () => finding(index, place, aspect))
  }
  return found.result()
}

export const inconsistentOffsets: Checker = {
  name,
  describes: 'One offset of a key has held two or more different records.',
  guarantees,
  check,
}
