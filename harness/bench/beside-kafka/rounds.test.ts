import { describe, expect, it } from 'vitest'
import type { Side } from './bench-cluster.ts'
import { headline, type BenchCase } from './cases.ts'
import type { ProduceRun } from './measure.ts'
import { runRounds, type CaseResult, type OneRun, type Turn } from './rounds.ts'

const big: BenchCase = { ...headline, recordBytes: 10_240 }

function produceRun(p99Ms: number): ProduceRun {
  return { records: 1, recordsPerSecond: 1, averageMs: 1, p50Ms: 1, p95Ms: 1, p99Ms, p999Ms: 1, maxMs: 1, cpuMsPerMb: 1, rssBytes: 1 }
}

interface Played {
  readonly runs: string[]
  readonly names: string[]
  readonly results: readonly CaseResult[]
}

/** The p99 of a run is its number. */
async function play(rounds: number, hasTimeFor: (roundMs: number) => boolean, more: Partial<OneRun> = {}): Promise<Played> {
  const runs: string[] = []
  const names: string[] = []
  const run = async (side: Side, { of, round, name }: Turn): Promise<OneRun> => {
    runs.push(`${round} ${side} ${of.recordBytes}`)
    names.push(`${side} ${name}`)
    return { produced: produceRun(runs.length), ...more }
  }
  const results = await runRounds({ cases: [headline, big], rounds, run, hasTimeFor, onProgress: () => undefined })
  return { runs, names, results }
}

describe('rounds of a bench', () => {
  it('run each case on both kinds right after one another, who is first by turns', async () => {
    const { runs } = await play(1, () => true)
    expect(runs).toEqual([
      '0 ours 1024', '0 kafka 1024', '0 ours 10240', '0 kafka 10240',
      '1 kafka 1024', '1 ours 1024', '1 kafka 10240', '1 ours 10240',
    ])
  })

  it('leave the first one out', async () => {
    const { results } = await play(2, () => true)
    expect(results.map(({ produced }) => produced.map(({ ours, kafka }) => [ours.p99Ms, kafka.p99Ms]))).toEqual([
      [[6, 5], [9, 10]],
      [[8, 7], [11, 12]],
    ])
  })

  it('end when another would not fit into the time, with the pairs there are', async () => {
    let left = 2
    const { results } = await play(5, () => --left > 0)
    expect(results.map(({ produced }) => produced.length)).toEqual([1, 1])
  })

  it('never use a topic twice', async () => {
    const { names } = await play(3, () => true)
    expect(new Set(names).size).toBe(names.length)
  })

  it('keep what only some cases have', async () => {
    const { results } = await play(1, () => true, { paced: produceRun(1), consumed: { recordsPerSecond: 5, cpuMsPerMb: 1, rssBytes: 1 } })
    expect(results[0]).toMatchObject({ paced: [{ ours: {}, kafka: {} }], consumed: [{ ours: { recordsPerSecond: 5 } }] })
  })
})
