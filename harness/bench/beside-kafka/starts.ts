/** One broker alone, started again and again by turns: how long until Metadata lists it, and what it takes at rest. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Loop } from '../../../ports/loop.ts'
import { BenchCluster, type Side } from './bench-cluster.ts'
import type { Pair } from './ratio.ts'

/** How long it has rested when its memory is read. */
export const restMs = 3000

export interface Start {
  /** From its process's start to a Metadata answer that lists it, on formatted storage. */
  readonly startMs: number
  readonly restBytes: number
}

export async function measureStarts(loop: Loop, pairs: number, onProgress: (line: string) => void): Promise<readonly Pair<Start>[]> {
  const measured: Pair<Start>[] = []
  for (let n = 1; n <= pairs; n++) {
    onProgress(`start ${n} of ${pairs}`)
    measured.push({ ours: await measureStart('ours', loop), kafka: await measureStart('kafka', loop) })
  }
  return measured
}

async function measureStart(side: Side, loop: Loop): Promise<Start> {
  const cluster = await BenchCluster.prepare(side, loop, { brokers: 1 })
  try {
    const startedMs = performance.now()
    await cluster.start()
    await cluster.listed()
    const startMs = performance.now() - startedMs
    await sleep(restMs)
    return { startMs, restBytes: cluster.usage().rssBytes }
  } finally {
    await cluster.stop()
  }
}
