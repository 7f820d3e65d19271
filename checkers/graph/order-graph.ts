/**
 * What an order of the ops of a transactional history would have to respect, as edges between ops. A node is a position:
 * that of the invocation stands for the op (that of the completion where there is no invocation), and that of a completion
 * stands for "all that had ended ok by then", so that real time takes a few edges an op and not one for each pair.
 *
 * `wr`: one op sent a record, the other polled it. `ww`: records of the two lie behind each other in a key, nothing known
 * between them. `session` and `realtime`: one had ended ok before the other began, for one client or for all.
 * Failed sends make no edges: who reads them has found worse.
 */
import type { HistoryIndex } from '../history-index.ts'
import { failed, invoked, none, ok, otherKind, txnKind } from '../index/codes.ts'
import { isAtomic, readsCommitted } from '../index/isolation.ts'
import { EdgeList } from './edges.ts'

export interface OrderGraph {
  /** Of readers that read only what is committed, and of plain sends; stands for the read. */
  readonly wr: EdgeList
  /** Of the others. */
  readonly uncommitted: EdgeList
  /** Stands for the place of the record behind. */
  readonly ww: EdgeList
  readonly session: EdgeList
  readonly realtime: EdgeList
}

/** The op that an op at a position belongs to: its invocation where there is one. */
export function opOf(table: HistoryIndex['table'], position: number): number {
  const invocation = table.invocation[position]!
  return invocation === none ? position : invocation
}

function readEdges(index: HistoryIndex): Pick<OrderGraph, 'wr' | 'uncommitted'> {
  const { reads, sends, writers, table, isolation, ambiguous } = index
  const wr = new EdgeList()
  const uncommitted = new EdgeList()
  for (let run = 0; run < reads.runs; run++) {
    const reader = opOf(table, reads.runOp[run]!)
    const isCommitted = readsCommitted(isolation, table, reads.runOp[run]!)
    let last: number = none
    const end = reads.runStart(run + 1)
    for (let read = reads.runStart(run); read < end; read++) {
      const row = writers[reads.record[read]!]!
      if (row === none || sends.outcome[row] === failed) continue
      const writer = opOf(table, sends.invocation[row]!)
      if (writer === reader || writer === last || ambiguous.has(reads.record[read]!)) continue
      last = writer
      const list = isCommitted || !isAtomic(isolation, table, sends, row) ? wr : uncommitted
      list.add(writer, reader, read)
    }
  }
  return { wr, uncommitted }
}

/** The send that put the record at a place there, if it is known to be committed and the place is its only one; else `none`. */
export function writerAt({ log, writers, committed, ambiguous }: HistoryIndex, place: number): number {
  const record = log.holder[place]!
  const row = writers[record]!
  const isPlain = row !== none && committed[row] === 1 && !log.conflicts.has(place) && !ambiguous.has(record)
  return isPlain ? row : none
}

function writeEdges(index: HistoryIndex): EdgeList {
  const { log, sends, table } = index
  const ww = new EdgeList()
  for (let key = 0; key + 1 < log.start.length; key++) {
    let before: number = none
    for (let place = log.start[key]!; place < log.start[key + 1]!; place++) {
      const row = writerAt(index, place)
      if (row === none) continue
      const writer = opOf(table, sends.invocation[row]!)
      if (before !== none && before !== writer) ww.add(before, writer, place)
      before = writer
    }
  }
  return ww
}

/** Each op after what had ended before it began: of all, or of its own client. */
function timeEdges({ table }: HistoryIndex, ofClients: boolean): EdgeList {
  const edges = new EdgeList()
  /** By actor, or of all: the last completion. */
  const last = new Int32Array(ofClients ? table.actors.length : 1).fill(none)
  for (let at = 0; at < table.type.length; at++) {
    const kind = table.kind[at]!
    if (kind === otherKind || kind > txnKind || table.actor[at] === none) continue
    const who = ofClients ? table.actor[at]! : 0
    if (table.type[at] === invoked) {
      if (last[who] !== none) edges.add(last[who]!, at, none)
    } else if (table.type[at] === ok && table.invocation[at] !== none) {
      edges.add(table.invocation[at]!, at, none)
      if (last[who] !== none) edges.add(last[who]!, at, none)
      last[who] = at
    }
  }
  return edges
}

export function orderGraph(index: HistoryIndex): OrderGraph {
  return { ...readEdges(index), ww: writeEdges(index), session: timeEdges(index, true), realtime: timeEdges(index, false) }
}
