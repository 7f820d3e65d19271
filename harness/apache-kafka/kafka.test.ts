/** Apache Kafka as processes: it can be broken in every way ours can, each seen in force, and it keeps its promises. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { clockDrift } from '../../nemesis/clock-drift.ts'
import { clockJump } from '../../nemesis/clock-jump.ts'
import { cutClients } from '../../nemesis/cut-clients.ts'
import { cutOneWay } from '../../nemesis/cut-one-way.ts'
import { kill } from '../../nemesis/kill.ts'
import { pause } from '../../nemesis/pause.ts'
import { runOnProcesses } from '../run-processes.ts'
import { RunStore } from '../run-store.ts'
import type { ProcessScenario } from '../scenarios.ts'
import { isKafkaMissing } from '../testing/optional-tool.testing.ts'
import { apacheKafka } from './kafka-recipe.ts'

const everything: ProcessScenario = {
  target: 'processes',
  name: 'everything',
  describes: 'Each kind of fault once, one after the other.',
  brokers: 3,
  idempotence: true,
  nemesis: {
    attacks: [
      { fault: clockJump, aim: 'one' },
      { fault: kill, aim: 'leader' },
      { fault: clockDrift, aim: 'one' },
      { fault: cutClients, aim: 'leader' },
      { fault: pause, aim: 'leader' },
      { fault: cutOneWay, aim: 'one' },
    ],
    inTurn: true,
    lanes: 1,
    quietMs: [200, 400],
    holdMs: [500, 1000],
  },
}

describe.skipIf(isKafkaMissing())('apache-kafka as processes', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tribunal-kafka-'))
  afterAll(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))

  it('is valid, and killed, paused, cut off and put wrong with evidence', async () => {
    const named = new Set<string>()
    const stop = new AbortController()
    const [{ verdict }] = await runOnProcesses(everything, {
      seed: 1,
      store: new RunStore(directory),
      recipe: apacheKafka(),
      jvm: true,
      accept: [],
      signal: stop.signal,
      onProgress: (line) => {
        for (const { fault } of everything.nemesis.attacks) if (line.includes(`${fault.name} `)) named.add(fault.name)
        if (named.size === everything.nemesis.attacks.length) stop.abort()
      },
      faultsMs: 100_000,
      recordsPerSecond: 200,
    })
    expect(verdict.findings.filter(({ allowed }) => allowed === undefined)).toEqual([])
    // What a slow machine keeps from being judged says nothing of the brokers.
    expect(verdict.reasons.filter((reason) => reason !== 'the run was cut short' && !reason.includes('the machine was too slow'))).toEqual([])
    const inForce = verdict.faults.filter((fault) => fault.inForce).map(({ name }) => name)
    expect(new Set(inForce)).toEqual(new Set(everything.nemesis.attacks.map(({ fault }) => fault.name)))
  }, 240_000)
})
