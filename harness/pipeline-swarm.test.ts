/** What a seed of a pipeline shows at each level of delivery. */
import { describe, expect, it } from 'vitest'
import { judgeRun } from './judge-run.ts'
import { drawPipeline, type PipelineKind } from './pipeline-swarm.ts'
import { simulate } from './targets/simulated.ts'

function judged(kind: PipelineKind, seed: number): { readonly convicting: readonly string[]; readonly allowed: ReadonlySet<string> } {
  const { histories: [ops], failures } = simulate(seed, { invariants: true, swarm: drawPipeline(kind)(seed) })
  const { findings } = judgeRun({ ops, failures, failuresConvict: true, accept: [] })
  const allowed = new Set(findings.filter((finding) => finding.allowed !== undefined).map(({ anomaly, aspect = '' }) => `${anomaly} ${aspect}`))
  return { convicting: [...failures, ...findings.filter((finding) => finding.allowed === undefined).map(({ message }) => message)], allowed }
}

describe('a pipeline', () => {
  it('has one effect of each input in transactions', () => {
    expect(judged({ delivery: 'exactly-once' }, 5).convicting).toEqual([])
  }, 120_000)

  it('calls somebody outside twice all the same, which is listed', () => {
    const { convicting, allowed } = judged({ delivery: 'exactly-once', sideEffects: 'plain' }, 1)
    expect(convicting).toEqual([])
    expect([...allowed]).toContain('repeated-side-effect plain')
  }, 120_000)
})
