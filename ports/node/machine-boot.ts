import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'

/**
 * The kernel's name for its own start. Where it has none, each process is told another one: the careful answer. A trial that
 * takes the power only from this process's disk names its starts in $MACHINE_BOOT_FILE.
 */
export function machineBoot(): string {
  const told = process.env['MACHINE_BOOT_FILE']
  try {
    if (told !== undefined) return readFileSync(told, 'utf8').trim()
    if (process.platform === 'linux') return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).trim()
  } catch {
    return randomUUID()
  }
}
