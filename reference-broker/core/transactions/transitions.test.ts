/** Every call in every state, against the tables in which Kafka's rules are written down (KIP-98, KIP-360, KIP-890). */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addPartitions } from './add-partitions.ts'
import { completed, endTxn, nextProducer } from './end-txn.ts'
import { abortedOver, initProducerId } from './init-producer-id.ts'
import { transactionRecords } from './records.ts'
import { soundTransactionDecisions as decisions } from './transaction-decisions.ts'
import { isEnding, type Transaction, type TransactionState } from './transaction.ts'
import type { Verdict } from './verdict.ts'

const states: readonly TransactionState[] = ['Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort']

function transaction(state: TransactionState, more: Partial<Transaction> = {}): Transaction {
  const partitions = state === 'Empty' || state.startsWith('Complete') ? new Map() : new Map([['t', [0]]])
  return {
    transactionalId: 'pay', producerId: 7, previousProducerId: 3, nextProducerId: -1, producerEpoch: 5, lastProducerEpoch: 4,
    timeoutMs: 1000, state, partitions, startMs: 10, lastUpdateMs: 20, transactionVersion: 2, ...more,
  }
}

/** In one word: the error, or the state and epoch it leads to. */
function shown(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'refused':
      return verdict.error
    case 'unchanged':
      return 'same answer'
    case 'changed':
      return `${verdict.to.state} ${verdict.to.producerId}/${verdict.to.producerEpoch}${verdict.error === 'NONE' ? '' : ` and ${verdict.error}`}`
    case 'needs-producer-id':
      return 'needs an id'
  }
}

function end(known: Transaction, outcome: 'commit' | 'abort', more: { version: number; epoch: number; id?: number; fresh?: number }): string {
  return shown(endTxn(known, {
    producerId: more.id ?? 7, producerEpoch: more.epoch, committed: outcome === 'commit', transactionVersion: more.version, nowMs: 30,
    freshProducerId: more.fresh,
  }, decisions))
}

describe('EndTxn under version 1', () => {
  const table: Record<TransactionState, readonly [commit: string, abort: string]> = {
    Empty: ['INVALID_TXN_STATE', 'INVALID_TXN_STATE'],
    Ongoing: ['PrepareCommit 7/5', 'PrepareAbort 7/5'],
    PrepareCommit: ['CONCURRENT_TRANSACTIONS', 'INVALID_TXN_STATE'],
    PrepareAbort: ['INVALID_TXN_STATE', 'CONCURRENT_TRANSACTIONS'],
    CompleteCommit: ['same answer', 'INVALID_TXN_STATE'],
    CompleteAbort: ['INVALID_TXN_STATE', 'same answer'],
  }

  it.each(states)('in %s', (state) => {
    expect([end(transaction(state), 'commit', { version: 0, epoch: 5 }), end(transaction(state), 'abort', { version: 0, epoch: 5 })]).toEqual(table[state])
    for (const epoch of [4, 6]) expect(end(transaction(state), 'commit', { version: 0, epoch })).toBe('PRODUCER_FENCED')
    expect(end(transaction(state), 'commit', { version: 0, epoch: 5, id: 8 })).toBe('INVALID_PRODUCER_ID_MAPPING')
  })
})

describe('EndTxn under version 2', () => {
  /** With the current epoch, then with the one before: commit, abort, commit again, abort again. */
  const table: Record<TransactionState, readonly [string, string, string, string]> = {
    Empty: ['INVALID_TXN_STATE', 'PrepareAbort 7/6', 'PRODUCER_FENCED', 'PRODUCER_FENCED'],
    Ongoing: ['PrepareCommit 7/6', 'PrepareAbort 7/6', 'PRODUCER_FENCED', 'PRODUCER_FENCED'],
    PrepareCommit: ['PRODUCER_FENCED', 'PRODUCER_FENCED', 'CONCURRENT_TRANSACTIONS', 'INVALID_TXN_STATE'],
    PrepareAbort: ['PRODUCER_FENCED', 'PRODUCER_FENCED', 'INVALID_TXN_STATE', 'CONCURRENT_TRANSACTIONS'],
    CompleteCommit: ['INVALID_TXN_STATE', 'PrepareAbort 7/6', 'same answer', 'INVALID_TXN_STATE'],
    CompleteAbort: ['INVALID_TXN_STATE', 'PrepareAbort 7/6', 'INVALID_TXN_STATE', 'same answer'],
  }

  it.each(states)('in %s', (state) => {
    const known = transaction(state)
    const told = [5, 4].flatMap((epoch) => (['commit', 'abort'] as const).map((outcome) => end(known, outcome, { version: 2, epoch })))
    expect(told).toEqual(table[state])
    for (const epoch of [3, 6]) expect(end(known, 'abort', { version: 2, epoch })).toBe('PRODUCER_FENCED')
    expect(end(known, 'commit', { version: 2, epoch: 5, id: 8 })).toBe('INVALID_PRODUCER_ID_MAPPING')
  })

  it('at the last epoch goes over to a new producer id, and the old one ends with the epoch nobody uses', () => {
    const last = transaction('Ongoing', { producerEpoch: 32766 })
    expect(end(last, 'commit', { version: 2, epoch: 32766 })).toBe('needs an id')
    const verdict = endTxn(last, {
      producerId: 7, producerEpoch: 32766, committed: true, transactionVersion: 2, nowMs: 30, freshProducerId: 9,
    }, decisions)
    if (verdict.kind !== 'changed') throw new Error('not changed')
    expect(verdict.to).toMatchObject({ state: 'PrepareCommit', producerId: 7, producerEpoch: 32767, nextProducerId: 9 })
    expect(nextProducer(verdict.to)).toEqual({ producerId: 9, producerEpoch: 0 })
    const done = completed(verdict.to, 40)
    expect(done).toMatchObject({ state: 'CompleteCommit', producerId: 9, producerEpoch: 0, previousProducerId: 7, nextProducerId: -1 })
    expect(end(done, 'commit', { version: 2, epoch: 32766, id: 7 })).toBe('same answer')
    expect(end(done, 'abort', { version: 2, epoch: 32766, id: 7 })).toBe('INVALID_TXN_STATE')
    expect(end(done, 'commit', { version: 2, epoch: 32765, id: 7 })).toBe('INVALID_PRODUCER_ID_MAPPING')
  })

  it('gives nothing to an instance that was replaced by one of version 1, whose ends keep the epoch', () => {
    for (const state of ['PrepareAbort', 'CompleteAbort'] as const) {
      expect(end(transaction(state, { lastProducerEpoch: -1, transactionVersion: 1 }), 'abort', { version: 2, epoch: 4 })).toBe('PRODUCER_FENCED')
    }
    const first = transaction('CompleteCommit', { producerEpoch: 0, lastProducerEpoch: -1, transactionVersion: 1 })
    expect(end(first, 'commit', { version: 2, epoch: -1 })).toBe('PRODUCER_FENCED')
    const rotated = transaction('CompleteCommit', { producerId: 9, previousProducerId: 7, producerEpoch: 0, lastProducerEpoch: -1, transactionVersion: 1 })
    expect(end(rotated, 'commit', { version: 2, epoch: 32766, id: 7 })).toBe('INVALID_PRODUCER_ID_MAPPING')
  })
})

describe('AddPartitionsToTxn', () => {
  const add = (known: Transaction | undefined, more: { epoch?: number; id?: number; index?: number } = {}): string => shown(addPartitions(known, {
    producerId: more.id ?? 7, producerEpoch: more.epoch ?? 5, partitions: new Map([['t', [more.index ?? 1]]]), transactionVersion: 0, nowMs: 30,
  }, decisions))

  it('begins a transaction or goes on with it, and waits for the end of the last one', () => {
    expect(states.map((state) => add(transaction(state)))).toEqual([
      'Ongoing 7/5', 'Ongoing 7/5', 'CONCURRENT_TRANSACTIONS', 'CONCURRENT_TRANSACTIONS', 'Ongoing 7/5', 'Ongoing 7/5',
    ])
    expect(add(transaction('Ongoing'), { index: 0 })).toBe('same answer')
  })

  it('is for the producer of this epoch only, but while a transaction ends everybody waits, as with Kafka', () => {
    for (const state of states) {
      if (state === 'PrepareCommit' || state === 'PrepareAbort') {
        expect(add(transaction(state), { id: 8, epoch: 0 })).toBe('CONCURRENT_TRANSACTIONS')
        continue
      }
      for (const epoch of [4, 6]) expect(add(transaction(state), { epoch })).toBe('PRODUCER_FENCED')
      expect(add(transaction(state), { id: 8 })).toBe('INVALID_PRODUCER_ID_MAPPING')
    }
    expect(add(undefined)).toBe('INVALID_PRODUCER_ID_MAPPING')
  })

  it('keeps the partitions of an open transaction and its start, and begins anew after an end', () => {
    const request = { producerId: 7, producerEpoch: 5, partitions: new Map([['u', [2]]]), transactionVersion: 2, nowMs: 30 }
    const open = addPartitions(transaction('Ongoing'), request, decisions)
    const next = addPartitions(transaction('CompleteAbort'), request, decisions)
    expect(open).toMatchObject({ to: { partitions: new Map([['t', [0]], ['u', [2]]]), startMs: 10 } })
    expect(next).toMatchObject({ to: { partitions: new Map([['u', [2]]]), startMs: 30 } })
  })
})

describe('InitProducerId', () => {
  const init = (known: Transaction | undefined, more: { id?: number; epoch?: number; fresh?: number } = {}): string => shown(initProducerId(known, {
    transactionalId: 'pay', timeoutMs: 1000, producerId: more.id ?? -1, producerEpoch: more.epoch ?? -1, nowMs: 30, freshProducerId: more.fresh,
  }, decisions))

  it('of a new instance takes the next epoch, or ends the open transaction first', () => {
    expect(init(undefined)).toBe('needs an id')
    expect(init(undefined, { fresh: 9 })).toBe('Empty 9/0')
    expect(states.map((state) => init(transaction(state)))).toEqual([
      'Empty 7/6', 'PrepareAbort 7/6 and CONCURRENT_TRANSACTIONS', 'CONCURRENT_TRANSACTIONS', 'CONCURRENT_TRANSACTIONS', 'Empty 7/6', 'Empty 7/6',
    ])
  })

  it('of one that goes on takes the next epoch once, however often it asks', () => {
    expect(init(transaction('CompleteAbort'), { id: 7, epoch: 5 })).toBe('Empty 7/6')
    for (const state of ['Empty', 'CompleteCommit', 'CompleteAbort'] as const) expect(init(transaction(state), { id: 7, epoch: 4 })).toBe('Empty 7/5')
    expect(init(transaction('Empty', { lastProducerEpoch: -1 }), { id: 7, epoch: 4 })).toBe('PRODUCER_FENCED')
    expect(init(transaction('Empty'), { id: 7, epoch: 3 })).toBe('PRODUCER_FENCED')
    expect(init(transaction('Empty'), { id: 8, epoch: 5 })).toBe('PRODUCER_FENCED')
  })

  it('lets a producer whose transaction was aborted over its head go on, if no other has come', () => {
    const aborted = { ...abortedOver(transaction('Ongoing'), 30, decisions), state: 'CompleteAbort' as const }
    expect(init(aborted, { id: 7, epoch: 5 })).toBe('Empty 7/6')
    expect(init(aborted)).toBe('Empty 7/7')
    expect(init(transaction('Empty', { producerEpoch: 7, lastProducerEpoch: -1 }), { id: 7, epoch: 5 })).toBe('PRODUCER_FENCED')
  })

  it('takes a new producer id when the epochs are used up', () => {
    const spent = transaction('CompleteAbort', { producerEpoch: 32766 })
    expect(init(spent)).toBe('needs an id')
    expect(init(spent, { fresh: 9 })).toBe('Empty 9/0')
    expect(init(spent, { id: 7, epoch: 32766, fresh: 9 })).toBe('Empty 9/0')
    const rotated = transaction('Empty', { producerId: 9, previousProducerId: 7, producerEpoch: 0, lastProducerEpoch: 32766 })
    expect(init(rotated, { id: 7, epoch: 32766 })).toBe('Empty 9/0')
    expect(init(rotated, { id: 7, epoch: 32765 })).toBe('PRODUCER_FENCED')
  })
})

// Any calls in any order

type Call =
  | { readonly do: 'init'; readonly names: boolean; readonly back: number }
  | { readonly do: 'add'; readonly back: number; readonly index: number; readonly version: number }
  | { readonly do: 'end'; readonly back: number; readonly committed: boolean; readonly version: number }
  | { readonly do: 'markers' | 'move' }

const back = fc.constantFrom(0, 0, 0, 1, 2, -1)
const version = fc.constantFrom(0, 2)
const call: fc.Arbitrary<Call> = fc.oneof(
  fc.record({ do: fc.constant('init' as const), names: fc.boolean(), back }),
  { weight: 3, arbitrary: fc.record({ do: fc.constant('add' as const), back, index: fc.nat(3), version }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('end' as const), back, committed: fc.boolean(), version }) },
  { weight: 3, arbitrary: fc.constant({ do: 'markers' as const }) },
  fc.constant({ do: 'move' as const }),
)

function epochOf(each: Call, known: Transaction | undefined): number {
  return (known?.producerEpoch ?? 0) - ('back' in each ? each.back : 0)
}

function isGranted(verdict: Verdict): boolean {
  return verdict.kind === 'unchanged' || (verdict.kind === 'changed' && verdict.error === 'NONE')
}

function isNewInstance(each: Call): boolean {
  return each.do === 'init' && !each.names
}

function decide(each: Call, known: Transaction | undefined, freshProducerId: number): Verdict | undefined {
  const producerId = known?.producerId ?? 7
  const producerEpoch = epochOf(each, known)
  if (each.do === 'init') {
    const who = each.names ? { producerId, producerEpoch } : { producerId: -1, producerEpoch: -1 }
    return initProducerId(known, { transactionalId: 'pay', timeoutMs: 1, ...who, nowMs: 1, freshProducerId }, decisions)
  }
  if (each.do === 'add') {
    const partitions = new Map([['t', [each.index]]])
    return addPartitions(known, { producerId, producerEpoch, partitions, transactionVersion: each.version, nowMs: 1 }, decisions)
  }
  if (each.do !== 'end') return undefined
  const { committed, version: transactionVersion } = each
  return endTxn(known, { producerId, producerEpoch, committed, transactionVersion, nowMs: 1, freshProducerId }, decisions)
}

/** As the next coordinator finds it. */
function fromLog(value: Transaction): Transaction | null | undefined {
  const written = transactionRecords.encode({ transactionalId: value.transactionalId, value })
  return transactionRecords.decode(written.key, written.value)?.value
}

/** What must not happen from one state to the next, whoever asked for it. */
function checkStep(before: Transaction, after: Transaction): void {
  expect(after.producerEpoch).toBeGreaterThanOrEqual(0)
  expect(after.producerEpoch).toBeLessThanOrEqual(32767)
  if (after.producerId === before.producerId) expect(after.producerEpoch).toBeGreaterThanOrEqual(before.producerEpoch)
  else expect(after).toMatchObject({ producerEpoch: 0, previousProducerId: before.producerId })
  if (isEnding(before)) expect(after).toEqual(completed(before, after.lastUpdateMs))
  if (before.state === 'Ongoing') {
    expect(['Ongoing', 'PrepareCommit', 'PrepareAbort']).toContain(after.state)
    expect([...(after.partitions.get('t') ?? [])]).toEqual(expect.arrayContaining([...before.partitions.get('t')!]))
  }
  if (after.state === 'PrepareCommit') expect(before.state).toBe('Ongoing')
}

describe('any calls in any order', () => {
  it('lose no partition, change no outcome, never use an epoch again, give nothing to who was replaced, and are all in the log', () => {
    fc.assert(fc.property(fc.constantFrom(0, 5, 32764), fc.array(call, { maxLength: 40 }), (firstEpoch, calls) => {
      let known: Transaction | undefined = transaction('Empty', { producerEpoch: firstEpoch, lastProducerEpoch: -1 })
      let fresh = 100
      /** The first epoch of the instance that came last. */
      let newest: number = firstEpoch
      for (const each of calls) {
        const before: Transaction | undefined = known
        if (each.do === 'markers' && known !== undefined && isEnding(known)) known = completed(known, 2)
        if (each.do === 'move' && known !== undefined) expect(fromLog(known)).toEqual(known)
        const verdict = decide(each, known, fresh++)
        if (verdict !== undefined && !isNewInstance(each) && epochOf(each, known) < newest) expect(isGranted(verdict)).toBe(false)
        if (verdict?.kind === 'changed') {
          known = verdict.to
          if (verdict.error === 'NONE' && isNewInstance(each)) newest = known.producerEpoch
        }
        if (known !== undefined && known.producerId !== before?.producerId) newest = 0
        if (before !== undefined && known !== undefined && known !== before) checkStep(before, known)
      }
    }), { numRuns: 5000 })
  })
})
