import { describe, expect, it } from 'vitest'
import { eventsOf } from '../ports/witness.testing.ts'
import type { WitnessNode } from '../ports/witness.testing.ts'
import { upTo, WitnessWorld } from './witness-world.testing.ts'

const seeds = upTo(80)

interface Machine {
  readonly world: WitnessWorld
  readonly node: WitnessNode
  readonly file: (path: string) => readonly number[] | undefined
}

function machine(seed: number): Machine {
  const world = new WitnessWorld({ seed })
  const node = world.add('n')
  const file = (path: string): readonly number[] | undefined => {
    const bytes = world.world.disk('n').contents(path)
    return bytes === undefined ? undefined : [...bytes]
  }
  return { world, node, file }
}

/** Bytes `from` to `to - 1`, so that a file shows what it is made of. */
function range(from: number, to: number): Uint8Array {
  return Uint8Array.from({ length: to - from }, (_, i) => from + i)
}

describe('a process crash', () => {
  it('leaves what was answered, and of the rest the first part in order', () => {
    const lengths = new Set<number>()
    for (const seed of seeds) {
      const { world, node, file } = machine(seed)
      for (const i of upTo(5)) node.ports.disk.append(i, 'f', range(20 * i, 20 * i + 20))
      world.runFor(0.05)
      const answered = eventsOf(node, 'disk-done').length
      expect(world.world.crash('n')).toEqual([])
      const content = file('f') ?? []
      expect(content).toEqual([...range(0, content.length)])
      expect(content.length).toBeGreaterThanOrEqual(answered * 20)
      lengths.add(content.length)
      world.world.start('n')
      world.runFor(1000)
      expect(world.node('n').events).toEqual([])
      expect(file('f') ?? []).toEqual(content)
    }
    expect([...lengths].some((length) => length % 20 !== 0)).toBe(true)
    expect(lengths).toContain(100)
  })

  it('leaves the old or the new bytes of a file being replaced', () => {
    const seen = new Set<string>()
    for (const seed of seeds) {
      const { world, node, file } = machine(seed)
      node.ports.disk.replace(1, 'f', range(0, 5))
      world.runFor(100)
      node.ports.disk.replace(2, 'f', range(50, 58))
      world.world.crash('n', { powerLoss: seed % 2 === 0 })
      seen.add(String(file('f')))
    }
    expect([...seen].sort()).toEqual([String(range(0, 5)), String(range(50, 58))])
  })
})

describe('a loss of power', () => {
  it('leaves what was synced, perhaps some bytes after it, and tells how many are gone', () => {
    const kept = new Set<number>()
    for (const seed of seeds) {
      const { world, node, file } = machine(seed)
      const { disk } = node.ports
      disk.append(1, 'f', range(0, 10))
      disk.sync(2, 'f')
      world.runFor(100)
      disk.append(3, 'f', range(10, 30))
      world.runFor(100)
      const lost = world.world.crash('n', { powerLoss: true })
      const content = file('f')!
      expect(content).toEqual([...range(0, content.length)])
      expect(content.length).toBeGreaterThanOrEqual(10)
      expect(lost).toEqual(content.length === 30 ? [] : [{ file: 'f', lostBytes: 30 - content.length }])
      kept.add(content.length)
    }
    expect(kept).toContain(10)
    expect(kept.size).toBeGreaterThan(3)
  })

  it('takes files whose creation was not synced, also from a process that is dead already', () => {
    const { world, node, file } = machine(1)
    node.ports.disk.append(1, 'd/new', range(0, 10))
    world.runFor(100)
    world.world.crash('n')
    expect(file('d/new')).toHaveLength(10)
    expect(world.world.crash('n', { powerLoss: true })).toEqual([{ file: 'd/new', lostBytes: 10 }])
    expect(file('d/new')).toBeUndefined()
  })

  it('does not take bytes appended before a sync that was answered, and only those', () => {
    for (const seed of seeds) {
      const { world, node, file } = machine(seed)
      const { disk } = node.ports
      disk.append(1, 'f', range(0, 10))
      disk.sync(2, 'f')
      disk.append(3, 'f', range(10, 20))
      world.world.run({ while: () => !eventsOf(node, 'disk-done').some((event) => event.request === 2) })
      world.world.crash('n', { powerLoss: true })
      expect(file('f')!.slice(0, 10)).toEqual([...range(0, 10)])
    }
  })

  it.each(['truncate', 'remove'] as const)('may undo a %s that no sync has confirmed, and no other', (call) => {
    const undone = { unconfirmed: 0, confirmed: 0 }
    for (const seed of seeds) {
      for (const confirmed of [false, true]) {
        const { world, node, file } = machine(seed)
        const { disk } = node.ports
        disk.append(1, 'd/f', range(0, 10))
        disk.sync(2, 'd/f')
        if (call === 'truncate') disk.truncate(3, 'd/f', 4)
        else disk.remove(3, 'd/f')
        world.runFor(100)
        const other = call === 'truncate' ? 'd/f' : 'd/other'
        disk.append(4, other, range(50, 52))
        if (confirmed) disk.sync(5, other)
        world.runFor(100)
        world.world.crash('n', { powerLoss: true })
        if (String(file('d/f')) === String(range(0, 10))) undone[confirmed ? 'confirmed' : 'unconfirmed']++
        else if (call === 'truncate') expect(file('d/f')!.slice(0, 4)).toEqual([0, 1, 2, 3])
        else expect(file('d/f')).toBeUndefined()
      }
    }
    expect(undone.confirmed).toBe(0)
    expect(undone.unconfirmed).toBeGreaterThan(20)
    expect(undone.unconfirmed).toBeLessThan(60)
  })
})

describe('a disk that fails', () => {
  it('answers ENOSPC while it is full, with the append partly written at most', () => {
    const { world, node, file } = machine(1)
    world.world.disk('n').setFull(true)
    node.ports.disk.append(1, 'f', range(0, 10))
    node.ports.disk.replace(2, 'g', range(0, 10))
    world.runFor(100)
    expect(eventsOf(node, 'disk-failed')).toHaveLength(2)
    expect(eventsOf(node, 'disk-failed')[0]!.reason).toMatch(/^ENOSPC: /)
    expect(file('f')).toEqual([...range(0, file('f')!.length)])
    expect(file('g')).toBeUndefined()
    world.world.disk('n').setFull(false)
    node.ports.disk.replace(3, 'g', range(0, 10))
    world.runFor(100)
    expect(file('g')).toHaveLength(10)
  })

  it.each([true, false])('has nothing in a file that was asked for after what failed, answered: %s (seed 1437 of the swarm: a log with a hole)', (answered) => {
    for (const seed of seeds) {
      const { world, node, file } = machine(seed)
      node.ports.disk.append(1, 'f', range(0, 10))
      world.runFor(100)
      world.world.disk('n').failNext('append', 'EIO: i/o error')
      for (const i of [1, 2, 3]) node.ports.disk.append(1 + i, 'f', range(10 * i, 10 * i + 10))
      world.world.run({ untilMs: world.world.now() + 100, while: () => answered || eventsOf(node, 'disk-failed').length === 0 })
      world.world.crash('n')
      expect(file('f')).toEqual([...range(0, 10)])
    }
  })

  it('fails the call it was told to, once', () => {
    const { world, node } = machine(1)
    world.world.disk('n').failNext('sync', 'EIO: input/output error')
    node.ports.disk.append(1, 'f', range(0, 10))
    node.ports.disk.sync(2, 'f')
    node.ports.disk.sync(3, 'f')
    world.runFor(100)
    const failed = { kind: 'disk-failed', request: 2, reason: 'EIO: input/output error' }
    expect(eventsOf(node, 'disk-failed')).toEqual([failed])
    expect(eventsOf(node, 'disk-done').map((event) => event.request)).toEqual([1, 3])
  })
})

it('appends do not wait for a running sync', () => {
  const orders = new Set<string>()
  for (const seed of seeds) {
    const { world, node } = machine(seed)
    node.ports.disk.append(1, 'f', range(0, 10))
    node.ports.disk.sync(2, 'f')
    node.ports.disk.append(3, 'f', range(10, 20))
    world.runFor(100)
    orders.add(eventsOf(node, 'disk-done').map((event) => event.request).join())
  }
  expect([...orders].sort()).toEqual(['1,2,3', '1,3,2'])
})
