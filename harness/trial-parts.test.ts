/** Several workloads on one cluster: each history is whole by itself, and none knows of the others. */
import { describe, expect, it } from 'vitest'
import type { MicroOp, Op } from '../history/op.ts'
import { judgeRun } from './judge-run.ts'
import { drawSwarm } from './swarm.ts'
import { simulate } from './targets/simulated.ts'

const seed = 7
const swarm = drawSwarm(seed)
const [part] = swarm.plan.parts
const names = ['left', 'right']
const parts = names.map((name) => ({
  ...part!,
  topics: part!.topics.map((topic) => ({ ...topic, name: `${name}-${topic.name}` })),
  acknowledgedMin: 200,
  config: { ...part!.config, floors: { acknowledged: 200 } },
}))
const plan = { ...swarm.plan, parts, faultsMs: 20_000, healOnlyCore: false }
const run = simulate(seed, { invariants: true, swarm: { ...swarm, plan } })

function told(history: readonly Op[], process: string): unknown[] {
  return history.filter((op) => op.process === process).map(({ f, type, value }) => ({ f, type, value }))
}

function keysOf(history: readonly Op[]): string[] {
  const micros = history.filter(({ f }) => f === 'send').flatMap(({ value }) => value as readonly MicroOp[])
  return [...new Set(micros.map((micro) => (micro.f === 'send' ? String(micro.key) : '')))]
}

describe('two workloads in one trial', () => {
  it('are each judged by a history of their own topics', () => {
    expect(run.failures).toEqual([])
    run.histories.forEach((history, at) => {
      expect(keysOf(history).length).toBeGreaterThan(0)
      for (const key of keysOf(history)) expect(key.startsWith(`${names[at]}-`)).toBe(true)
      const judged = judgeRun({ ops: history, failures: [], failuresConvict: true, accept: [] })
      expect([judged.valid, judged.reasons]).toEqual([true, []])
      expect(judged.acknowledged).toBeGreaterThanOrEqual(200)
    })
  })

  it('were broken by the same faults', () => {
    const [left, right] = run.histories.map((history) => told(history, 'nemesis'))
    expect(left!.length).toBeGreaterThan(0)
    expect(right).toEqual(left)
  })

  it('no process number is in both', () => {
    const [left, right] = run.histories.map((history) => new Set(history.map(({ process }) => process).filter((each) => typeof each === 'number')))
    expect([...left!].filter((each) => right!.has(each))).toEqual([])
  })
})

it('a trial that is asked to be short goes on until there is enough to judge', () => {
  const acknowledged = 3000
  const slow = { ...part!, acknowledgedMin: acknowledged, config: { ...part!.config, floors: { acknowledged } } }
  const { histories: [ops], failures } = simulate(seed, { invariants: true, swarm: { ...swarm, plan: { ...plan, parts: [slow], faultsMs: 1000 } } })
  const judged = judgeRun({ ops: ops!, failures, failuresConvict: true, accept: [] })
  expect([judged.valid, judged.reasons]).toEqual([true, []])
})
