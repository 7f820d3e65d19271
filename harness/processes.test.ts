/** Whole trials on broker processes, short ones: sound brokers pass with evidence, a planted defect and a death are findings. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { defects } from '../reference-broker/defects/registry.ts'
import { brokerCommand } from './broker-command.ts'
import type { JudgedPart } from './judge-run.ts'
import { runOnProcesses } from './run-processes.ts'
import { RunStore } from './run-store.ts'
import { processScenario } from './scenarios.ts'
import { referenceBroker } from './targets/broker-recipe.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tribunal-trial-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
})

interface Tried {
  readonly scenario: string
  readonly defect?: string
  readonly onProgress?: (line: string) => void
}

async function tried({ scenario, defect, onProgress = () => undefined }: Tried): Promise<JudgedPart> {
  const [judged] = await runOnProcesses(processScenario(scenario), {
    seed: 1,
    store: new RunStore(directory),
    recipe: referenceBroker(await brokerCommand(defect)),
    accept: [],
    signal: new AbortController().signal,
    onProgress,
    faultsMs: 8000,
    recordsPerSecond: 400,
  })
  return judged
}

/** As it says itself, in the lock of its data directory. */
function pidOf(scenario: string, broker: number): number {
  const lock = readFileSync(join(directory, 'data', scenario, `broker-${broker}`, '.lock'), 'utf8')
  return (JSON.parse(lock) as { readonly pid: number }).pid
}

it('sound brokers that lose their leader are valid, and what was done to them was seen', async () => {
  const { verdict, ops, anomalies } = await tried({ scenario: 'kill-leader' })
  expect(verdict).toMatchObject({ valid: true, reasons: [], findings: [] })
  expect(anomalies).toEqual({})
  expect(verdict.acknowledged).toBeGreaterThanOrEqual(2000)
  expect(verdict.faults.length).toBeGreaterThan(0)
  for (const fault of verdict.faults) expect(fault).toMatchObject({ name: 'kill', inForce: true })
  expect(verdict.figures['opsUnderFaultShare']).toBeGreaterThanOrEqual(0.2)
  expect(verdict.figures['leaderChanges']).toBeGreaterThanOrEqual(1)
  const written = readFileSync(join(directory, 'history.kill-leader.jsonl'), 'utf8').trimEnd().split('\n')
  expect(written).toHaveLength(ops.length)
})

it.each(['acknowledge-before-replication', 'leader-counts-alone'])('brokers with %s are convicted by name', async (name) => {
  const { onProcesses, anomalies: own } = defects[name]!
  const { verdict } = await tried({ scenario: onProcesses!, defect: name })
  expect(verdict.valid).toBe(false)
  const found = verdict.findings.map(({ anomaly }) => anomaly)
  expect(found.some((anomaly) => own.includes(anomaly)), found.join(', ')).toBe(true)
})

it('a broker that dies by itself is a finding', async () => {
  let killed: number | undefined
  const { verdict, anomalies } = await tried({
    scenario: 'pause-leader',
    onProgress: (line) => {
      if (killed !== undefined || !/^faults: .*; quiet$/.test(line)) return
      killed = pidOf('pause-leader', 2)
      process.kill(killed, 'SIGKILL')
    },
  })
  expect(killed).toBeDefined()
  expect(verdict.valid).toBe(false)
  expect(verdict.findings[0]).toMatchObject({ anomaly: 'broker-failure', message: 'broker 2 ended with SIGKILL; see logs/pause-leader' })
  expect(anomalies['broker-failure']).toBe(1)
})
