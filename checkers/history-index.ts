/**
 * Everything the checkers share, computed once per history. Strings become integers here and columns carry
 * the rest: building and checking cost a constant per op and per record, plus sorting what was not yet in
 * offset order.
 */
import type { MicroOp, Ops } from '../history/op.ts'
import { type OrderGraph, orderGraph } from './graph/order-graph.ts'
import { type CommitmentInput, committedSends, okReads, visibleReads } from './index/commitment.ts'
import { coveredKeys, highestAcknowledged, lostBounds, uncoveredSentence } from './index/final-coverage.ts'
import { KnownOffsets } from './index/known-offsets.ts'
import { isAtomic, type Isolation, readIsolation, readsCommitted } from './index/isolation.ts'
import { type Contradicted, contradictedReads } from './index/later-words.ts'
import { Log } from './index/log.ts'
import { invoked, none, ok, otherKind, txnKind } from './index/codes.ts'
import { ints } from './index/columns.ts'
import { type OpTable, OpTableBuilder } from './index/op-table.ts'
import { type PollSteps, walkPolls } from './index/poll-steps.ts'
import { ReadTable } from './index/read-table.ts'
import { RecordDictionary } from './index/record-dictionary.ts'
import { type Observations, readObservations } from './index/observations.ts'
import { readMarks, type RunMarks } from './index/run-marks.ts'
import { type SendSteps, walkSends } from './index/send-steps.ts'
import { SendTable, sentTwice, writersOf } from './index/send-table.ts'
import { type Transactions, TransactionsReader } from './index/transactions.ts'

export interface HistoryIndex {
  readonly ops: Ops
  readonly table: OpTable
  readonly marks: RunMarks
  readonly observations: Observations
  /** Polls against what leaders told after them. */
  readonly contradicted: readonly Contradicted[]
  readonly records: RecordDictionary
  readonly sends: SendTable
  readonly reads: ReadTable
  /** Ok ops that polled, also when nothing came. */
  readonly okPolls: number
  readonly log: Log
  /** By read: its place in the log, or -1. */
  readonly readPlace: Int32Array
  readonly isolation: Isolation
  /** By record: 1 when an ok op polled it, of whatever isolation. */
  readonly seen: Uint8Array
  /** The same of ops that read nothing uncommitted. */
  readonly seenCommitted: Uint8Array
  /** By record: 1 when an ok op polled it; of transactions, one that reads nothing uncommitted, where there are any. */
  readonly okRead: Uint8Array
  /** By send row: 1 when the send must have taken effect. */
  readonly committed: Uint8Array
  /** By record: the send row that could have written it, or -1. */
  readonly writers: Int32Array
  /** Records that several ops may have written. */
  readonly ambiguous: ReadonlySet<number>
  readonly pollSteps: PollSteps
  readonly sendSteps: SendSteps
  /** By key code: the highest acknowledged offset, or -1. */
  readonly highestAcknowledged: Float64Array
  /** By key code: 1 when the key was read to its end. */
  readonly covered: Uint8Array
  /** Which keys were not, in a sentence. */
  readonly uncovered: string | undefined
  /** By key code: the place up to which an unread record is lost, or -1. */
  readonly lostBound: Int32Array
  /** Made when first asked for, as is the next. */
  transactions(): Transactions
  orders(): OrderGraph
}

interface Scanned {
  readonly table: OpTable
  readonly records: RecordDictionary
  readonly sends: SendTable
  readonly reads: ReadTable
  /** Positions of ops with offsets of a group among their micro-ops. */
  readonly withOffsets: number[]
  okPolls: number
}

function scanCompletion(at: number, micros: readonly MicroOp[], scanned: Scanned): void {
  scanned.sends.complete(at, micros)
  let polls = false
  for (const micro of micros) {
    if (micro.f === 'poll') {
      polls = true
      if (micro.polled !== undefined) scanned.reads.add(at, micro.polled)
    } else if (micro.f === 'offsets' && scanned.withOffsets.at(-1) !== at) scanned.withOffsets.push(at)
  }
  if (polls && scanned.table.type[at] === ok) scanned.okPolls++
}

/** The one pass over the ops themselves; everything later reads columns. */
function scan(ops: Ops): Scanned {
  const builder = new OpTableBuilder(ops)
  const { table } = builder
  const records = new RecordDictionary(Math.ceil(ops.length / 2))
  const known = new KnownOffsets()
  const sends = new SendTable(table, records, known)
  const reads = new ReadTable(table, records, known)
  const scanned: Scanned = { table, records, sends, reads, withOffsets: [], okPolls: 0 }
  for (let at = 0; at < ops.length; at++) {
    const op = ops.at(at)!
    const kind = builder.add(op, at)
    if (kind === otherKind || kind > txnKind) continue
    const { value } = op
    if (!Array.isArray(value)) sends.settle(at)
    else if (table.type[at] === invoked) {
      sends.invoke(at, value as MicroOp[])
      if (kind === txnKind && (value as MicroOp[]).some(({ f }) => f === 'offsets')) scanned.withOffsets.push(at)
    }
    else scanCompletion(at, value as MicroOp[], scanned)
  }
  sends.finish()
  return scanned
}

function placesOf({ reads }: Scanned, log: Log): Int32Array {
  const places = ints(reads.size)
  for (let at = 0; at < reads.size; at++) places[at] = log.placeOf(reads.record[at]!, reads.offset[at]!)
  return places
}

/** Whether readers of what is committed may pass over everything between two places: transactions not known as committed. */
function passOver(index: Pick<HistoryIndex, 'isolation' | 'table' | 'sends' | 'log' | 'committed' | 'writers' | 'ambiguous'>) {
  const { isolation, table, sends, log, committed, writers, ambiguous } = index
  const mayStayHidden = (record: number): boolean => {
    const row = writers[record]!
    return row !== none && (committed[row] === 0 || ambiguous.has(record)) && isAtomic(isolation, table, sends, row)
  }
  return (op: number, from: number, to: number): boolean => {
    if (!isolation.hasTransactions || !readsCommitted(isolation, table, op)) return false
    for (let place = from + 1; place < to; place++) if (!log.recordsAt(place).every(mayStayHidden)) return false
    return true
  }
}

export function buildHistoryIndex(ops: Ops): HistoryIndex {
  const scanned = scan(ops)
  const { table, records, sends, reads } = scanned
  const marks = readMarks(ops, table)
  const isolation = readIsolation({ ops, table, reads, config: marks.config })
  const seen = okReads(reads, records.size)
  const seenCommitted = isolation.uncommitted === undefined ? seen : okReads(reads, records.size, { ops: table, isolation })
  const commitment: CommitmentInput = { ops: table, sends, seen, seenCommitted, isolation }
  const committed = committedSends(commitment)
  const log = new Log({ records, reads, sends, committed })
  const readPlace = placesOf(scanned, log)
  const writers = writersOf(sends, records.size)
  const highest = highestAcknowledged(sends, records)
  const covered = coveredKeys({ table, isolation, marks, records, highestAcknowledged: highest })
  const observations = readObservations(ops, table)
  const ambiguous = new Set(sentTwice(sends, writers, row => isAtomic(isolation, table, sends, row)))
  const mayPass = passOver({ isolation, table, sends, log, committed, writers, ambiguous })
  const transactions = new TransactionsReader({ ops, ...scanned, isolation })
  let orders: OrderGraph | undefined
  const index: HistoryIndex = {
    ops,
    ...scanned,
    marks,
    observations,
    contradicted: contradictedReads({ observations, reads, records }),
    log,
    readPlace,
    isolation,
    seen,
    seenCommitted,
    okRead: visibleReads(commitment, writers),
    committed,
    writers,
    ambiguous,
    pollSteps: walkPolls({ ops, table, records, reads, readPlace, mayPass }),
    sendSteps: walkSends({ table, records, sends, committed, log, writers }),
    highestAcknowledged: highest,
    covered,
    uncovered: uncoveredSentence({ marks, records, sends, committed }, covered),
    lostBound: lostBounds({ table, isolation, records, reads, log, covered }),
    transactions: () => transactions.read(),
    orders: () => (orders ??= orderGraph(index)),
  }
  return index
}
