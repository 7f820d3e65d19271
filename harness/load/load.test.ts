/** Load by k6 on three broker processes, as a person starts it. Its latencies are the machine's, and not judged here. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ScenarioVerdict, Verdict } from '../../checkers/verdict.ts'
import { isPromised } from '../testing/optional-tool.testing.ts'
import { Workplace } from '../testing/started-command.testing.ts'
import { findK6, isK6Missing, k6Image } from './k6-binary.ts'

const isMissing = isK6Missing()
if (isMissing && isPromised('k6')) throw new Error('TRIBUNAL_REQUIRE names k6, and it is not installed.')

const docker = (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, 'docker')).find((file) => existsSync(file)) ?? 'docker'
const isImageMissing = spawnSync('docker', ['image', 'inspect', k6Image], { stdio: 'ignore' }).status !== 0
if (isImageMissing && isPromised('load-image')) throw new Error(`TRIBUNAL_REQUIRE names load-image, and ${k6Image} is not there.`)

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

  it.skipIf(isMissing)('by k6, with links cut, convicts a broker that acknowledges before its followers have it', async () => {
    const { code, scenario } = await load('--time', '12s', '--rate', '200', '--nemesis', 'cut-links', '--defect', 'acknowledge-before-replication')
    expect(code).toBe(1)
    expect(scenario.findings.map(({ anomaly }) => anomaly)).toContain('lost-write')
    expect(scenario.findings.filter(({ blame }) => blame === 'harness')).toEqual([])
    expect(scenario.objectives?.find(({ name }) => name === 'lost')?.isMet).toBe(false)
  })

  it.skipIf(isMissing)('by k6, with leaders killed in the middle, shows that it stood still, and that nothing was lost', async () => {
    const { code, scenario } = await load('--time', '12s', '--rate', '200', '--nemesis', 'kill-leader')
    expect({ code, reasons: scenario.reasons, findings: scenario.findings }).toEqual({ code: 0, reasons: [], findings: [] })
    const kills = scenario.availability!.faults.filter(({ name }) => name === 'kill')
    expect(Math.max(...kills.map(({ longestStallMs }) => longestStallMs ?? 0))).toBeGreaterThan(0)
    expect(scenario.faults.some(({ name, inForce }) => name === 'kill' && inForce)).toBe(true)
    expect(scenario.objectives?.filter(({ name }) => name === 'lost' || name === 'duplicated').map(({ measured }) => measured)).toEqual([0, 0])
  })

  it.skipIf(isImageMissing)('by the load-image, where there is no other, is valid', async () => {
    vi.stubEnv('PATH', place.path('bin'))
    vi.stubEnv('K6', undefined)
    mkdirSync(place.path('bin'))
    symlinkSync(docker, place.path('bin', 'docker'))
    expect(findK6().version).toContain('grafana/k6')
    const { code, scenario } = await load('--time', '5s', '--rate', '100')
    expect({ code, reasons: scenario.reasons, findings: scenario.findings }).toEqual({ code: 0, reasons: [], findings: [] })
    expect(scenario.figures['k6.recordsAcknowledged']).toBeGreaterThan(200)
  })

  it('by our own generator is valid, and every record that was due is in the history', async () => {
    const { code, scenario } = await load('--native', '--workers', '2', '--time', '5s', '--rate', '400')
    expect({ code, reasons: scenario.reasons, findings: scenario.findings }).toEqual({ code: 0, reasons: [], findings: [] })
    const sends = readFileSync(place.path('run', 'history.load-native-steady.jsonl'), 'utf8').split('\n').filter((line) => line.includes('"client":"native-'))
    expect(sends.filter((line) => line.includes('"type":"ok"'))).toHaveLength(2000)
    expect(sends).toHaveLength(4000)
  })

  it('by our own generator, cut short, is judged as far as it came, and not by what was still due', async () => {
    const running = place.start('load', '--native', '--rate', '50', '--time', '60s', '--out', place.path('run'), '--json')
    await vi.waitFor(() => expect(running.stderr).toMatch(/faults: [1-9]/), { timeout: 60_000, interval: 50 })
    running.interrupt()
    const { code, stdout } = await running.ended
    const { anomalies, scenarios } = JSON.parse(stdout) as Verdict
    expect({ code, anomalies }).toEqual({ code: 2, anomalies: {} })
    expect(scenarios[0]!.reasons).toEqual(expect.arrayContaining([expect.stringContaining('droppedShare'), 'the run was cut short']))
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
