/** What a seed of a pipeline shows at each level of delivery. */
import { describe, expect, it } from 'vitest'
import { judgeRun } from './judge-run.ts'
import { drawPipeline, type PipelineKind } from './pipeline-swarm.ts'
import { simulate } from './targets/simulated.ts'

/** With which the seeds were found. */
const recordsPerSecond = { min: 20, max: 40 }

function judged(kind: PipelineKind, seed: number): { readonly convicting: readonly string[]; readonly allowed: ReadonlySet<string> } {
  const { histories: [ops], failures } = simulate(seed, { invariants: true, swarm: drawPipeline(kind, recordsPerSecond)(seed) })
  const { findings } = judgeRun({ ops, failures, failuresConvict: true, accept: [] })
  const allowed = new Set(findings.filter((finding) => finding.allowed !== undefined).map(({ anomaly, aspect = '' }) => `${anomaly} ${aspect}`))
  return { convicting: [...failures, ...findings.filter((finding) => finding.allowed === undefined).map(({ message }) => message)], allowed }
}

describe('a pipeline', () => {
  // 231: a partition was to be given up in the moment its records were polled, and its offset was not committed with them.
  it.each([5, 231])('has one effect of each input in transactions, seed %i', (seed) => {
    expect(judged({ delivery: 'exactly-once' }, seed).convicting).toEqual([])
  }, 120_000)

  it('calls somebody outside twice all the same, which is listed', () => {
    const { convicting, allowed } = judged({ delivery: 'exactly-once', sideEffects: 'plain' }, 1)
    expect(convicting).toEqual([])
    expect([...allowed]).toContain('repeated-side-effect plain')
  }, 120_000)
})
