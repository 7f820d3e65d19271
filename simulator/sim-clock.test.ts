import fc from 'fast-check'
import { expect, it } from 'vitest'
import { eventsOf } from '../ports/witness.testing.ts'
import { worldEpochMs } from './sim-clock.ts'
import { WitnessWorld } from './witness-world.testing.ts'

it('no timer fires before the deadline its node computed', () => {
  fc.assert(fc.property(
    fc.array(fc.double({ min: 0, max: 1e5, noNaN: true }), { minLength: 1, maxLength: 30 }),
    (delays) => {
      const world = new WitnessWorld()
      const node = world.add('n')
      const { clock } = node.ports
      const deadlines: number[] = []
      const start = (timer: number): void => {
        deadlines[timer] = clock.now() + delays[timer]!
        clock.startTimer(timer, delays[timer]!)
      }
      node.react = (event) => {
        if (event.kind !== 'timer') return
        expect(clock.now()).toBeGreaterThanOrEqual(deadlines[event.timer]!)
        if (event.timer + 1 < delays.length) start(event.timer + 1)
      }
      start(0)
      world.world.run({})
      expect(eventsOf(node, 'timer')).toHaveLength(delays.length)
      expect(world.world.failures).toEqual([])
    },
  ))
})

it('skew and drift show in the wall clock only', () => {
  const world = new WitnessWorld()
  const { clock } = world.add('n').ports
  const startMs = clock.now()
  world.runFor(1000)
  expect(clock.wallNow()).toBe(worldEpochMs + 1000)
  world.world.clock('n').setSkew(-5000, 1000)
  expect(clock.wallNow()).toBe(worldEpochMs - 4000)
  world.runFor(10_000)
  expect(clock.wallNow()).toBe(worldEpochMs + 11_000 - 5000 + 10)
  world.world.clock('n').setSkew(0, 0)
  expect(clock.wallNow()).toBe(worldEpochMs + 11_000)
  expect(clock.now() - startMs).toBe(11_000)
})

it('a cancelled timer leaves nothing to come', () => {
  const world = new WitnessWorld()
  const { clock } = world.add('n').ports
  clock.startTimer(1, 10)
  clock.cancelTimer(1)
  expect(world.world.step()).toBe(false)
})

it('a timer that expired while its node was stopped can still be cancelled', () => {
  const world = new WitnessWorld()
  const node = world.add('n')
  node.react = () => node.ports.clock.cancelTimer(2)
  node.ports.clock.startTimer(1, 10)
  node.ports.clock.startTimer(2, 20)
  node.ports.clock.startTimer(3, 30)
  world.world.pause('n')
  world.runFor(100)
  expect(node.events).toEqual([])
  world.world.resume('n')
  world.runFor(0)
  expect(eventsOf(node, 'timer').map((event) => event.timer)).toEqual([1, 3])
})
