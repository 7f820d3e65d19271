/** Load by k6 on three broker processes, as a person starts it. Its latencies are the machine's, and not judged here. */
import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ScenarioVerdict, Verdict } from '../../checkers/verdict.ts'
import { isPromised } from '../testing/optional-tool.testing.ts'
import { Workplace } from '../testing/started-command.testing.ts'
import { findK6, isK6Missing } from './k6-binary.ts'

const isMissing = isK6Missing()
if (isMissing && isPromised('k6')) throw new Error('TRIBUNAL_REQUIRE names k6, and it is not installed.')

/** Nothing that depends on the speed of the machine. */
const patient = { produceP99Ms: null, endToEndP99Ms: null, longestStallMs: null, recoveryMs: null, droppedShare: null }

let place: Workplace
beforeEach(() => {
  place = new Workplace()
  writeFileSync(place.path('patient.json'), JSON.stringify({ objectives: patient }))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await place.close()
})

async function load(...flags: readonly string[]): Promise<{ code: number | null; scenario: ScenarioVerdict; stderr: string }> {
  const argv = ['load', '--objectives', place.path('patient.json'), '--out', place.path('run'), '--json', '--seed', '1', ...flags]
  const { code, stdout, stderr } = await place.run(...argv)
  return { code, stderr, scenario: (JSON.parse(stdout) as Verdict).scenarios[0]! }
}

describe('tribunal load', () => {
  it.skipIf(isMissing)('by k6 is valid, and every record that k6 counts is in the history', async () => {
    const { code, scenario } = await load('--time', '5s', '--rate', '200')
    expect({ code, reasons: scenario.reasons, findings: scenario.findings }).toEqual({ code: 0, reasons: [], findings: [] })
    const summary = JSON.parse(readFileSync(place.path('run', 'k6-summary.json'), 'utf8')) as { metrics: Record<string, { values: { count: number } }> }
    expect(scenario.figures['k6.recordsAcknowledged']).toBe(summary.metrics['records_acked']!.values.count)
    expect(scenario.figures['k6.recordsAcknowledged']).toBeGreaterThan(500)
    expect(summary.metrics['records_read']!.values.count).toBeGreaterThan(0)
    expect(scenario.objectives?.map(({ name, isMet }) => [name, isMet])).toEqual([['lost', true], ['duplicated', true], ['failedShare', true]])
    expect(readFileSync(place.path('run', 'report.html'), 'utf8')).toContain('loadRates')
  })

  it.skipIf(isMissing)('by k6 convicts a planted defect', async () => {
    const { code, scenario } = await load('--time', '5s', '--rate', '200', '--defect', 'answer-offset-zero')
    expect(code).toBe(1)
    expect(scenario.findings.map(({ anomaly }) => anomaly)).toContain('inconsistent-offsets')
    expect(scenario.findings.filter(({ blame }) => blame === 'harness')).toEqual([])
  })

  it('by our own generator is valid, and every record that was due is in the history', async () => {
    const { code, scenario } = await load('--native', '--workers', '2', '--time', '5s', '--rate', '400')
    expect({ code, reasons: scenario.reasons, findings: scenario.findings }).toEqual({ code: 0, reasons: [], findings: [] })
    const sends = readFileSync(place.path('run', 'history.load-native-steady.jsonl'), 'utf8').split('\n').filter((line) => line.includes('"client":"native-'))
    expect(sends.filter((line) => line.includes('"type":"ok"'))).toHaveLength(2000)
    expect(sends).toHaveLength(4000)
  })

  it('without k6 says in one sentence how to get it', async () => {
    vi.stubEnv('PATH', place.directory)
    vi.stubEnv('K6', undefined)
    expect(() => findK6()).toThrow(/^There is no k6: .*go install go\.k6\.io\/k6@v[^\n]*$/)
    const { code, stderr } = await place.run('load', '--k6', '/nonexistent/k6')
    expect({ code, stderr }).toEqual({ code: 2, stderr: '/nonexistent/k6 is no k6 that can be started.\n' })
  })

  it('refuses what it does not know', async () => {
    const k6 = ['--k6', '/nonexistent/k6']
    expect(await place.run('load', '--script', 'stairs', ...k6)).toMatchObject({ code: 64, stderr: expect.stringContaining('steady, ramp') })
    expect(await place.run('load', '--native', ...k6)).toMatchObject({ code: 64 })
  })
})
