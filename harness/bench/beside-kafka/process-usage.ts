/** What processes have taken so far, as Linux tells it. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface Usage {
  readonly cpuMs: number
  /** Resident, all of them together. */
  readonly rssBytes: number
  /** The most each has been at, together. */
  readonly peakBytes: number
}

let ticksPerSecond: number | undefined

export function usageOf(pids: readonly number[]): Usage {
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  const usage = { cpuMs: 0, rssBytes: 0, peakBytes: 0 }
  for (const pid of pids) {
    usage.cpuMs += (ticksOf(readFileSync(`/proc/${pid}/stat`, 'utf8')) * 1000) / ticksPerSecond
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    usage.rssBytes += bytesOf(status, 'VmRSS')
    usage.peakBytes += bytesOf(status, 'VmHWM')
  }
  return usage
}

/** User and system time; proc_pid_stat(5), fields 14 and 15, which come 11 behind the state. */
export function ticksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

function bytesOf(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024
}
