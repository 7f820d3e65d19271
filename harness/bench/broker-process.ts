import { readFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Loop } from '../../ports/loop.ts'
import { NodeRunner } from '../../ports/node/node-runner.ts'
import { brokerCommand } from '../broker-command.ts'
import { profiles } from '../profile.ts'
import { referenceBroker } from '../targets/broker-recipe.ts'
import { ProcessCluster } from '../targets/process-cluster.ts'
import { wireClients } from '../wire-clients.ts'
import type { Figure } from './bench.ts'

const starts = 7
const restMs = 3000

/** One broker alone, from the bundle: start to the first Metadata that lists it, and what it takes at rest. */
export async function brokerFigures(): Promise<Figure[]> {
  const command = await brokerCommand()
  const startMs: number[] = []
  const restMiB: number[] = []
  for (let i = 0; i < starts; i++) {
    const { tookMs, rssMiB } = await measureStart(command, i === starts - 1)
    startMs.push(tookMs)
    if (rssMiB !== undefined) restMiB.push(rssMiB)
  }
  startMs.sort((a, b) => a - b)
  const spread = `${Math.round(startMs[0]!)} to ${Math.round(startMs.at(-1)!)}`
  return [
    {
      name: 'broker start to Metadata',
      value: Math.round(startMs[Math.floor(starts / 2)]!),
      unit: 'ms',
      goal: 'at most 300',
      how: `one broker from the bundle on an empty directory, until Metadata lists it; median of ${starts}, ${spread}`,
    },
    ...(restMiB.length === 0 ? [] : [{
      name: 'broker at rest',
      value: Math.round(restMiB[0]!),
      unit: 'MiB resident',
      goal: 'under 80 MB',
      how: `VmRSS ${restMs / 1000} s after it was up`,
    }]),
  ]
}

async function measureStart(command: readonly string[], rest: boolean): Promise<{ tookMs: number; rssMiB?: number }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tribunal-bench-'))
  const logDir = join(dataDir, 'logs')
  const cluster = await ProcessCluster.prepare({ brokers: 1, settings: {}, dataDir, logDir, recipe: referenceBroker(command) })
  const runner = new NodeRunner({ seed: 1 })
  const loop = new Loop(runner.ports)
  runner.run((event) => loop.step(event))
  const client = wireClients(loop, [cluster.address(1)], profiles.trial)('bench')
  try {
    const startMs = performance.now()
    const failed = await cluster.startAll()
    if (failed !== undefined) throw new Error(failed.message)
    await listed(client)
    const tookMs = performance.now() - startMs
    if (!rest || process.platform !== 'linux') return { tookMs }
    await sleep(restMs)
    const status = readFileSync(`/proc/${cluster.pid(1)}/status`, 'utf8')
    return { tookMs, rssMiB: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024 }
  } finally {
    client.close()
    await cluster.stopAll(2000)
    await runner.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** Until the brokers are in the metadata. */
export function listed(client: ReturnType<ReturnType<typeof wireClients>>, brokers = 1): Promise<void> {
  return new Promise((resolve, reject) => {
    const deadline = performance.now() + 10_000
    const ask = (): void =>
      client.admin.metadata([], 1000, (result) => {
        if (result.ok && result.value.nodes.length === brokers) resolve()
        else if (performance.now() > deadline) reject(new Error('the brokers were never listed'))
        else setTimeout(ask, 2)
      })
    ask()
  })
}
