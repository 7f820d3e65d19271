import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readBatchHeader, type BatchHeader } from '../../../protocol/record-batch.ts'
import { encodeBatch } from '../../../protocol/record-batch-encode.ts'
import {
  addSequence, classifyBatch, classifyMarker, ProducerStates, sequencesOf,
  type BatchClass, type MarkerClass, type MarkerToWrite, type ProducerEntry,
} from './producer-state.ts'

const maxSequence = 0x7fffffff

interface Sent {
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly count: number
  readonly baseOffset: number
  readonly timestamp?: number
  readonly isControl?: boolean
  readonly isTransactional?: boolean
}

function headerOf(sent: Sent): BatchHeader {
  const record = { key: null, value: null, timestamp: sent.timestamp ?? sent.baseOffset }
  const records = Array.from({ length: sent.count }, () => record)
  return readBatchHeader(encodeBatch({ ...sent, records, producerId: 7 }), 0)
}

const commit = { committed: true, coordinatorEpoch: 6 }

function statesAfter(all: readonly Sent[]): ProducerStates {
  const states = new ProducerStates(() => 1_000_000)
  for (const sent of all) states.apply(headerOf(sent), sent.isControl === true ? commit : undefined, 0)
  return states
}

function classify(entry: ProducerEntry | undefined, sent: Sent): BatchClass {
  return classifyBatch(entry, sequencesOf(headerOf(sent)))
}

/** A run of batches of one producer that follow each other. */
const runs = fc
  .record({ first: fc.oneof(fc.constant(0), fc.integer({ min: maxSequence - 8, max: maxSequence })), counts: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 9 }) })
  .map(({ first, counts }) => {
    let baseSequence = first
    let baseOffset = 100
    return counts.map((count): Sent => {
      const sent = { producerEpoch: 3, baseSequence, count, baseOffset }
      baseSequence = addSequence(baseSequence, count)
      baseOffset += count + 1
      return sent
    })
  })

describe('a producer with state', () => {
  it('gets the original offset and timestamp for each of its last five batches, in any order', () => {
    fc.assert(
      fc.property(runs, fc.array(fc.nat(8), { maxLength: 12 }), (run, retries) => {
        const entry = statesAfter(run).find(7, 0)
        for (const back of retries) {
          const sent = run.at(-1 - back)
          if (sent === undefined) continue
          const duplicate = { kind: 'duplicate', baseOffset: sent.baseOffset, timestamp: sent.baseOffset }
          expect(classify(entry, sent)).toEqual(back < 5 ? duplicate : { kind: 'error', error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
        }
      }),
    )
  })

  it('may append the next sequence and no other, across the wrap to 0', () => {
    fc.assert(
      fc.property(runs, fc.integer({ min: -9, max: 9 }), (run, gap) => {
        const last = run.at(-1)!
        const next = addSequence(last.baseSequence, last.count)
        const tried = (next + gap + maxSequence + 1) % (maxSequence + 1)
        const entry = statesAfter(run).find(7, 0)
        // Twelve records span no batch of the run, so this is no duplicate.
        const verdict = classify(entry, { producerEpoch: 3, baseSequence: tried, count: 12, baseOffset: 0 })
        expect(verdict).toEqual(gap === 0 ? { kind: 'append' } : { kind: 'error', error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
      }),
    )
  })

  it('must start a new epoch at 0', () => {
    const entry = statesAfter([{ producerEpoch: 3, baseSequence: 0, count: 2, baseOffset: 0 }]).find(7, 0)
    const from = (baseSequence: number): BatchClass => classify(entry, { producerEpoch: 4, baseSequence, count: 1, baseOffset: 2 })
    expect(from(0)).toEqual({ kind: 'append' })
    expect(from(2)).toEqual({ kind: 'error', error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
  })

  it('is refused in an older epoch, duplicate or not', () => {
    const sent: Sent = { producerEpoch: 3, baseSequence: 0, count: 2, baseOffset: 0 }
    const entry = statesAfter([sent, { ...sent, producerEpoch: 4, baseOffset: 2 }]).find(7, 0)
    expect(classify(entry, sent)).toEqual({ kind: 'error', error: 'INVALID_PRODUCER_EPOCH' })
  })

  it('starts at 0 after a marker that raised its epoch, and goes on after one that did not', () => {
    const sent: Sent = { producerEpoch: 3, baseSequence: 0, count: 2, baseOffset: 0 }
    const marker: Sent = { producerEpoch: 3, baseSequence: -1, count: 1, baseOffset: 2, isControl: true }
    const next: Sent = { producerEpoch: 3, baseSequence: 2, count: 1, baseOffset: 3 }
    expect(classify(statesAfter([sent, marker]).find(7, 0), next)).toEqual({ kind: 'append' })
    const raised = statesAfter([sent, { ...marker, producerEpoch: 4 }]).find(7, 0)
    expect(classify(raised, next)).toEqual({ kind: 'error', error: 'INVALID_PRODUCER_EPOCH' })
    expect(classify(raised, { ...next, producerEpoch: 4 })).toEqual({ kind: 'error', error: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
    expect(classify(raised, { ...next, producerEpoch: 4, baseSequence: 0 })).toEqual({ kind: 'append' })
  })
})

it('a producer without state may start at any sequence', () => {
  const sent: Sent = { producerEpoch: 0, baseSequence: 4711, count: 1, baseOffset: 0 }
  expect(classify(undefined, sent)).toEqual({ kind: 'append' })
})

it('a batch that does not continue the known ones leaves none of them to pass as a duplicate', () => {
  const old: Sent[] = [0, 1, 2].map((baseSequence) => ({ producerEpoch: 3, baseSequence, count: 1, baseOffset: baseSequence }))
  const states = statesAfter([...old, { producerEpoch: 3, baseSequence: 0, count: 1, baseOffset: 50 }])
  expect(classify(states.find(7, 0), { ...old[1]!, baseOffset: 51 })).toEqual({ kind: 'append' })
})

/** One that never stopped, as long as `apply` was last told of it at `appendedMs`. */
function appendedAt(appendedMs: number, sent: Partial<Sent>): ProducerStates {
  const states = new ProducerStates(() => 1_000_000)
  states.apply(headerOf({ producerEpoch: 3, baseSequence: 0, count: 1, baseOffset: 0, ...sent }), undefined, appendedMs)
  return states
}

it('a producer is forgotten for good once it was silent for the expiration time', () => {
  const states = appendedAt(5000, {})
  expect(states.find(7, 5000 + 999_999)).toBeDefined()
  expect(states.find(7, 5000 + 1_000_000)).toBeUndefined()
  expect(states.find(7, 5000)).toBeUndefined()
})

it('a producer of records that are old by their own word is remembered as long as any other', () => {
  const sent = { producerEpoch: 3, baseSequence: 0, count: 1, baseOffset: 0, timestamp: 12 }
  const states = appendedAt(900_000_000, sent)
  const retry = classify(states.find(7, 900_000_500), sent)
  expect(retry).toEqual({ kind: 'duplicate', baseOffset: 0, timestamp: 12 })
})

it('a producer with an open transaction is never forgotten', () => {
  const states = appendedAt(0, { isTransactional: true })
  expect(states.find(7, 1e12)).toBeDefined()
  states.apply(headerOf({ producerEpoch: 3, baseSequence: -1, count: 1, baseOffset: 1, isControl: true }), commit, 5)
  expect(states.find(7, 1e12)).toBeUndefined()
})

it('a producer restored from a snapshot keeps the time of its last append', () => {
  const states = appendedAt(5000, {})
  const before = states.entries()
  states.restore(before, 999_000)
  expect(states.find(7, 5000 + 1_000_000)).toBeUndefined()
  states.restore(before, 999_000)
  expect(states.find(7, 999_000 + 999_999)).toBeDefined()
})

describe('a batch outside of the open transaction of its producer', () => {
  const open: Sent = { producerEpoch: 3, baseSequence: 0, count: 1, baseOffset: 0, isTransactional: true }

  it('is refused, in a newer epoch too, until a marker ends the transaction', () => {
    const plain: Sent = { producerEpoch: 3, baseSequence: 1, count: 1, baseOffset: 1 }
    const marker: Sent = { producerEpoch: 3, baseSequence: -1, count: 1, baseOffset: 1, isControl: true }
    const invalid = { kind: 'error', error: 'INVALID_TXN_STATE' }
    const entry = statesAfter([open]).find(7, 0)
    expect(classify(entry, plain)).toEqual(invalid)
    expect(classify(entry, { ...plain, producerEpoch: 4, baseSequence: 0 })).toEqual(invalid)
    expect(classify(entry, { ...plain, isTransactional: true })).toEqual({ kind: 'append' })
    expect(classify(statesAfter([open, marker]).find(7, 0), plain)).toEqual({ kind: 'append' })
  })

  it('does not end it by being in the log', () => {
    const states = statesAfter([open, { producerEpoch: 4, baseSequence: 0, count: 1, baseOffset: 1 }])
    expect(states.find(7, 0)).toMatchObject({ producerEpoch: 4, currentTxnFirstOffset: 0 })
    expect(states.transactions.firstOpenOffset).toBe(0)
  })
})

describe('a marker', () => {
  const open: Sent = { producerEpoch: 3, baseSequence: 0, count: 1, baseOffset: 0, isTransactional: true }
  const ended: Sent[] = [open, { producerEpoch: 4, baseSequence: -1, count: 1, baseOffset: 1, isControl: true }]
  const judge = (sent: readonly Sent[], marker: Partial<MarkerToWrite>): MarkerClass =>
    classifyMarker(statesAfter(sent).find(7, 0), { producerEpoch: 3, coordinatorEpoch: 6, transactionVersion: 1, ...marker })

  it('of an older epoch is refused', () => {
    expect(judge([open], { producerEpoch: 2 })).toBe('INVALID_PRODUCER_EPOCH')
    expect(judge([open], { producerEpoch: 3 })).toBe('NONE')
    expect(judge([open], { producerEpoch: 4 })).toBe('NONE')
    expect(judge(ended, { producerEpoch: 3 })).toBe('INVALID_PRODUCER_EPOCH')
  })

  it('of transaction version 2 needs a newer epoch than the transaction it ends, or repeats the last', () => {
    expect(judge([open], { transactionVersion: 2 })).toBe('INVALID_PRODUCER_EPOCH')
    expect(judge([open], { producerEpoch: 4, transactionVersion: 2 })).toBe('NONE')
    expect(judge(ended, { producerEpoch: 4, transactionVersion: 2 })).toBe('NONE')
    expect(judge([...ended, { ...open, producerEpoch: 4 }], { producerEpoch: 4, transactionVersion: 2 })).toBe('INVALID_PRODUCER_EPOCH')
  })

  it('of a coordinator that was deposed since is refused', () => {
    expect(judge(ended, { producerEpoch: 4, coordinatorEpoch: 5 })).toBe('TRANSACTION_COORDINATOR_FENCED')
    expect(judge(ended, { producerEpoch: 4, coordinatorEpoch: 6 })).toBe('NONE')
  })

  it('of a producer nobody knows is taken', () => {
    expect(judge([], { transactionVersion: 2 })).toBe('NONE')
  })
})

it('entries handed out stay as they were', () => {
  const states = statesAfter([{ producerEpoch: 3, baseSequence: 0, count: 1, baseOffset: 0 }])
  const before = states.entries()
  const copy = structuredClone(before)
  states.apply(headerOf({ producerEpoch: 3, baseSequence: 1, count: 1, baseOffset: 1 }), undefined, 0)
  expect(before).toEqual(copy)
  expect(states.entries()).not.toEqual(copy)
})
