/** What a seed of transactions is: a test worth its name, the same each time, and not one that convicts a sound broker. */
import { expect, it } from 'vitest'
import type { Op } from '../history/op.ts'
import { transactionCoverage } from './coverage.ts'
import { judgeRun } from './judge-run.ts'
import { runSimulated } from './run-seeds.ts'
import { simulate } from './targets/simulated.ts'
import { drawTransactions, transactionFloors } from './transaction-swarm.ts'

it('sound brokers are not convicted, and every seed reaches its floors', async () => {
  const { verdict } = await runSimulated({
    name: 'transactions',
    firstSeed: 1,
    seeds: 2,
    mustCover: transactionCoverage,
    accept: [],
    signal: new AbortController().signal,
    onProgress: () => undefined,
  })
  const convicting = verdict.findings.filter(({ allowed }) => allowed === undefined)
  expect({ valid: verdict.valid, convicting, reasons: verdict.reasons }).toEqual({ valid: true, convicting: [], reasons: [] })
}, 120_000)

// 783: a transaction began while its coordinator's clock stood two minutes ahead, and stayed open for as long.
// 1737: who was replaced ended with its own epoch what its successor had ended, and was given the successor's.
it.each([783, 1737])('seed %i is silent, where a bug of ours once was not', (seed) => {
  const { histories: [ops], failures } = simulate(seed, { invariants: true, swarm: drawTransactions(seed) })
  const { valid, findings } = judgeRun({ ops, failures, failuresConvict: true, accept: [] })
  expect({ valid, convicting: findings.filter(({ allowed }) => allowed === undefined) }).toEqual({ valid: true, convicting: [] })
}, 120_000)

it('one seed gives the same run again', () => {
  const [first, second] = [2, 2].map((seed) => simulate(seed, { invariants: true, swarm: drawTransactions(seed) }))
  expect(first!.traceHash).toBe(second!.traceHash)
  expect(first!.histories).toEqual(second!.histories)
}, 60_000)

it('seeds are drawn under both versions of the protocol, and with clients that know but the first', () => {
  const levels = Array.from({ length: 30 }, (_, seed) => drawTransactions(seed).plan.features?.['transaction.version'])
  expect(new Set(levels)).toEqual(new Set([1, 2]))
})

it('a seed that misses one of its floors is unknown, whichever it is', () => {
  const { histories: [ops] } = simulate(1, { invariants: false, swarm: drawTransactions(1) })
  const judged = (told: readonly Op[]) => judgeRun({ ops: told, failures: [], failuresConvict: true, accept: [] })
  const { valid, reasons, figures } = judged(ops)
  expect({ valid, reasons }).toEqual({ valid: true, reasons: [] })
  for (const name of Object.keys(transactionFloors)) {
    const reached = figures![name]!
    const floor = 2 * reached
    const asked = ops.map((op) => (op.f === 'config' ? { ...op, value: { ...(op.value as object), floors: { ...transactionFloors, [name]: floor } } } : op))
    const missed = judged(asked)
    expect({ valid: missed.valid, reasons: missed.reasons }).toEqual({
      valid: 'unknown',
      reasons: [`too little was tested: ${name} is ${reached}, its floor ${floor}`],
    })
  }
}, 120_000)
