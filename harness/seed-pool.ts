/**
 * Seeds over worker threads, one each per core; results in the order of seeds, whichever ended first. Threads are kept for the
 * ranges to come: loading the sources takes a second, and what V8 has compiled for one scenario serves the next. Idle ones keep no
 * process alive.
 */
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

const idle: Worker[] = []

/** Resolves when all have run, or early when `until` or the signal says so. The first seed's history always comes along. */
export async function runSeeds(range: SeedRange): Promise<void> {
  const { scenario, first, count, defect, accept, until, signal, onResult } = range
  const last = first + count
  let next = first
  let ended = false
  const nextTask = (): SeedTask | undefined => {
    if (ended || next >= last || signal?.aborted === true) return undefined
    return { scenario, seed: next, defect, accept, wantHistory: next++ === first }
  }
  const workers = Math.max(1, Math.min(availableParallelism(), count))
  const early = new Map<number, SeedResult>()
  let due = first
  const taken = (result: SeedResult): void => {
    early.set(result.seed, result)
    for (let at = early.get(due); at !== undefined && !ended; at = early.get(due)) {
      early.delete(due++)
      onResult(at)
      if (until?.(at) === true) ended = true
    }
  }
  await Promise.all(Array.from({ length: workers }, () => work(nextTask, { onResult: taken, onError: () => (ended = true) })))
}

interface Around {
  readonly onResult: (result: SeedResult) => void
  readonly onError: () => void
}

/** One thread, as long as there is something to do. */
function work(nextTask: () => SeedTask | undefined, { onResult, onError }: Around): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = idle.pop() ?? new Worker(scriptBeside(import.meta, 'seed-worker'))
    worker.ref()
    const give = (): void => {
      const task = nextTask()
      if (task !== undefined) return worker.postMessage(task)
      worker.off('error', failed).off('message', take).unref()
      idle.push(worker)
      return resolve()
    }
    const take = (result: SeedResult): void => {
      onResult(result)
      give()
    }
    const failed = (error: unknown): void => {
      onError()
      reject(error)
    }
    worker.on('error', failed).on('message', take)
    give()
  })
}
