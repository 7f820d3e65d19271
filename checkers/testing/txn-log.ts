/**
 * The true state of a cluster with transactions, for histories that are right by construction, and for those that are wrong in
 * one way: partitions with records and markers, transactions with a decision and with markers that come later, one by one.
 */
import type { Key, Value } from '../../history/op.ts'

/** What a broker may get wrong; each is one mistake, made wherever there is an occasion. */
export type Mistake =
  | 'serves beyond the last stable offset'
  | 'serves aborted records'
  | 'ends half of a transaction the other way'
  | 'commits what was aborted'
  | 'does not fence'
  | 'commits offsets of aborted transactions'
  | 'forgets offsets of committed transactions'
  | 'never ends a transaction'

export interface TrueTxn {
  readonly producer: string
  /** By key: the offset of its first record there; keys whose marker is written are gone. */
  readonly open: Map<Key, number>
  readonly offsets: Map<Key, number>
  decision: 'none' | 'commit' | 'abort'
}

interface Entry {
  readonly offset: number
  readonly value: Value
  /** Undefined for a plain record. */
  readonly txn: TrueTxn | undefined
  /** Told by the marker here. */
  outcome: 'open' | 'committed' | 'aborted'
}

export class TrueLog {
  readonly keys: readonly Key[]
  readonly mistake: Mistake | undefined
  /** How often the mistake was made. */
  mistakes = 0
  /** Committed offsets of the one group. */
  readonly committed: Map<Key, number> = new Map()
  readonly #entries = new Map<Key, Entry[]>()
  readonly #ends = new Map<Key, number>()
  /** Not ended in all of their partitions. */
  readonly unfinished: Set<TrueTxn> = new Set()

  constructor(keys: readonly Key[], mistake: Mistake | undefined) {
    this.keys = keys
    this.mistake = mistake
    for (const key of keys) {
      this.#entries.set(key, [])
      this.#ends.set(key, 0)
    }
  }

  makes(mistake: Mistake): boolean {
    if (this.mistake !== mistake) return false
    this.mistakes++
    return true
  }

  endOf(key: Key): number {
    return this.#ends.get(key)!
  }

  stableOf(key: Key): number {
    return Math.min(this.endOf(key), ...[...this.unfinished].map(({ open }) => open.get(key) ?? Number.POSITIVE_INFINITY))
  }

  append(key: Key, value: Value, txn?: TrueTxn): number {
    const offset = this.#ends.get(key)!
    this.#ends.set(key, offset + 1)
    this.#entries.get(key)!.push({ offset, value, txn, outcome: txn === undefined ? 'committed' : 'open' })
    if (txn !== undefined && !txn.open.has(key)) txn.open.set(key, offset)
    return offset
  }

  begin(producer: string): TrueTxn {
    const txn: TrueTxn = { producer, open: new Map(), offsets: new Map(), decision: 'none' }
    this.unfinished.add(txn)
    return txn
  }

  /** Decides; what was decided before stays. */
  decide(txn: TrueTxn, decision: 'commit' | 'abort'): void {
    if (txn.decision !== 'none') return
    txn.decision = decision
    const isCommitted = decision === 'commit'
    for (const [key, offset] of txn.offsets) {
      const isForgotten = isCommitted && this.makes('forgets offsets of committed transactions')
      if (isCommitted ? !isForgotten : this.makes('commits offsets of aborted transactions')) this.committed.set(key, offset)
    }
    if (txn.open.size === 0) this.unfinished.delete(txn)
  }

  /** Writes one marker of a decided transaction. */
  mark(txn: TrueTxn): void {
    const [key] = txn.open.keys()
    if (key === undefined) return
    const isLastOfSeveral = txn.open.size === 1 && this.#hasEntries(txn, key)
    const isOdd = isLastOfSeveral && this.makes('ends half of a transaction the other way')
    const isMistaken = isOdd || (txn.decision === 'abort' && this.makes('commits what was aborted'))
    const isCommitted = (txn.decision === 'commit') !== isMistaken
    for (const entry of this.#entries.get(key)!) if (entry.txn === txn) entry.outcome = isCommitted ? 'committed' : 'aborted'
    txn.open.delete(key)
    this.#ends.set(key, this.endOf(key) + 1)
    if (txn.open.size === 0) this.unfinished.delete(txn)
  }

  /** Whether a transaction has records elsewhere, too. */
  #hasEntries(txn: TrueTxn, but: Key): boolean {
    return this.keys.some(key => key !== but && this.#entries.get(key)!.some(entry => entry.txn === txn))
  }

  /** Records from an offset on, as a reader of this isolation gets them, and where it goes on. */
  read(key: Key, from: number, isCommitted: boolean): { readonly records: [number, Value][]; readonly next: number } {
    const beyond = isCommitted && this.stableOf(key) < this.endOf(key) && this.makes('serves beyond the last stable offset')
    const end = isCommitted && !beyond ? this.stableOf(key) : this.endOf(key)
    const shows = ({ offset, outcome }: Entry): boolean => {
      if (offset < from || offset >= end) return false
      return !isCommitted || outcome === 'committed' || outcome === 'open' || this.makes('serves aborted records')
    }
    const records = this.#entries.get(key)!.filter(shows).map(({ offset, value }): [number, Value] => [offset, value])
    return { records, next: Math.max(from, end) }
  }
}
