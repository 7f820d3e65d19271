/** What a seed of each further workload of consumer groups shows, and what it must not be silent about. */
import { describe, expect, it } from 'vitest'
import type { Judgement } from '../checkers/verdict.ts'
import { drawCommitStrategies, drawPoisonPill, drawSlowConsumer } from './group-work-swarm.ts'
import { judgeRun } from './judge-run.ts'
import type { Swarm } from './swarm.ts'
import { simulate } from './targets/simulated.ts'

interface Ran extends Judgement {
  readonly convicting: readonly string[]
  readonly allowed: ReadonlySet<string>
  readonly coverage: Readonly<Record<string, number>>
}

function run(draw: (seed: number) => Swarm, seed: number): Ran {
  const { histories: [ops], failures, coverage } = simulate(seed, { invariants: true, swarm: draw(seed) })
  const judgement = judgeRun({ ops, failures, failuresConvict: true, accept: [] })
  const { findings } = judgement
  const allowed = findings.filter((finding) => finding.allowed !== undefined).map(({ anomaly, aspect = '' }) => `${anomaly} ${aspect}`)
  return {
    ...judgement,
    convicting: findings.filter((finding) => finding.allowed === undefined).map(({ message }) => message),
    allowed: new Set(allowed),
    coverage,
  }
}

describe('commit strategies', () => {
  it('repeat records at least once, skip them at most once, and begin where they are led', () => {
    const { valid, reasons, convicting, allowed, coverage } = run(drawCommitStrategies, 3)
    expect([valid, reasons, convicting]).toEqual([true, [], []])
    expect(allowed).toContain('skipped-record at-most-once')
    expect(allowed).toContain('reprocessed-record at-least-once')
    for (const name of ['diedPolled', 'diedProcessing', 'diedProcessed', 'diedCommitting', 'diedCommitted', 'offsetResets', 'startlessMembers']) {
      expect([name, coverage[name]! > 0]).toEqual([name, true])
    }
  }, 300_000)
})

describe('poison', () => {
  it('is put aside with where it came from, and worked through there', () => {
    const { valid, reasons, convicting, figures } = run(drawPoisonPill, 2)
    expect([valid, reasons, convicting]).toEqual([true, [], []])
    expect(figures!['coverage.putAside']).toBeGreaterThan(3)
    expect(figures!['coverage.deadLetters']).toBeGreaterThanOrEqual(figures!['coverage.putAside']!)
  }, 300_000)
})

describe('a slow consumer', () => {
  it('falls behind while producers write, and catches up when they have stopped', () => {
    const { valid, reasons, convicting, figures, coverage } = run(drawSlowConsumer, 2)
    expect([valid, reasons, convicting]).toEqual([true, [], []])
    expect(figures!['groupLagMax']).toBeGreaterThan(100)
    expect(figures!['groupLagEnd']).toBe(0)
    expect(coverage['pausedPartitions']).toBeGreaterThan(0)
  }, 300_000)
})
