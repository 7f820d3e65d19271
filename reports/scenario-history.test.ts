import { describe, expect, test } from 'vitest'
import type { ScenarioVerdict } from '../checkers/verdict.ts'
import type { Op } from '../history/op.ts'
import { historyOf, lookupIn, witnessLookup } from './scenario-history.ts'

const op = (index: number): Op => ({ index, time: 0, process: 0, type: 'ok', f: 'send', value: null })

const scenario: ScenarioVerdict = {
  name: 'kill-leader', target: 'simulated', valid: false, seeds: 100, ops: { invoke: 0, ok: 0, fail: 0, info: 0 },
  acknowledged: 0, faults: [], findings: [], reasons: [], figures: {}, failure: { seed: 17, command: '', story: [] },
}

describe('which history belongs to a scenario', () => {
  test('the one of its own target, else one that names no target', () => {
    const other = { scenario: 'kill-leader', target: 'processes', ops: [] }
    const own = { scenario: 'kill-leader', target: 'simulated', ops: [] }
    const anywhere = { scenario: 'kill-leader', ops: [] }
    expect(historyOf(scenario, [other, anywhere, own])).toBe(own)
    expect(historyOf(scenario, [other, anywhere])).toBe(anywhere)
    expect(historyOf(scenario, [other])).toBeUndefined()
  })

  test('a witness is not looked up in the history of another seed', () => {
    const of = (seed: number): Op | undefined =>
      witnessLookup(scenario, [{ scenario: 'kill-leader', seed, ops: [op(0)] }])(0)
    expect(of(17)).toEqual(op(0))
    expect(of(18)).toBeUndefined()
  })

  test('ops are found by index, also in a list with holes', () => {
    expect(lookupIn([op(0), op(1)])(1)).toEqual(op(1))
    expect(lookupIn([op(5), op(9)])(9)).toEqual(op(9))
    expect(lookupIn([op(5), op(9)])(0)).toBeUndefined()
  })
})
