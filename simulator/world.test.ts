import { describe, expect, it } from 'vitest'
import { DiskLoop } from '../ports/loop.ts'
import type { ConnectionHandler } from '../ports/loop.ts'
import type { Ports } from '../ports/ports.ts'
import { randomBetween, randomBytes, randomPick } from '../ports/random.ts'
import { eventsOf } from '../ports/witness.testing.ts'
import { calmDisk } from './sim-disk.ts'
import type { Program } from './sim-node.ts'
import { calmNetwork } from './sim-wire.ts'
import { upTo, WitnessWorld } from './witness-world.testing.ts'
import { World } from './world.ts'

const names = ['n0', 'n1', 'n2', 'n3']

/**
 * A node that sends to somebody at random, logs what it hears, syncs now and then, and answers when that is
 * done.
 */
function gossip(name: string) {
  return (ports: Ports): Program => {
    const loop = new DiskLoop(ports)
    const peers = names.filter((peer) => peer !== name)
    const talk = (): void => {
      const connection = loop.connect(randomPick(ports.random, peers), 1, quiet)
      loop.send(connection, randomBytes(ports.random, randomBetween(ports.random, 0, 300)))
      const giveUp = loop.after(200, () => loop.close(connection))
      loop.after(randomBetween(ports.random, 1, 30), () => {
        if (ports.random.next() < 0.5) loop.cancel(giveUp)
        talk()
      })
    }
    loop.listen('l', name, 1, {
      onListening: () => {},
      onListenFailed: () => {},
      onAccepted: (connection) => ({
        onFrame: (frame) => {
          loop.append('log', frame, () => {
            if (ports.random.next() < 0.2) loop.sync('log', () => loop.send(connection, frame))
            else loop.send(connection, frame)
          })
        },
        onClosed: () => {},
      }),
    })
    talk()
    return loop
  }
}

const quiet: ConnectionHandler = { onFrame: () => {}, onClosed: () => {} }

/** Four gossips for ten virtual seconds of faults. */
function gossipWorld(seed: number): World {
  const world = new World({
    seed,
    network: {
      ...calmNetwork, stallProbability: 0.01, stallMsMax: 300, closeProbability: 0.01, resetOnHealProbability: 0.3,
    },
    disk: calmDisk,
  })
  for (const name of names) world.addNode(name, gossip(name))
  const random = world.random('faults')
  const fault = (): void => {
    const [name, other] = [randomPick(random, names), randomPick(random, names)]
    const lasts = randomBetween(random, 10, 500)
    if (random.next() < 0.3) {
      world.pause(name)
      world.schedule(lasts, () => world.resume(name))
    } else if (random.next() < 0.5) {
      world.network.block(name, other)
      world.schedule(lasts, () => world.network.unblock(name, other))
    } else if (world.isRunning(name)) {
      world.crash(name, { powerLoss: random.next() < 0.5 })
      world.schedule(lasts, () => world.start(name))
    }
    world.schedule(randomBetween(random, 10, 300), fault)
  }
  world.schedule(100, fault)
  world.run({ untilMs: 10_000 })
  return world
}

describe('a seed', () => {
  it('is the whole run: the same hash, the same files, the same last events', () => {
    for (const seed of [1, 2, 3]) {
      const [first, second] = [gossipWorld(seed), gossipWorld(seed)]
      expect(first.failures).toEqual([])
      expect(first.stats.events).toBeGreaterThan(2000)
      expect(second.traceHash()).toBe(first.traceHash())
      expect(second.stats).toEqual(first.stats)
      expect(second.recentEvents()).toEqual(first.recentEvents())
      for (const name of names) expect(second.disk(name).contents('log')).toEqual(first.disk(name).contents('log'))
    }
  })

  it('differs from every other', () => {
    const hashes = upTo(8).map((seed) => gossipWorld(seed).traceHash())
    expect(new Set(hashes).size).toBe(8)
    expect(hashes.every((hash) => /^[0-9a-f]{16}$/.test(hash))).toBe(true)
  })
})

describe('the trace hash', () => {
  it('tells apart when, to whom, what, which and how long', () => {
    const run = (delayMs: number, name: string, timer: number, bytes: number): string => {
      const world = new WitnessWorld()
      world.add('a')
      world.add('b')
      const { ports } = world.node(name)
      ports.clock.startTimer(timer, delayMs)
      ports.disk.append(1, 'f', new Uint8Array(bytes))
      ports.disk.read(2, 'f', 0, bytes)
      world.runFor(100)
      return world.world.traceHash()
    }
    const hashes = [run(1, 'a', 1, 1), run(1.001, 'a', 1, 1), run(1, 'b', 1, 1), run(1, 'a', 2, 1), run(1, 'a', 1, 2)]
    expect(new Set(hashes).size).toBe(5)
    expect(run(1, 'a', 1, 1)).toBe(hashes[0])
  })

  it('knows of crashes, pauses and restarts, too', () => {
    const hashes = [
      (world: World) => world.crash('a'),
      (world: World) => world.crash('a', { powerLoss: true }),
      (world: World) => world.pause('a'),
      () => {},
    ].map((act) => {
      const world = new WitnessWorld()
      world.add('a')
      act(world.world)
      return world.world.traceHash()
    })
    expect(new Set(hashes).size).toBe(4)
  })
})

describe('a node that throws', () => {
  it('is a finding, and counts as crashed', () => {
    const world = new WitnessWorld()
    const broken = world.add('broken')
    const error = new Error('an invariant does not hold')
    broken.react = () => {
      throw error
    }
    broken.ports.clock.startTimer(1, 5)
    broken.ports.clock.startTimer(2, 10)
    world.runFor(100)
    expect(world.world.failures).toEqual([{ node: 'broken', error, timeMs: 5 }])
    expect(broken.events).toHaveLength(1)
    expect(world.world.isRunning('broken')).toBe(false)
    world.world.start('broken')
    expect(world.world.isRunning('broken')).toBe(true)
  })

  it('is one also when it throws at boot', () => {
    const { world } = new WitnessWorld()
    world.addClient('broken', () => {
      throw new Error('no')
    })
    expect(world.failures).toHaveLength(1)
    expect(world.isRunning('broken')).toBe(false)
  })
})

describe('run', () => {
  it('stops at the time, at the condition and at the number of events it was given', () => {
    const { world, node } = ((): { world: World; node: ReturnType<WitnessWorld['add']> } => {
      const witness = new WitnessWorld()
      return { world: witness.world, node: witness.add('n') }
    })()
    for (const timer of upTo(100)) node.ports.clock.startTimer(timer, timer)
    world.run({ untilMs: 9.5 })
    expect(eventsOf(node, 'timer')).toHaveLength(10)
    expect(world.now()).toBe(9.5)
    world.run({ while: () => node.events.length < 20 })
    expect(node.events).toHaveLength(20)
    world.run({ maxEvents: 5 })
    expect(node.events).toHaveLength(25)
    world.run({})
    expect(node.events).toHaveLength(100)
    expect(world.step()).toBe(false)
  })

  it('shows every event to the observer after its node has taken it', () => {
    const seen: string[] = []
    const world = new WitnessWorld({
      onEvent: (node, event) => seen.push(`${node} ${event.kind} ${world.node(node).events.length}`),
    })
    world.add('n').ports.clock.startTimer(1, 1)
    world.node('n').ports.disk.list(7, '')
    world.runFor(10)
    expect(seen.sort()).toEqual(['n disk-done 1', 'n timer 2'])
  })
})

it('the last events can be told as a story', () => {
  const world = new WitnessWorld()
  world.add('n').ports.clock.startTimer(42, 1.5)
  world.runFor(10)
  world.world.crash('n')
  expect(world.world.recentEvents()).toEqual(['0.000 n start', '1.500 n timer 42', '10.000 n crash'])
})

it('every node draws from its own stream, and from another one in its next life', () => {
  const world = new WitnessWorld()
  const first = world.add('a').ports.random.next()
  const other = world.add('b').ports.random.next()
  world.world.crash('a')
  world.world.start('a')
  const reborn = world.node('a').ports.random.next()
  expect(new Set([first, other, reborn]).size).toBe(3)
})
