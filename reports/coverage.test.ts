import { describe, expect, test } from 'vitest'
import { coverageRows } from './coverage.ts'

const figures = { 'coverage.leaderChanges': 0.5, events: 7, 'coverage.tornTails': 0, 'coverage.fault.kill': 0.002, 'coverage.op.send': 1 }

describe('coverage', () => {
  test('of many seeds is a share of them, what never happened first, and other figures are none of it', () => {
    const rows = coverageRows({ figures, seeds: 500 }, { tornTails: 'a recovery that cut a torn tail' })
    expect(rows.map(({ what, shown }) => [what, shown])).toEqual([
      ['a recovery that cut a torn tail', '0 %'], ['leader changes', '50 %'], ['fault: kill', '< 1 %'], ['op: send', '100 %'],
    ])
  })

  test('of one history is a count', () => {
    const rows = coverageRows({ figures: { 'coverage.op.send': 12_345, 'coverage.tornTails': 0 }, seeds: 1 }, {})
    expect(rows.map(({ shown }) => shown)).toEqual(['0', '12,345'])
  })
})
