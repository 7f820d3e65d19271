/** Seeds over long-lived worker threads, one each per core; results as they come. */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { scriptBeside } from './checkout.ts'
import type { SeedResult, SeedTask } from './seed-worker.ts'

export interface SeedRange {
  /** Name of a simulated scenario. */
  readonly scenario: string
  readonly first: number
  readonly count: number
  readonly defect?: string
  readonly accept: readonly string[]
  /** Stop after the first seed this says yes to. */
  readonly until?: (result: SeedResult) => boolean
  readonly signal?: AbortSignal
  readonly onResult: (result: SeedResult) => void
}

/** Resolves when all have run, or early when `until` or the signal says so. The first seed's history always comes along. */
export async function runSeeds(range: SeedRange): Promise<void> {
  const workers = Math.max(1, Math.min(availableParallelism(), range.count))
  let next = range.first
  let ended = false
  const end = range.first + range.count
  await Promise.all(Array.from({ length: workers }, () => new Promise<void>((resolve, reject) => {
    const worker = new Worker(scriptBeside(import.meta, 'seed-worker'))
    const give = (): void => {
      if (ended || next >= end || range.signal?.aborted === true) return void worker.terminate().then(() => resolve())
      const task: SeedTask = { scenario: range.scenario, seed: next, defect: range.defect, accept: range.accept, wantHistory: next === range.first }
      next++
      worker.postMessage(task)
    }
    worker.on('error', (error) => {
      ended = true
      reject(error)
    })
    worker.on('message', (result: SeedResult) => {
      range.onResult(result)
      if (range.until?.(result) === true) ended = true
      give()
    })
    give()
  })))
}
