import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Valid, Verdict } from '../checkers/verdict.ts'
import { renderJunit } from './junit.ts'
import { hostileHistories, hostileVerdict } from './testing/arbitraries.ts'
import { readMarkup, type Element } from './testing/markup-check.ts'
import { trial } from './testing/trial-fixture.ts'

const { verdict, histories } = trial({ rate: 30, durationSeconds: 30, seed: 5 })
const named = (elements: readonly Element[], name: string): Element[] => elements.filter((one) => one.name === name)

describe('JUnit', () => {
  test('false is a failure, unknown an error, true neither, in the suite of its target', () => {
    const elements = readMarkup(renderJunit(verdict, histories))
    expect(named(elements, 'testsuite').map(({ attributes }) => attributes)).toMatchObject([
      { name: 'processes', tests: '2', failures: '1', errors: '1' },
      { name: 'simulated', tests: '1', failures: '0', errors: '0' },
    ])
    expect(named(elements, 'testcase').map(({ attributes }) => attributes['name'])).toEqual([
      'kill-leader', 'pause-follower', 'everything-at-once',
    ])
    expect(named(elements, 'failure')).toHaveLength(1)
    expect(named(elements, 'error')).toHaveLength(1)
    expect(named(elements, 'testsuites')[0]!.attributes).toMatchObject({ tests: '3', failures: '1', errors: '1' })
  })

  test('the failure holds message and witness, the error its reason, the output what is allowed', () => {
    const elements = readMarkup(renderJunit(verdict, histories))
    const [failure] = named(elements, 'failure')
    expect(failure!.attributes['message']).toContain('was acknowledged at offset')
    expect(failure!.text).toMatch(/#\d+ {2}\d+\.\d{3} s {2}process \d+ \(producer-\d\) {2}ok send orders-2: v\d+ at offset \d+/)
    expect(named(elements, 'error')[0]!.text).toContain('never seen in force')
    expect(named(elements, 'system-out')[0]!.text).toContain('allowed: duplicate')
  })

  test('a run that judged nothing is an error and not an empty pass', () => {
    const empty: Verdict = { valid: 'unknown', scenarios: [], anomalies: {}, seed: 1, durationMs: 0 }
    const elements = readMarkup(renderJunit(empty))
    expect(named(elements, 'error')).toHaveLength(1)
    expect(named(elements, 'error')[0]!.text).toBe('no scenario was run')
  })

  test('a verdict that its scenarios do not explain has a case of its own', () => {
    const valid = { ...verdict, scenarios: [verdict.scenarios[2]!] }
    expect(named(readMarkup(renderJunit({ ...valid, valid: 'unknown' })), 'error')).toHaveLength(1)
    expect(named(readMarkup(renderJunit({ ...valid, valid: true })), 'testcase')).toHaveLength(1)
  })

  test('any verdict is well-formed XML with as many failures and errors as it has', () => {
    fc.assert(
      fc.property(hostileVerdict, hostileHistories, (verdict, histories) => {
        const elements = readMarkup(renderJunit(verdict, histories))
        const having = (valid: Valid): number => verdict.scenarios.filter((scenario) => scenario.valid === valid).length
        const extra = named(elements, 'testcase').length - verdict.scenarios.length
        expect(named(elements, 'failure').length + named(elements, 'error').length).toBeGreaterThanOrEqual(
          having(false) + having('unknown'),
        )
        expect(extra).toBeLessThanOrEqual(1)
        expect(elements.map(({ name }) => name)).not.toContain('x-evil')
      }),
    )
  })
})
