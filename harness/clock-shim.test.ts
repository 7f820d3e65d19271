import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ClockSkewWriter } from '../ports/node/clock-skew.ts'

const hasCompiler = process.platform === 'linux' && spawnSync('gcc', ['--version']).status === 0
const source = new URL('../nemesis/clock-shim/clock-shim.c', import.meta.url).pathname
const hourMs = 3_600_000

describe.skipIf(!hasCompiler)('the clock shim (skipped without gcc on Linux)', () => {
  let directory: string
  let library: string

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'clock-shim-'))
    library = join(directory, 'clock-shim.so')
    execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-o', library, source, '-ldl'])
  })

  afterAll(() => rmSync(directory, { recursive: true }))

  /** How far `date` is off our clock, in milliseconds: at least, at most. */
  function offsetOfDate(file: string): [atLeast: number, atMost: number] {
    const before = Date.now()
    const shown = execFileSync('date', ['+%s%3N'], { env: { ...process.env, LD_PRELOAD: library, CLOCK_SKEW_FILE: file } })
    return [Number(shown.toString()) - Date.now() - 1, Number(shown.toString()) - before + 1]
  }

  it('shows a program that is not ours another time, as the file says', () => {
    const file = join(directory, 'skew')
    const writer = new ClockSkewWriter(file)
    for (const offsetMs of [0, hourMs, -hourMs, 12_345]) {
      writer.write({ offsetMs, driftPpm: 0 })
      const [atLeast, atMost] = offsetOfDate(file)
      expect(atLeast).toBeLessThanOrEqual(offsetMs)
      expect(atMost).toBeGreaterThanOrEqual(offsetMs)
    }
  })

  it('lets it drift from the anchor on', () => {
    const file = join(directory, 'drift')
    const writer = new ClockSkewWriter(file)
    // Twice as fast for as long as this test has run.
    const beganMs = performance.now()
    writer.write({ offsetMs: 0, driftPpm: 1_000_000 })
    const readAfterMs = performance.now() - beganMs
    const [atLeast, atMost] = offsetOfDate(file)
    expect(atMost).toBeGreaterThanOrEqual(readAfterMs - 2)
    expect(atLeast).toBeLessThanOrEqual(performance.now() - beganMs + 2)
    expect(atMost).toBeGreaterThan(0)
  })

  it('changes nothing where there is no file, or a shorter one', () => {
    const short = join(directory, 'short')
    writeFileSync(short, Buffer.alloc(8, 1))
    for (const file of [join(directory, 'missing'), short]) {
      const [atLeast, atMost] = offsetOfDate(file)
      expect(atLeast).toBeLessThanOrEqual(0)
      expect(atMost).toBeGreaterThanOrEqual(0)
    }
  })
})
