/**
 * How far the end of the history was read, per key: whether what no poll returned may be called lost. Where
 * the history has no phases and no final reads (most foreign ones), its end is taken as Jepsen takes it: as
 * the end.
 */
import type { Key } from '../../history/op.ts'
import { ok } from './codes.ts'
import { type Isolation, readsCommitted } from './isolation.ts'
import type { OpTable } from './op-table.ts'
import type { ReadTable } from './read-table.ts'
import type { RecordDictionary } from './record-dictionary.ts'
import { isFinalClient, type RunMarks } from './run-marks.ts'
import type { SendTable } from './send-table.ts'
import type { Log } from './log.ts'

/** By key code: the highest acknowledged offset, -1 when there is none. */
export function highestAcknowledged(sends: SendTable, records: RecordDictionary): Float64Array {
  const highest = new Float64Array(records.keys.length).fill(-1)
  for (let row = 0; row < sends.size; row++) {
    if (sends.outcome[row] !== ok) continue
    const key = records.keyOf[sends.record[row]!]!
    const offset = sends.offset[row]!
    if (offset > highest[key]!) highest[key] = offset
  }
  return highest
}

/** Whether what the op at a position did not see is missing: where some read only what is committed, they decide. */
function decides(isolation: Isolation, table: OpTable, op: number): boolean {
  return isolation.onlyUncommitted || readsCommitted(isolation, table, op)
}

export interface CoverageInput {
  readonly table: OpTable
  readonly isolation: Isolation
  readonly marks: RunMarks
  readonly records: RecordDictionary
  readonly highestAcknowledged: Float64Array
}

/** By key code: 1 when the end of the key was read, so that what is missing is missing for good. */
export function coveredKeys({ table, isolation, marks, records, highestAcknowledged }: CoverageInput): Uint8Array {
  const covered = new Uint8Array(records.keys.length)
  if (!marks.hasPhases && marks.finalReads.length === 0) return covered.fill(1)
  for (const { at, value } of marks.finalReads) {
    if (!decides(isolation, table, at)) continue
    for (const key of value.keys) {
      const code = records.findKey(key)
      if (code < 0) continue
      const reached = value.reached[String(key)] ?? -1
      const target = value.target[String(key)] ?? Number.POSITIVE_INFINITY
      if (value.complete || reached >= target || reached > highestAcknowledged[code]!) covered[code] = 1
    }
  }
  return covered
}

function writtenKeys(sends: SendTable, records: RecordDictionary, committed: Uint8Array): Uint8Array {
  const written = new Uint8Array(records.keys.length)
  for (let row = 0; row < sends.size; row++) {
    if (committed[row] === 1) written[records.keyOf[sends.record[row]!]!] = 1
  }
  return written
}

export interface UncoveredInput {
  readonly marks: RunMarks
  readonly records: RecordDictionary
  readonly sends: SendTable
  readonly committed: Uint8Array
}

/** One sentence when keys that were written to are not covered, else undefined. */
export function uncoveredSentence(input: UncoveredInput, covered: Uint8Array): string | undefined {
  const { marks, records, sends, committed } = input
  const written = writtenKeys(sends, records, committed)
  const keys = records.keys.filter((_, code) => covered[code] === 0 && written[code] === 1)
  if (keys.length === 0) return undefined
  if (marks.finalReads.length === 0) return 'no final read: what was not read yet cannot be told from what is lost'
  const shown = keys.slice(0, 3).map(key => describe(key, marks))
  const rest = keys.length > 3 ? `, and ${keys.length - 3} more` : ''
  const count = `${keys.length} of ${records.keys.length} keys`
  return `the final reads did not finish for ${count}: ${shown.join(', ')}${rest}`
}

function describe(key: Key, marks: RunMarks): string {
  const name = String(key)
  const ends = marks.finalReads.filter(({ value }) => value.keys.some(read => String(read) === name))
  if (ends.length === 0) return `${name} (no final read)`
  const best = ends.reduce((a, b) => ((a.value.reached[name] ?? 0) >= (b.value.reached[name] ?? 0) ? a : b)).value
  return `${name} (reached ${best.reached[name] ?? 0} of ${best.target[name] ?? 'an unknown end'})`
}

export interface BoundInput {
  readonly table: OpTable
  readonly isolation: Isolation
  readonly records: RecordDictionary
  readonly reads: ReadTable
  readonly log: Log
  readonly covered: Uint8Array
}

/**
 * By key code: the place up to which a record that no ok poll returned is lost, or -1. Of a covered key
 * that is the last place any ok poll saw, each record counted at its first; of another key, what the final
 * consumers passed, which began at the beginning.
 */
export function lostBounds({ table, isolation, records, reads, log, covered }: BoundInput): Int32Array {
  const bounds = new Int32Array(records.keys.length).fill(-1)
  for (let run = 0; run < reads.runs; run++) {
    const key = reads.runKey[run]!
    const op = reads.runOp[run]!
    if (!reads.isOk(run) || !decides(isolation, table, op)) continue
    if (covered[key] === 0 && !isFinalClient(table.actors[table.actor[op]!])) continue
    const end = reads.runStart(run + 1)
    for (let at = reads.runStart(run); at < end; at++) {
      const place = log.firstPlace[reads.record[at]!]!
      if (place > bounds[key]!) bounds[key] = place
    }
  }
  return bounds
}
