/**
 * The claims every set of port twins keeps, run over the Node twins and over the simulated ones: what a
 * node may rely on in the simulator is what it gets from a real machine.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeDisk } from './conformance-disk.testing.ts'
import { describeNetwork } from './conformance-network.testing.ts'
import { eventsOf } from './witness.testing.ts'
import type { PortsHarness } from './witness.testing.ts'

export function describePorts(name: string, makeHarness: () => PortsHarness): void {
  describe(name, () => {
    let harness: PortsHarness
    beforeAll(() => {
      harness = makeHarness()
    })
    afterAll(() => harness.stop())
    describeClock(() => harness)
    describeNetwork(() => harness)
    describeDisk(() => harness)
  })
}

function describeClock(harness: () => PortsHarness): void {
  it('timers fire in the order they come due, not before, once each', async () => {
    const node = harness().newNode()
    const { clock } = node.ports
    const startMs = clock.now()
    const firedMs: number[] = []
    node.react = () => firedMs.push(clock.now() - startMs)
    clock.startTimer(1, 60)
    clock.startTimer(2, 0)
    clock.startTimer(3, 30.5)
    expect(node.events).toEqual([])
    await harness().until(() => node.events.length === 3)
    expect(eventsOf(node, 'timer').map((event) => event.timer)).toEqual([2, 3, 1])
    expect(firedMs[1]).toBeGreaterThanOrEqual(30.5)
    expect(firedMs[2]).toBeGreaterThanOrEqual(60)
  })

  it('a cancelled timer never fires, also when it is cancelled by the event before it', async () => {
    const node = harness().newNode()
    const { clock } = node.ports
    node.react = (event) => {
      if (event.kind === 'timer' && event.timer === 2) clock.cancelTimer(3)
    }
    for (const [timer, delayMs] of [[1, 5], [2, 10], [3, 15], [4, 40]] as const) clock.startTimer(timer, delayMs)
    clock.cancelTimer(1)
    clock.cancelTimer(99)
    await harness().until(() => eventsOf(node, 'timer').some((event) => event.timer === 4))
    clock.cancelTimer(4)
    expect(eventsOf(node, 'timer').map((event) => event.timer)).toEqual([2, 4])
  })

  it('the wall clock shows whole milliseconds of this century', () => {
    const { clock } = harness().newNode().ports
    expect(Number.isInteger(clock.wallNow())).toBe(true)
    expect(clock.wallNow()).toBeGreaterThan(Date.UTC(2020, 0))
  })

  it('random numbers lie in [0, 1) and are not all the same', () => {
    const { random } = harness().newNode().ports
    const drawn = Array.from({ length: 1000 }, () => random.next())
    expect(drawn.every((number) => number >= 0 && number < 1)).toBe(true)
    expect(new Set(drawn).size).toBeGreaterThan(900)
  })
}
