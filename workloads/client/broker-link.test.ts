import { expect, test } from 'vitest'
import { apis } from '../../protocol/apis.ts'
import { TestCluster } from '../testing/cluster.testing.ts'
import { TestWorld } from '../testing/world.testing.ts'
import type { RequestFailure } from './broker-connection.ts'
import { BrokerLink } from './broker-link.ts'

const address = { host: 'b0', port: 9092 }

function stage(): { world: TestWorld; cluster: TestCluster; link: BrokerLink; ask: () => void; results: (RequestFailure | 'ok')[] } {
  const world = new TestWorld(6)
  const cluster = new TestCluster(world, { topics: { t: 1 }, brokers: 1 })
  const options = { clientId: 'l', requestTimeoutMs: 500, reconnectBackoffMs: 50, reconnectBackoffMaxMs: 1000 }
  const link = new BrokerLink(world.client(), address, options)
  const results: (RequestFailure | 'ok')[] = []
  const ask = (): void => {
    const body = (version: number) => ({ topics: [], allowAutoTopicCreation: version < 4 })
    link.request(apis.Metadata, body, (result) => results.push(result.ok ? 'ok' : result))
  }
  return { world, cluster, link, ask, results }
}

test('a dead broker is tried ever less often, and what is asked meanwhile fails at once, unsent', () => {
  const { world, cluster, ask, results } = stage()
  cluster.stop(0)
  for (let i = 0; i < 1000; i++) world.schedule(i * 10, ask)
  world.runFor(1000)
  const connects = (): number => world.connects.get('b0:9092')!
  const early = connects()
  expect(early).toBeGreaterThanOrEqual(3)
  expect(early).toBeLessThanOrEqual(6)
  world.runFor(10_000)
  expect(connects() - early).toBeLessThanOrEqual(12)
  expect(results).toHaveLength(1000)
  expect(new Set(results.map((each) => JSON.stringify(each)))).toEqual(
    new Set([JSON.stringify({ ok: false, reason: 'refused', mayHaveHappened: false })]),
  )
})

test('a broker that came back is found soon, and its next loss is forgiven quickly', () => {
  const { world, cluster, link, ask, results } = stage()
  cluster.stop(0)
  for (let i = 0; i < 500; i++) world.schedule(i * 10, ask)
  world.runFor(5000)
  cluster.start(0)
  for (let i = 0; i < 130; i++) world.schedule(i * 10, ask)
  world.runFor(1300)
  expect(results.at(-1)).toBe('ok')
  world.cut('b0', 9092)
  world.runFor(5)
  expect(link.isUsable).toBe(false)
  world.runFor(65)
  ask()
  world.runFor(10)
  expect(results.at(-1)).toBe('ok')
})

test('one connection serves all', () => {
  const { world, ask, results } = stage()
  for (let i = 0; i < 20; i++) world.schedule(i * 7, ask)
  world.runFor(1000)
  expect(results).toEqual(Array.from({ length: 20 }, () => 'ok'))
  expect(world.connects.get('b0:9092')).toBe(1)
})
