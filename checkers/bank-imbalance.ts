/**
 * Bank imbalance: transfers are transactions of records whose amounts cancel out (history/transfer-value.ts), so whoever reads
 * all of what is committed sees a sum of 0. Judged over final readers of what is committed that read every account to its
 * end: of each account, what one of them got.
 */
import type { Key } from '../history/op.ts'
import { transferAmount } from '../history/transfer-value.ts'
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { HistoryIndex } from './history-index.ts'
import { none } from './index/codes.ts'
import { readsCommitted } from './index/isolation.ts'
import { type FinalReadOp, isFinalClient } from './index/run-marks.ts'
import type { Finding } from './verdict.ts'

const name = 'bank-imbalance'
const guarantees: readonly string[] = ['TXN-1']

/** By record: its amount, of transfers only. */
function amountsOf({ records }: HistoryIndex): Map<number, number> {
  const amounts = new Map<number, number>()
  for (let record = 0; record < records.size; record++) {
    const amount = transferAmount(records.values[record]!)
    if (amount !== undefined) amounts.set(record, amount)
  }
  return amounts
}

function reachedEnd({ value }: FinalReadOp, key: Key): boolean {
  const [reached, target] = [value.reached[String(key)], value.target[String(key)]]
  return value.keys.some(one => String(one) === String(key)) && (value.complete || (reached ?? none) >= (target ?? Number.POSITIVE_INFINITY))
}

/** By key code of an account: the final read that decides; undefined when an account has none. */
function deciding(index: HistoryIndex, accounts: ReadonlySet<number>): Map<number, FinalReadOp> | undefined {
  const { marks, records, table, isolation } = index
  const finals = marks.finalReads.filter(({ at }) => {
    return isFinalClient(table.actors[table.actor[at]!]) && readsCommitted(isolation, table, at)
  })
  const byAccount = new Map<number, FinalReadOp>()
  for (const code of accounts) {
    const final = finals.find(one => reachedEnd(one, records.keys[code]!))
    if (final === undefined) return undefined
    byAccount.set(code, final)
  }
  return byAccount
}

/** What the deciding readers got, each record once. */
function readRecords({ reads, table, records }: HistoryIndex, byAccount: ReadonlyMap<number, FinalReadOp>, amounts: ReadonlyMap<number, number>): Set<number> {
  const got = new Set<number>()
  for (let run = 0; run < reads.runs; run++) {
    const final = byAccount.get(reads.runKey[run]!)
    if (final === undefined || table.actor[reads.runOp[run]!] !== table.actor[final.at]) continue
    const end = reads.runStart(run + 1)
    for (let read = reads.runStart(run); read < end; read++) {
      const record = reads.record[read]!
      if (amounts.has(record) && records.keyOf[record] === reads.runKey[run]) got.add(record)
    }
  }
  return got
}

/** Records of transfers of which another side was not read. */
function halves(index: HistoryIndex, got: ReadonlySet<number>, amounts: ReadonlyMap<number, number>): number[] {
  const { start, rows, ofRow } = index.transactions()
  const { sends, writers } = index
  return [...got].filter(record => {
    const txn = writers[record] === none ? none : (ofRow[writers[record]!] ?? none)
    if (txn === none) return true
    const sides = rows.subarray(start[txn]!, start[txn + 1]!)
    return sides.some(row => amounts.has(sends.record[row]!) && !got.has(sends.record[row]!))
  })
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  if (!index.isolation.hasTransactions) return found.result()
  const amounts = amountsOf(index)
  if (amounts.size === 0) return found.result()
  const { records, ops, marks } = index
  const byAccount = deciding(index, new Set([...amounts.keys()].map(record => records.keyOf[record]!)))
  if (byAccount === undefined && marks.finalReads.length === 0) return found.result()
  if (byAccount === undefined) return found.result(['not every account was read to its end, so the bank cannot be balanced'])
  const got = readRecords(index, byAccount, amounts)
  const sum = [...got].reduce((sum, record) => sum + amounts.get(record)!, 0)
  if (sum === 0) return found.result()
  const torn = halves(index, got, amounts)
  const finals = [...new Set(byAccount.values())]
  found.add(torn.length, '', (): Finding => ({
    anomaly: name,
    guarantees,
    message: `all transfers that were read add up to ${sum}, not 0`,
    values: torn.slice(0, 8).map(record => records.values[record]!),
    witness: finals.map(({ at }) => ({ op: ops.at(at)!.index, shows: `had read its accounts to the end; the sum of all is ${sum}` })),
  }))
  return found.result()
}

export const bankImbalance: Checker = {
  name,
  describes: 'What readers of all that is committed saw of transfers between accounts does not add up to 0.',
  guarantees,
  check,
}
