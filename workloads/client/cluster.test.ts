import { describe, expect, test } from 'vitest'
import { TestCluster } from '../testing/cluster.testing.ts'
import { TestWorld } from '../testing/world.testing.ts'
import { KafkaCluster } from './cluster.ts'
import type { ClusterOptions } from './cluster.ts'
import { clusterDefaults } from './defaults.ts'

function stage(options: Partial<ClusterOptions> = {}): { world: TestWorld; brokers: TestCluster; cluster: KafkaCluster } {
  const world = new TestWorld(3)
  const brokers = new TestCluster(world, { topics: { t: 2 } })
  const bootstrap = [{ host: 'b9', port: 1 }, { host: 'b1', port: 9092 }]
  const cluster = new KafkaCluster(world.client(), { ...clusterDefaults, bootstrap, clientId: 'c', ...options })
  return { world, brokers, cluster }
}

const asked = (brokers: TestCluster): number => brokers.calls.filter(({ api }) => api === 'Metadata').length

describe('what a client knows of a cluster', () => {
  test('comes from whichever bootstrap address answers', () => {
    const { world, cluster } = stage()
    cluster.addTopic('t')
    world.runFor(1000)
    expect([...cluster.nodes().keys()].sort()).toEqual([0, 1, 2])
    expect(cluster.partition('t', 1)).toMatchObject({ leader: 1, leaderEpoch: 0 })
  })

  test('is asked for again and again, but not hastily, while a topic is missing', () => {
    const { world, brokers, cluster } = stage()
    cluster.addTopic('missing')
    world.runFor(5000)
    expect(asked(brokers)).toBeGreaterThan(15)
    expect(asked(brokers)).toBeLessThan(30)
    brokers.addTopic('missing', 1)
    world.runFor(400)
    expect(cluster.partition('missing', 0)?.leader).toBe(0)
    const before = asked(brokers)
    world.runFor(20_000)
    expect(asked(brokers)).toBe(before)
  })

  test('is asked of another broker when the first is slow', () => {
    const { world, brokers, cluster } = stage()
    cluster.addTopic('t')
    world.runFor(1000)
    brokers.pause(0)
    brokers.pause(1)
    brokers.log('t', 0).moveTo(2)
    cluster.refresh()
    world.runFor(1700)
    expect(cluster.partition('t', 0)).toMatchObject({ leader: 2, leaderEpoch: 1 })
  })

  test('is asked of all in turn while those that answer first know nothing new', () => {
    const { world, brokers, cluster } = stage()
    cluster.addTopic('t')
    world.runFor(1000)
    for (const node of [0, 1, 2]) brokers.freeze(node)
    brokers.log('t', 0).moveTo(2)
    brokers.thaw(2)
    for (let i = 0; i < 20; i++) world.schedule(i * 200, () => cluster.refresh())
    world.runFor(5000)
    expect(cluster.partition('t', 0)).toMatchObject({ leader: 2, leaderEpoch: 1 })
  })

  test('grows old and is renewed', () => {
    const { world, brokers, cluster } = stage({ metadataMaxAgeMs: 3000 })
    cluster.addTopic('t')
    world.runFor(1000)
    brokers.log('t', 0).moveTo(2)
    world.runFor(3000)
    expect(cluster.partition('t', 0)?.leader).toBe(2)
  })
})

describe('a hint', () => {
  test('is taken when its epoch is newer, and only then', () => {
    const { world, cluster } = stage()
    cluster.addTopic('t')
    world.runFor(1000)
    expect(cluster.applyHint('t', 0, 2, 0)).toBe(false)
    expect(cluster.applyHint('t', 0, -1, 5)).toBe(false)
    expect(cluster.applyHint('t', 7, 2, 5)).toBe(false)
    expect(cluster.applyHint('t', 0, 2, 5)).toBe(true)
    expect(cluster.applyHint('t', 0, 1, 4)).toBe(false)
    cluster.refresh()
    world.runFor(1000)
    expect(cluster.partition('t', 0)).toMatchObject({ leader: 2, leaderEpoch: 5 })
  })

  test('to a node at an address never told is followed there', () => {
    const { world, cluster } = stage()
    cluster.addTopic('t')
    world.runFor(1000)
    cluster.applyEndpoints([{ nodeId: 8, host: 'b8', port: 5 }])
    expect(cluster.linkTo(8)?.address).toEqual({ host: 'b8', port: 5 })
    expect(cluster.linkTo(9)).toBeUndefined()
  })
})

test('after close nothing is asked any more', () => {
  const { world, brokers, cluster } = stage()
  cluster.addTopic('t')
  cluster.addTopic('missing')
  world.runFor(1000)
  cluster.close()
  const before = asked(brokers)
  cluster.refresh()
  world.runFor(10_000)
  expect(asked(brokers)).toBe(before)
})
