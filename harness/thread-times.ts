/** What the kernel counts of each thread of a process: Linux alone does, in /proc/PID/task/TID/schedstat; elsewhere there is nothing. */
import { readdirSync, readFileSync } from 'node:fs'

/** Since the thread began. */
export interface ThreadTime {
  readonly ranMs: number
  /** It could have run, and had no processor. */
  readonly waitedMs: number
}

const nsPerMs = 1e6

/** By thread id; empty for a process that is gone, or is not this machine's. */
export function readThreadTimes(pid: number): Map<number, ThreadTime> {
  const times = new Map<number, ThreadTime>()
  for (const thread of orNothing(() => readdirSync(`/proc/${pid}/task`)) ?? []) {
    const text = orNothing(() => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1'))
    if (text !== undefined) times.set(Number(thread), parseThreadTime(text))
  }
  return times
}

/** `RAN WAITED SLICES`, in nanoseconds. Source: Documentation/scheduler/sched-stats.rst of Linux. */
export function parseThreadTime(text: string): ThreadTime {
  const [ran, waited] = text.split(' ')
  return { ranMs: Number(ran) / nsPerMs, waitedMs: Number(waited) / nsPerMs }
}

/** A thread may end between being listed and being read. */
function orNothing<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
