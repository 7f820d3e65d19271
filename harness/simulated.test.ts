/** The simulator as `verify` uses it: one seed decides everything, and what goes wrong is told so that it can be seen again. */
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ScenarioVerdict } from '../checkers/verdict.ts'
import { soundDecisions, type Decisions } from '../reference-broker/core/decisions.ts'
import { root } from './checkout.ts'
import { runSimulated, Tally, verdictOf, type SeedRunOptions } from './run-seeds.ts'
import { resultOf } from './seed-worker.ts'
import { simulate } from './targets/simulated.ts'

function options(changes: Partial<SeedRunOptions>): SeedRunOptions {
  const signal = new AbortController().signal
  return { name: 'swarm', firstSeed: 1, seeds: 1, accept: [], signal, onProgress: () => undefined, ...changes }
}

describe('one seed', () => {
  const seed = 11
  const first = simulate(seed, { invariants: true })

  it('gives the same run again, event for event and op for op', () => {
    const second = simulate(seed, { invariants: true })
    expect(second.traceHash).toBe(first.traceHash)
    expect(second.histories[0]).toEqual(first.histories[0])
    expect(second.events).toBe(first.events)
  })

  it('gives the same run when nobody looks at its invariants', () => {
    expect(simulate(seed, { invariants: false }).traceHash).toBe(first.traceHash)
  })

  it.each([
    { machine: 'one east of us', flags: ['--hash-seed=1'], env: { TZ: 'Pacific/Kiritimati', LC_ALL: 'de_DE.UTF-8' } },
    { machine: 'one west of us', flags: ['--hash-seed=2', '--max-lazy'], env: { TZ: 'America/Adak', LC_ALL: 'C' } },
  ])('gives the same run on $machine', ({ flags, env }) => {
    const script = `import { simulate } from ${JSON.stringify(join(root, 'harness/targets/simulated.ts'))}
process.stdout.write(String(simulate(${seed}, { invariants: true }).traceHash))`
    const argv = [...flags, '--input-type=module', '--eval', script]
    const hash = execFileSync(process.execPath, argv, { cwd: tmpdir(), env: { ...process.env, ...env }, encoding: 'utf8' })
    expect(hash).toBe(String(first.traceHash))
  })

  it('gives another run than its neighbour', () => {
    expect(simulate(seed + 1, { invariants: true }).traceHash).not.toBe(first.traceHash)
  })

  it('is the same run on a worker thread', async () => {
    const { sample } = await runSimulated(options({ firstSeed: seed }))
    expect(sample).toEqual({ seed, ops: first.histories[0] })
  })
})

it('sound brokers are not convicted, and every seed is a test at all', async () => {
  const seeds = 6
  const { verdict, anomalies } = await runSimulated(options({ firstSeed: 101, seeds }))
  const convicting = verdict.findings.filter(({ allowed }) => allowed === undefined)
  expect({ valid: verdict.valid, convicting, reasons: verdict.reasons }).toEqual({ valid: true, convicting: [], reasons: [] })
  expect(verdict.failure).toBeUndefined()
  expect(verdict.seeds).toBe(seeds)
  expect(verdict.acknowledged).toBeGreaterThanOrEqual(seeds * 1000)
  expect(verdict.figures['faultsInjected']).toBeGreaterThan(verdict.faults.length)
  expect(verdict.figures['faults']).toBe(verdict.figures['faultsInjected'])
  for (const finding of verdict.findings) expect(anomalies[finding.anomaly]).toBeGreaterThan(0)
})

it('cut short, what has run is judged and the rest is missed', async () => {
  const controller = new AbortController()
  const { verdict } = await runSimulated(options({ seeds: 1000, signal: controller.signal, onProgress: () => controller.abort() }))
  expect(verdict.seeds).toBeLessThan(1000)
  expect(verdict.valid).toBe('unknown')
  expect(verdict.reasons[0]).toBe(`only ${verdict.seeds} of 1000 seeds ran`)
})

describe('what goes wrong inside a broker is a finding, with a story and the command that shows it again', () => {
  /** The verdict on one seed with such brokers, invariants on. */
  function verdictOn(seed: number, decisions: Decisions): ScenarioVerdict {
    const task = { scenario: 'swarm', seed, defect: undefined, accept: [], wantHistory: true }
    const tally = new Tally()
    tally.add(resultOf(task, simulate(seed, { invariants: true, decisions }), performance.now()), seed)
    return verdictOf(tally, options({ firstSeed: seed }))
  }

  function expectFailure(verdict: ScenarioVerdict, seed: number, message: RegExp): void {
    expect(verdict.valid).toBe(false)
    expect(verdict.findings[0]).toMatchObject({ anomaly: 'broker-failure', message: expect.stringMatching(message) as unknown })
    expect(verdict.failure).toMatchObject({ seed, command: `npm run verify -- --scenario swarm --seed ${seed} --seeds 1` })
    const story = verdict.failure!.story
    expect(story[0]).toMatch(message)
    expect(story.filter((line) => /^ *\d+\.\d+ (broker-\d|clients) /.test(line)).length).toBeGreaterThan(10)
  }

  it('a broker that throws', () => {
    let left = 500
    const mayAcknowledge: Decisions['mayAcknowledge'] = (view) => {
      if (left-- === 0) throw new Error('out of decisions')
      return soundDecisions.mayAcknowledge(view)
    }
    expectFailure(verdictOn(1, { ...soundDecisions, mayAcknowledge }), 1, /^broker-\d at [\d.]+ ms: Error: out of decisions/)
  })

  it('a broken invariant', () => {
    const leaderHighWatermark: Decisions['leaderHighWatermark'] = ({ leaderWritten }) => leaderWritten + 1
    const verdict = verdictOn(1, { ...soundDecisions, leaderHighWatermark })
    expectFailure(verdict, 1, /InvariantViolation: .*high watermark \d+ past the log's end \d+/)
  })
})

it('a snapshot that is durable only when the disk of its log has failed changes nothing any more (seed 865491621)', () => {
  expect(simulate(865491621, { invariants: true }).failures).toEqual([])
})
