/** Laws over whole histories of transactions: what is right is never convicted, and each mistake of a broker is, by its name. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseHistory, renderOp } from '../history/jsonl.ts'
import { judge } from './judge.ts'
import { drawFrom } from './testing/model-history.ts'
import { TxnModelHistory } from './testing/txn-model-history.ts'
import type { Mistake } from './testing/txn-log.ts'

const seed = fc.integer({ min: 1, max: 2 ** 31 - 1 })
const steps = fc.integer({ min: 50, max: 500 })

function convicts(seed: number, mistake: Mistake): { readonly names: ReadonlySet<string>; readonly mistakes: number } {
  const model = new TxnModelHistory({ draw: drawFrom(seed), steps: 300, mistake })
  const { findings } = judge(model.run())
  const names = findings.filter(({ allowed }) => allowed === undefined).map(({ anomaly }) => anomaly)
  return { names: new Set(names), mistakes: model.log.mistakes }
}

describe('a right history of transactions', () => {
  it('is valid, whatever was aborted, unknown, fenced or late in it', () => {
    fc.assert(
      fc.property(seed, steps, (seed, steps) => {
        const { valid, reasons, findings } = judge(new TxnModelHistory({ draw: drawFrom(seed), steps }).run())
        expect({ valid, reasons, convicts: findings.filter(({ allowed }) => !allowed) }).toEqual({ valid: true, reasons: [], convicts: [] })
      }),
      { numRuns: 150 },
    )
  })

  it('is judged the same after a journey through JSON', () => {
    fc.assert(
      fc.property(seed, seed => {
        const ops = new TxnModelHistory({ draw: drawFrom(seed), steps: 150 }).run()
        expect(judge(parseHistory(ops.map(renderOp)))).toEqual(judge(ops))
      }),
      { numRuns: 20 },
    )
  })
})

describe('a broker', () => {
  const seeds = Array.from({ length: 12 }, (_, at) => 1 + at * 7919)
  const cases: readonly (readonly [Mistake, readonly string[]])[] = [
    ['serves beyond the last stable offset', ['G1a']],
    ['serves aborted records', ['G1a']],
    ['ends half of a transaction the other way', ['torn-transaction', 'bank-imbalance']],
    ['commits what was aborted', ['G1a']],
    ['does not fence', ['zombie-write']],
    ['commits offsets of aborted transactions', ['exactly-once-violation']],
    ['forgets offsets of committed transactions', ['exactly-once-violation', 'torn-transaction']],
    ['never ends a transaction', ['stuck-transaction']],
  ]

  it.each(cases)('that %s is convicted of %s, wherever it could be seen', (mistake, expected) => {
    const ran = seeds.map(seed => convicts(seed, mistake)).filter(({ mistakes }) => mistakes > 0)
    expect(ran.length).toBeGreaterThan(seeds.length / 2)
    for (const name of expected) {
      expect(ran.filter(({ names }) => names.has(name)).length, name).toBeGreaterThan(ran.length / 2)
    }
  })
})
