/** The clock shim (nemesis/clock-shim) for brokers that are not ours: compiled where there is a compiler. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './checkout.ts'

const source = join(root, 'nemesis', 'clock-shim', 'clock-shim.c')

/** The library to preload; undefined where there is no compiler, or preloading is not as on Linux. */
export function buildClockShim(outDir: string): string | undefined {
  if (process.platform !== 'linux') return undefined
  mkdirSync(outDir, { recursive: true })
  const library = join(outDir, 'clock-shim.so')
  const draft = `${library}.${process.pid}`
  const { status } = spawnSync('cc', ['-O2', '-shared', '-fPIC', '-o', draft, source, '-ldl'], { stdio: 'ignore' })
  if (status !== 0) return undefined
  renameSync(draft, library)
  return library
}
