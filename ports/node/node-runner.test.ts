import { expect, it } from 'vitest'
import type { PortEvent } from '../events.ts'
import { NodeRunner } from './node-runner.ts'

const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

it('events wait for run, and none follows stop', async () => {
  const runner = new NodeRunner()
  const events: PortEvent[] = []
  const connection = runner.ports.network.connect('127.0.0.1', 0)
  await turn()
  runner.run((event) => events.push(event))
  expect(events).toEqual([])
  await turn()
  expect(events).toEqual([{ kind: 'closed', connection, reason: 'no port has the number 0' }])
  runner.ports.network.connect('127.0.0.1', 0)
  runner.ports.clock.startTimer(1, 0)
  await runner.stop()
  await turn()
  expect(events).toHaveLength(1)
})

it('a seed draws the same numbers again, and none draws others', () => {
  const draw = (seed?: number): number[] => {
    const { random } = new NodeRunner(seed === undefined ? {} : { seed }).ports
    return Array.from({ length: 10 }, () => random.next())
  }
  expect(draw(5)).toEqual(draw(5))
  expect(draw(5)).not.toEqual(draw(6))
  expect(draw()).not.toEqual(draw())
})

it('the first numbers of neighbouring seeds are spread evenly', () => {
  const buckets = new Uint32Array(16)
  for (let seed = 0; seed < 4000; seed++) buckets[Math.floor(new NodeRunner({ seed }).ports.random.next() * 16)]!++
  expect(Math.min(...buckets)).toBeGreaterThan(180)
  expect(Math.max(...buckets)).toBeLessThan(320)
})

it('a timer beyond what Node can wait for does not fire at once', async () => {
  const runner = new NodeRunner()
  const events: PortEvent[] = []
  const warnings: Error[] = []
  const note = (warning: Error): unknown => warnings.push(warning)
  process.on('warning', note)
  runner.run((event) => events.push(event))
  runner.ports.clock.startTimer(1, 2 ** 40)
  runner.ports.clock.startTimer(2, 5)
  while (events.length === 0) await turn()
  expect(events).toEqual([{ kind: 'timer', timer: 2 }])
  expect(warnings).toEqual([])
  process.off('warning', note)
  await runner.stop()
})

it('a timer that runs cannot be started again, nor one with no delay', async () => {
  const runner = new NodeRunner()
  runner.ports.clock.startTimer(1, 1000)
  expect(() => runner.ports.clock.startTimer(1, 1)).toThrow('timer 1 is running already')
  expect(() => runner.ports.clock.startTimer(2, Number.NaN)).toThrow('bad timer delay')
  await runner.stop()
})
