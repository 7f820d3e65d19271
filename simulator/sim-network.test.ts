import { describe, expect, it } from 'vitest'
import { eventsOf } from '../ports/witness.testing.ts'
import type { WitnessNode } from '../ports/witness.testing.ts'
import { calmNetwork } from './sim-wire.ts'
import type { NetworkOptions } from './sim-wire.ts'
import { numbered, numbersOf, upTo, WitnessWorld } from './witness-world.testing.ts'

interface Pair {
  readonly world: WitnessWorld
  readonly a: WitnessNode
  readonly b: WitnessNode
  readonly calling: number
  readonly called: number
}

/** `a` has called `b`. */
function pair(seed: number, network: Partial<NetworkOptions> = {}): Pair {
  const world = new WitnessWorld({ seed })
  const a = world.add('a')
  const b = world.add('b')
  const { calling, called } = world.connect('a', 'b')
  world.world.network.setOptions({ ...calmNetwork, ...network })
  return { world, a, b, calling, called }
}

function sendNumbers(pair: Pair, from: number, to: number): void {
  for (let i = from; i < to; i++) pair.a.ports.network.send(pair.calling, numbered(i))
}

const seeds = upTo(60)

describe('delays', () => {
  it('frames of a connection keep their order whatever delays and stalls they meet', () => {
    let stalled = 0
    for (const seed of seeds) {
      const one = pair(seed, { delayMsMax: 50, stallProbability: 0.1, stallMsMax: 3000 })
      sendNumbers(one, 0, 40)
      one.world.runFor(100)
      if (numbersOf(one.b).length < 40) stalled++
      one.world.runFor(4000)
      expect(numbersOf(one.b)).toEqual(upTo(40))
    }
    expect(stalled).toBeGreaterThan(20)
  })

  it('frames of different connections may overtake each other', () => {
    const one = pair(3, { delayMsMax: 50 })
    const second = one.a.ports.network.connect('b', 1)
    one.world.runFor(200)
    for (let i = 0; i < 20; i++) one.a.ports.network.send(i % 2 === 0 ? one.calling : second, numbered(i))
    one.world.runFor(200)
    expect(numbersOf(one.b)).not.toEqual(upTo(20))
    expect(numbersOf(one.b).sort((x, y) => x - y)).toEqual(upTo(20))
  })
})

describe('a connection that breaks', () => {
  it('has delivered the first frames and no others, and somebody is told', () => {
    const told = new Set<string>()
    const delivered = new Set<number>()
    for (const seed of seeds) {
      const one = pair(seed)
      sendNumbers(one, 0, 9)
      one.world.world.network.setOptions({ ...calmNetwork, closeProbability: 1 })
      sendNumbers(one, 9, 10)
      one.world.runFor(1000)
      const got = numbersOf(one.b)
      expect(got).toEqual(upTo(got.length))
      delivered.add(got.length)
      told.add(`${eventsOf(one.a, 'closed').length} ${eventsOf(one.b, 'closed').length}`)
    }
    expect([...told].sort()).toEqual(['0 1', '1 0', '1 1'])
    expect(delivered.size).toBeGreaterThan(7)
  })

  it('may swallow an answer whose request arrived', () => {
    let swallowed = 0
    for (const seed of seeds) {
      const one = pair(seed)
      one.b.react = (event) => {
        if (event.kind !== 'frame') return
        one.world.world.network.setOptions({ ...calmNetwork, closeProbability: 1 })
        one.b.ports.network.send(event.connection, event.frame)
      }
      sendNumbers(one, 0, 1)
      one.world.runFor(1000)
      expect(numbersOf(one.b)).toEqual([0])
      if (numbersOf(one.a).length === 0) swallowed++
    }
    expect(swallowed).toBeGreaterThan(10)
    expect(swallowed).toBeLessThan(50)
  })

  it('is believed in by a side that was not told, until it sends', () => {
    let believers = 0
    for (const seed of seeds) {
      const one = pair(seed)
      one.world.world.crash('b')
      one.world.runFor(60_000)
      if (eventsOf(one.a, 'closed').length === 0) {
        believers++
        sendNumbers(one, 0, 1)
        one.world.runFor(10)
      }
      expect(eventsOf(one.a, 'closed')).toEqual([{ kind: 'closed', connection: one.calling, reason: 'reset' }])
    }
    expect(believers).toBeGreaterThan(3)
    expect(believers).toBeLessThan(40)
  })
})

describe('a blocked link', () => {
  it('holds what is sent one way, lets the other way pass, and delivers everything late', () => {
    for (const seed of seeds) {
      const one = pair(seed)
      one.world.world.network.block('a', 'b')
      sendNumbers(one, 0, 10)
      one.b.ports.network.send(one.called, numbered(500))
      one.world.runFor(5000)
      expect(one.world.world.network.isBlocked('a', 'b')).toBe(true)
      expect(numbersOf(one.b)).toEqual([])
      expect(numbersOf(one.a)).toEqual([500])
      expect(one.world.world.network.unblock('a', 'b')).toEqual({ frames: 10, bytes: 20, connections: 1, brokenConnections: 0 })
      sendNumbers(one, 10, 12)
      one.world.runFor(6000)
      expect(numbersOf(one.b)).toEqual(upTo(12))
      sendNumbers(one, 12, 14)
      one.world.world.network.block('a', 'b')
      expect(one.world.world.network.unblock('a', 'b')).toMatchObject({ frames: 0, bytes: 0 })
    }
  })

  it('keeps pings, and counts what it holds and what the other way lets through', () => {
    const one = pair(7)
    const { network } = one.world.world
    const arrived: string[] = []
    const ping = (from: string, to: string): void => network.ping(from, to, () => void arrived.push(`${from}>${to}`))
    network.block('a', 'b')
    const before = [network.traffic('a', 'b').movedBytes, network.traffic('b', 'a').movedBytes]
    sendNumbers(one, 0, 10)
    one.b.ports.network.send(one.called, numbered(500))
    ping('a', 'b')
    ping('b', 'a')
    one.world.runFor(100)
    expect(arrived).toEqual(['b>a'])
    expect(network.traffic('a', 'b')).toEqual({ movedBytes: before[0], heldBytes: 20 + 64 })
    expect(network.traffic('b', 'a')).toEqual({ movedBytes: before[1]! + 2, heldBytes: 0 })
    expect(network.unblock('a', 'b')).toMatchObject({ bytes: 20 })
    ping('a', 'b')
    one.world.runFor(1000)
    expect(arrived).toEqual(['b>a', 'a>b'])
    expect(network.traffic('a', 'b')).toEqual({ movedBytes: before[0]! + 20, heldBytes: 0 })
  })

  it('may leave a broken connection behind when it heals', () => {
    const one = pair(4, { resetOnHealProbability: 1 })
    one.world.world.network.block('a', 'b')
    sendNumbers(one, 0, 10)
    one.world.runFor(5000)
    expect(one.world.world.network.unblock('a', 'b')).toMatchObject({ brokenConnections: 1 })
    one.world.runFor(20_000)
    expect(eventsOf(one.a, 'closed').length + eventsOf(one.b, 'closed').length).toBeGreaterThan(0)
    expect(numbersOf(one.b)).toEqual(upTo(numbersOf(one.b).length))
  })

  it('leaves a connect unanswered in either direction, for ten seconds', () => {
    for (const [from, to] of [['a', 'b'], ['b', 'a']] as const) {
      const one = pair(5)
      one.world.world.network.block(from, to)
      const startMs = one.world.world.now()
      const connection = one.a.ports.network.connect('b', 1)
      one.world.world.run({ while: () => eventsOf(one.a, 'closed').length === 0 })
      expect(eventsOf(one.a, 'closed')).toEqual([{ kind: 'closed', connection, reason: 'timed out' }])
      expect(one.world.world.now() - startMs).toBeCloseTo(10_000, 0)
      expect(eventsOf(one.b, 'accepted')).toHaveLength(1)
    }
  })

  it('lets a waiting connect through when it heals in time', () => {
    const one = pair(6)
    one.world.world.network.block('a', 'b')
    const connection = one.a.ports.network.connect('b', 1)
    one.a.ports.network.send(connection, numbered(9))
    one.world.runFor(1500)
    one.world.world.network.unblock('a', 'b')
    one.world.runFor(2000)
    expect(eventsOf(one.a, 'connected')).toHaveLength(2)
    expect(numbersOf(one.b)).toEqual([9])
  })
})

describe('a process that is gone or stopped', () => {
  it('refuses connects, and nothing of its former life reaches the next', () => {
    for (const seed of seeds) {
      const one = pair(seed)
      one.b.ports.clock.startTimer(1, 5)
      one.b.ports.disk.append(1, 'f', numbered(1))
      sendNumbers(one, 0, 5)
      one.world.world.crash('b')
      expect(one.world.world.isRunning('b')).toBe(false)
      const refused = one.a.ports.network.connect('b', 1)
      one.world.world.run({ while: () => eventsOf(one.a, 'closed').every((event) => event.connection !== refused) })
      expect(eventsOf(one.a, 'closed')).toContainEqual({ kind: 'closed', connection: refused, reason: 'refused' })
      one.world.world.start('b')
      one.b.ports.network.send(one.called, numbered(7))
      one.b.ports.network.listen('old', 'b', 2)
      one.b.ports.clock.startTimer(2, 1)
      sendNumbers(one, 5, 9)
      one.world.runFor(1000)
      expect(one.world.node('b')).not.toBe(one.b)
      expect(one.world.node('b').events).toEqual([])
      expect(numbersOf(one.a)).toEqual([])
    }
  })

  it('has given its ports back', () => {
    const one = pair(2)
    one.world.world.crash('b')
    one.world.world.start('b')
    const refused = one.a.ports.network.connect('b', 1)
    one.world.runFor(10)
    expect(eventsOf(one.a, 'closed')).toContainEqual({ kind: 'closed', connection: refused, reason: 'refused' })
    one.world.connect('a', 'b')
    expect(eventsOf(one.world.node('b'), 'listening')).toHaveLength(1)
  })

  it('still accepts while it is stopped, and gets everything in order when it goes on', () => {
    const one = pair(8)
    one.b.ports.clock.startTimer(1, 100)
    one.world.world.pause('b')
    expect(one.world.world.isPaused('b')).toBe(true)
    sendNumbers(one, 0, 5)
    one.world.runFor(500)
    const second = one.a.ports.network.connect('b', 1)
    one.world.runFor(500)
    expect(eventsOf(one.a, 'connected').map((event) => event.connection)).toEqual([one.calling, second])
    const before = one.b.events.length
    const stoppedMs = one.b.ports.clock.now()
    sendNumbers(one, 5, 8)
    one.world.world.resume('b')
    one.world.runFor(500)
    const kinds = one.b.events.slice(before).map((event) => event.kind)
    expect(kinds).toEqual([...upTo(5).map(() => 'frame'), 'timer', 'accepted', 'frame', 'frame', 'frame'])
    expect(numbersOf(one.b)).toEqual(upTo(8))
    expect(one.b.ports.clock.now() - stoppedMs).toBe(500)
  })

  it('gets what was held before what arrives at the very moment it goes on', () => {
    for (const hold of ['process', 'connection'] as const) {
      const one = pair(1, { delayMsMin: 1, delayMsMax: 1 })
      const { network } = one.b.ports
      if (hold === 'process') one.world.world.pause('b')
      else network.pause(one.called)
      sendNumbers(one, 0, 3)
      one.world.world.schedule(2, () => (hold === 'process' ? one.world.world.resume('b') : network.resume(one.called)))
      one.world.runFor(1)
      sendNumbers(one, 3, 6)
      one.world.runFor(10)
      expect(numbersOf(one.b)).toEqual(upTo(6))
    }
  })

  it('fills the output queues of those who go on sending', () => {
    const one = pair(9)
    one.world.world.pause('b')
    let sent = 0
    while (!one.a.ports.network.isFull(one.calling)) {
      one.a.ports.network.send(one.calling, new Uint8Array(100_000))
      sent++
    }
    one.world.runFor(1000)
    expect(sent).toBe(11)
    expect(eventsOf(one.a, 'drained')).toEqual([])
    one.world.world.resume('b')
    one.world.runFor(100)
    expect(eventsOf(one.a, 'drained')).toHaveLength(1)
  })
})

it('an unknown host is told to the caller', () => {
  const world = new WitnessWorld()
  const a = world.add('a')
  const connection = a.ports.network.connect('nowhere', 1)
  world.runFor(1)
  expect(a.events).toEqual([{ kind: 'closed', connection, reason: expect.stringMatching(/^ENOTFOUND/) }])
})
