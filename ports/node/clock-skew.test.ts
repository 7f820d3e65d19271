import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ClockSkew, ClockSkewWriter, skewFileBytes } from './clock-skew.ts'
import { EventPump } from './event-pump.ts'
import { NodeClock } from './node-clock.ts'

let directory: string
let file: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'clock-skew-'))
  file = join(directory, 'skew')
})

afterEach(() => rmSync(directory, { recursive: true }))

/** Lets more time go by than a reading is kept. */
function passMs(ms: number): void {
  const endMs = performance.now() + ms
  while (performance.now() < endMs);
}

describe('a skewed wall clock', () => {
  it('is right until somebody writes', () => {
    const writer = new ClockSkewWriter(file)
    const skew = new ClockSkew(file)
    expect(skew.offsetMs()).toBe(0)
    for (const offsetMs of [288_000, -11, 0.5, 0]) {
      writer.write({ offsetMs, driftPpm: 0 })
      passMs(2)
      expect(skew.offsetMs()).toBe(offsetMs)
    }
  })

  it('drifts from the moment it was written, either way', () => {
    const writer = new ClockSkewWriter(file)
    for (const driftPpm of [200_000, -200_000]) {
      const skew = new ClockSkew(file)
      const before = process.hrtime.bigint()
      writer.write({ offsetMs: 1000, driftPpm })
      const after = process.hrtime.bigint()
      passMs(20)
      const asked = process.hrtime.bigint()
      const gainedMs = skew.offsetMs() - 1000
      const answered = process.hrtime.bigint()
      const rate = driftPpm / 1e6 / 1e6
      const bounds = [Number(asked - after) * rate, Number(answered - before) * rate].sort((a, b) => a - b)
      expect(gainedMs).toBeGreaterThanOrEqual(bounds[0]! - 1e-6)
      expect(gainedMs).toBeLessThanOrEqual(bounds[1]! + 1e-6)
    }
  })

  it('is never read while it is half written', async () => {
    writeFileSync(file, Buffer.alloc(skewFileBytes))
    const worker = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads')
       const { openSync, writeSync } = require('node:fs')
       const fd = openSync(workerData, 'r+')
       const number = (value) => { const bytes = Buffer.alloc(8); bytes.writeBigInt64LE(BigInt(value)); return bytes }
       parentPort.postMessage('begun')
       for (let i = 0; i < 40_000; i += 2) {
         writeSync(fd, number(i + 1), 0, 8, 0)
         // Two writes, so that a reader can come between them.
         writeSync(fd, number(i % 4 === 0 ? 1_000_000 : 0), 0, 8, 8)
         writeSync(fd, number(i % 4 === 0 ? -1_000_000 : 0), 0, 8, 16)
         writeSync(fd, number(i + 2), 0, 8, 0)
       }
       parentPort.postMessage('done')`,
      { eval: true, workerData: file },
    )
    const messages: string[] = []
    worker.on('message', (message: string) => messages.push(message))
    await new Promise((resolve) => worker.once('message', resolve))
    const mixed: number[] = []
    let readings = 0
    while (!messages.includes('done')) {
      const skew = new ClockSkew(file)
      // With the anchor at 0 a drift of -1e6 ppb takes a thousandth of the uptime away: only both or none are a true pair.
      const offsetMs = skew.offsetMs()
      const withDrift = 1 - Number(process.hrtime.bigint()) / 1e9
      if (offsetMs !== 0 && Math.abs(offsetMs - withDrift) > 0.5) mixed.push(offsetMs)
      if (++readings % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    await worker.terminate()
    expect(mixed).toEqual([])
    expect(readings).toBeGreaterThan(100)
  })
})

describe('the clock of a node', () => {
  it('with a skew file shows another wall clock, and the same time for everything else', () => {
    const writer = new ClockSkewWriter(file)
    const clock = new NodeClock(new EventPump(), file)
    writer.write({ offsetMs: -3_600_000, driftPpm: 0 })
    passMs(2)
    const trueBefore = Date.now()
    const shown = clock.wallNow()
    expect(shown).toBeGreaterThanOrEqual(trueBefore - 3_600_000 - 1)
    expect(shown).toBeLessThanOrEqual(Date.now() - 3_600_000)
    expect(Number.isInteger(shown)).toBe(true)
    const before = performance.now()
    expect(clock.now()).toBeGreaterThanOrEqual(before)
    expect(clock.now()).toBeLessThanOrEqual(performance.now())
  })
})
