import { describe, expect, it } from 'vitest'
import type { ScenarioVerdict, Valid, Verdict } from '../checkers/verdict.ts'
import { compareRuns } from './compare-runs.ts'

function run(figures: Readonly<Record<string, number>>, valid: Valid = true, name = 'load-steady'): Verdict {
  const ops = { invoke: 0, ok: 0, fail: 0, info: 0 }
  const scenario: ScenarioVerdict = { name, target: 'processes', valid, seeds: 1, ops, acknowledged: 0, faults: [], findings: [], reasons: [], figures }
  return { valid, scenarios: [scenario], anomalies: {}, seed: 1, durationMs: 1 }
}

const regressed = (before: Verdict, after: Verdict, tolerance = 0.2): readonly string[] => compareRuns(before, after, tolerance).regressions

describe('two runs compared', () => {
  it('differ by nothing when they are the same, and by nothing when the second is better', () => {
    const before = run({ produceP99Ms: 100, acknowledgedPerSecond: 1000 })
    expect(regressed(before, before)).toEqual([])
    expect(regressed(before, run({ produceP99Ms: 10, acknowledgedPerSecond: 5000 }))).toEqual([])
  })

  it('regress where less is better and it is more, and the other way round', () => {
    expect(regressed(run({ produceP99Ms: 100 }), run({ produceP99Ms: 121 }))).toEqual(['load-steady, processes: produceP99Ms was 100, is 121'])
    expect(regressed(run({ acknowledgedPerSecond: 1000 }), run({ acknowledgedPerSecond: 790 }))).toHaveLength(1)
  })

  it('do not regress within the tolerance, nor by what says nothing', () => {
    expect(regressed(run({ produceP99Ms: 100 }), run({ produceP99Ms: 119 }))).toEqual([])
    expect(regressed(run({ produceP99Ms: 100 }), run({ produceP99Ms: 119 }), 0.1)).toHaveLength(1)
    expect(regressed(run({ produceP99Ms: 1 }), run({ produceP99Ms: 5 }))).toEqual([])
    expect(regressed(run({ drainMs: 0 }), run({ drainMs: 51 }))).toHaveLength(1)
  })

  it('regress by a verdict that became worse, and by a scenario that is gone', () => {
    expect(regressed(run({}, true), run({}, 'unknown'))).toEqual(['load-steady, processes: was valid, is unknown'])
    expect(regressed(run({}, 'unknown'), run({}, false))).toHaveLength(1)
    expect(regressed(run({}, false), run({}, true))).toEqual([])
    expect(regressed(run({}), run({}, true, 'load-spike'))).toEqual(['load-steady, processes: not in the second run'])
  })

  it('compare only what both have', () => {
    expect(compareRuns(run({ produceP99Ms: 1, drainMs: 2 }), run({ drainMs: 2, backlogMax: 9 }), 0.2).figures.map(({ name }) => name)).toEqual(['drainMs'])
  })
})
