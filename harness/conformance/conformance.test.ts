/** Two brokers side by side: ours agrees with itself and with the stories, and what is planted is found, small. */
import { readFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Loop } from '../../ports/loop.ts'
import { NodeRunner } from '../../ports/node/node-runner.ts'
import type { ConformanceReport } from '../../reports/conformance.ts'
import { exitCodes } from '../exit-codes.ts'
import { isKafkaMissing } from '../testing/optional-tool.testing.ts'
import { Workplace } from '../testing/started-command.testing.ts'
import { compareBrokers } from './compare-brokers.ts'
import { openBroker, type OpenedBroker } from './open-broker.ts'
import { Player } from './player.ts'
import type { Address } from './session.ts'
import type { Answer } from './step.ts'
import { storyFiles, storyFolder } from './story-files.ts'
import { parseStories, tellStories } from './story-text.ts'

const patienceMs = 120_000

/** A way to a broker that ends, and takes its connections with it, when so many bytes have been sent to it. */
async function cutAfter({ host, port }: Address, bytesMax: number): Promise<{ readonly port: number; readonly close: () => void }> {
  const sockets = new Set<Socket>()
  let left = bytesMax
  const close = (): void => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  const server = createServer((inward) => {
    const outward = connect(port, host)
    for (const socket of [inward, outward]) sockets.add(socket.on('error', () => undefined))
    outward.pipe(inward)
    inward.pipe(outward)
    inward.on('data', ({ length }) => {
      left -= length
      if (left < 0) close()
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return { port: (server.address() as AddressInfo).port, close }
}
const zeroBeforeMs = 600_000

describe('the stories', () => {
  const runner = new NodeRunner({})
  const loop = new Loop(runner.ports)
  let broker: OpenedBroker | undefined

  beforeAll(async () => {
    runner.run((event) => loop.step(event))
    broker = await openBroker('ours')
  }, patienceMs)

  afterAll(async () => {
    await runner.stop()
    await broker?.close()
  })

  it.each(storyFiles())('%s is answered as Apache Kafka answers it', { timeout: patienceMs }, async (file) => {
    const player = new Player(loop, broker!.address, `story-${file.replace('.txt', '')}`)
    await player.warmUp()
    const text = readFileSync(join(storyFolder, file), 'utf8')
    const answers: Answer[] = []
    const zeroMs = Math.floor(loop.ports.clock.wallNow()) - zeroBeforeMs
    for (const { steps } of parseStories(text)) answers.push(...(await player.play(steps, zeroMs)))
    await player.close()
    await expect(tellStories(text, answers)).toMatchFileSnapshot(join(storyFolder, file))
  })
})

describe('a comparison', () => {
  it('of ours with ours is silent', { timeout: patienceMs }, async () => {
    const found: string[] = []
    const signal = new AbortController().signal
    const report = await compareBrokers({ a: 'ours', b: 'ours', runs: 20, seed: 3, signal, onProgress: (line) => found.push(line) })
    expect(found).toEqual([])
    expect(report).toMatchObject({ valid: true, runs: 20, differences: [] })
    expect(report.sequences).toBeGreaterThan(20)
  })

  it('finds a planted difference, tells the smallest sequence that shows it, and ends with 1', { timeout: patienceMs }, async () => {
    const place = new Workplace()
    try {
      const argv = ['ours', 'ours:forget-duplicates', '--runs', '12', '--seed', '5', '--out', place.path('out'), '--json']
      const { code, stdout } = await place.run('conformance', ...argv)
      const report = JSON.parse(stdout) as ConformanceReport
      expect(code).toBe(1)
      expect(report.valid).toBe(false)
      const { signature, steps } = report.differences.find(({ reason }) => reason === null)!
      expect(signature).toContain('Produce responses[].partitionResponses[].baseOffset')
      expect(steps.length).toBeLessThanOrEqual(3)
      for (const file of ['conformance.json', 'conformance.md', 'conformance.html']) {
        expect(readFileSync(place.path('out', file), 'utf8')).toContain('baseOffset')
      }
    } finally {
      await place.close()
    }
  })

  it('with a broker that goes away ends in one sentence that says what it was asked', { timeout: patienceMs }, async () => {
    const broker = await openBroker('ours')
    const proxy = await cutAfter(broker.address, 20_000)
    const signal = new AbortController().signal
    try {
      const comparison = compareBrokers({ a: 'ours', b: `127.0.0.1:${proxy.port}`, runs: 20, seed: 3, signal, onProgress: () => undefined })
      await expect(comparison).rejects.toMatchObject({
        exitCode: exitCodes.unknown, message: expect.stringMatching(/^127[.]0[.]0[.]1:\d+ cannot be reached any more; it was about to be asked > \w+ \d+ /),
      })
    } finally {
      proxy.close()
      await broker.close()
    }
  })

  it.skipIf(isKafkaMissing())('of ours with Apache Kafka finds no difference that is not declared', { timeout: patienceMs }, async () => {
    const signal = new AbortController().signal
    const report = await compareBrokers({ a: 'ours', b: 'kafka', runs: 20, seed: 3, signal, onProgress: () => undefined })
    expect(report.differences.filter(({ reason }) => reason === null)).toEqual([])
    expect(report).toMatchObject({ valid: true, runs: 20 })
    expect(report.stories).toBeGreaterThan(50)
  })

  it.each([
    ['an address where nobody listens', ['127.0.0.1:1', 'ours'], 2],
    ['what is no broker', ['ours', 'theirs'], 64],
    ['a defect that nobody knows', ['ours', 'ours:none'], 64],
  ])('with %s is refused in one sentence', { timeout: patienceMs }, async (_, [a, b], expected) => {
    const place = new Workplace()
    try {
      const { code, stdout, stderr } = await place.run('conformance', a!, b!, '--runs', '1')
      expect([code, stdout]).toEqual([expected, ''])
      expect(stderr.trim().split('\n')).toHaveLength(1)
    } finally {
      await place.close()
    }
  })
})
