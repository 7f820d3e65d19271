/** `verify --bootstrap`, on brokers of ours that it knows nothing of: what it leaves behind, and what it says to the wrong address. */
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Verdict } from '../../checkers/verdict.ts'
import { Loop } from '../../ports/loop.ts'
import { NodeRunner } from '../../ports/node/node-runner.ts'
import { apis } from '../../protocol/apis.ts'
import { BrokerConnection } from '../../workloads/client/broker-connection.ts'
import { quietPorts } from '../targets/free-ports.ts'
import { kafkajs } from '../testing/kafkajs.testing.ts'
import { Workplace, type StartedCommand } from '../testing/started-command.testing.ts'
import { attach } from './attach.ts'
import { parseBootstrap } from './bootstrap.ts'

const patience = { timeout: 60_000, interval: 50 }
let place: Workplace

beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.close())

async function listening(answer: (server: Server) => void): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  answer(server)
  return { server, port: (server.address() as AddressInfo).port }
}

/** Brokers in the foreground, and where. */
async function startBrokers(count: number): Promise<{ readonly brokers: StartedCommand; readonly bootstrap: string }> {
  const [port] = await quietPorts(count)
  const brokers = place.start('broker', '--brokers', String(count), '--port', String(port), '--data', place.path('brokers'))
  await vi.waitFor(() => expect(brokers.stdout + (brokers.isRunning ? '' : brokers.stderr)).toContain('bootstrap.servers='), patience)
  const [, bootstrap] = /bootstrap[.]servers=(\S+)/.exec(brokers.stdout)!
  const known = parseBootstrap(bootstrap!)
  await vi.waitFor(async () => expect((await attach(known, {})).brokers).toHaveLength(count), patience)
  return { brokers, bootstrap: bootstrap! }
}

/** But those that brokers make for themselves. */
async function topicsAt(bootstrap: string): Promise<readonly string[]> {
  return (await attach(parseBootstrap(bootstrap), {})).topics.filter((name) => !name.startsWith('__'))
}

/** Brokers hear one after the other that topics are gone. */
function untilTopics(bootstrap: string, expected: readonly string[]): Promise<void> {
  return vi.waitFor(async () => expect(await topicsAt(bootstrap)).toEqual(expected), patience)
}

/** All groups that coordinators of ours name: there is nobody else. */
async function groupsAt(bootstrap: string): Promise<readonly string[]> {
  const runner = new NodeRunner({})
  const loop = new Loop(runner.ports)
  runner.run((event) => loop.step(event))
  try {
    const groups = await Promise.all(parseBootstrap(bootstrap).map((address) => new Promise<readonly string[]>((done, fail) => {
      const connection: BrokerConnection = new BrokerConnection(loop, address, {
        clientId: 'test',
        requestTimeoutMs: 5000,
        onReady: () => connection.request(apis.ListGroups, () => ({}), (result) => {
          if (result.ok) done(result.body.groups.map(({ groupId }) => groupId))
          else fail(new Error(result.reason))
        }),
        onClosed: (reason) => fail(new Error(reason)),
      })
    })))
    return groups.flat()
  } finally {
    await runner.stop()
  }
}

function verify(bootstrap: string, ...more: readonly string[]): StartedCommand {
  return place.start('verify', '--bootstrap', bootstrap, '--out', place.path('run'), ...more)
}

const workloads = [
  'keyed-append', 'group-churn', 'commit-strategies', 'poison-pill', 'slow-consumer', 'transactions', 'bank', 'consume-transform-produce',
]
/** Of all workloads. */
const topicCount = 12

it('one broker of which only the address is known is tried with all it serves, and has no topic more afterwards', { timeout: 300_000 }, async () => {
  const { bootstrap } = await startBrokers(1)
  const { code, stdout, stderr } = await verify(bootstrap, '--scenario', 'attached-cut-clients', '--rate', '3000', '--time', '4s', '--json', '--topic-prefix', 'mine').ended
  expect(code, stderr).toBe(0)
  const { scenarios } = JSON.parse(stdout) as Verdict
  expect(scenarios.map(({ name, target, valid }) => [name, target, valid])).toEqual(
    workloads.map((workload) => [`attached-cut-clients.${workload}`, 'external', true]),
  )
  const [{ acknowledged, figures, faults }] = scenarios as [Verdict['scenarios'][number]]
  expect(Math.min(acknowledged, figures['polled']!)).toBeGreaterThanOrEqual(10_000)
  expect(faults.length).toBeGreaterThan(0)
  for (const { name, inForce } of faults) expect({ name, inForce }).toEqual({ name: 'cut-clients', inForce: true })
  for (const off of ['kill', 'clock-jump', 'isolate', 'replication']) expect(stderr).toMatch(new RegExp(`^off: .*\\b${off}\\b`, 'm'))
  await untilTopics(bootstrap, [])
})

it('three brokers are tried with everything they serve, and have no topic and no group more afterwards', { timeout: 300_000 }, async () => {
  const { bootstrap } = await startBrokers(3)
  const { code, stdout, stderr } = await verify(bootstrap, '--scenario', 'attached', '--rate', '3000', '--json', '--topic-prefix', 'mine').ended
  expect(code, stderr).toBe(0)
  const { scenarios } = JSON.parse(stdout) as Verdict
  expect(scenarios.map(({ name, valid }) => [name, valid])).toEqual(workloads.map((name) => [`attached.${name}`, true]))
  for (const { name, acknowledged } of scenarios) expect(acknowledged, name).toBeGreaterThanOrEqual(300)
  expect(stderr).not.toMatch(/^off: .*double-owner/m)
  await untilTopics(bootstrap, [])
  expect(await groupsAt(bootstrap)).toEqual([])
})

it('Ctrl-C leaves no topic and no group behind, and somebody else’s stay', { timeout: 300_000 }, async () => {
  const { bootstrap } = await startBrokers(1)
  const running = verify(bootstrap, '--topic-prefix', 'mine', '--time', '60s')
  await vi.waitFor(async () => expect((await topicsAt(bootstrap)).filter((name) => name.startsWith('mine-'))).toHaveLength(topicCount), patience)
  const others = verify(bootstrap, '--topic-prefix', 'min', '--time', '60s', '--out', place.path('other'))
  await vi.waitFor(async () => expect((await topicsAt(bootstrap)).filter((name) => name.startsWith('min-'))).toHaveLength(topicCount), patience)
  await vi.waitFor(() => expect(running.stdout).toMatch(/faults: [1-9]/), patience)
  running.interrupt()
  expect((await running.ended).code).toBe(2)
  expect([...new Set((await topicsAt(bootstrap)).map((name) => name.split('-')[0]))]).toEqual(['min'])
  others.interrupt()
  await others.ended
  await untilTopics(bootstrap, [])
  expect(await groupsAt(bootstrap)).toEqual([])
})

it('a prefix that topics have already is not used', async () => {
  const { bootstrap } = await startBrokers(1)
  const admin = kafkajs(bootstrap.split(',')).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'mine-attached-orders' }] })
  await admin.disconnect()
  const { code, stdout, stderr } = await verify(bootstrap, '--topic-prefix', 'mine').ended
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^[^\n]+ mine-attached-\w+ [^\n]+--topic-prefix\.\n$/)
  await untilTopics(bootstrap, ['mine-attached-orders'])
})

describe('nothing to attach to', () => {
  it('an address where nobody listens is told in one sentence', async () => {
    const { code, stdout, stderr } = await place.run('verify', '--bootstrap', `127.0.0.1:${(await quietPorts(1))[0]}`)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^No broker could be reached: 127[.]0[.]0[.]1:\d+: refused[.]\n$/)
    expect(readdirSync(place.directory)).toEqual([])
  })

  it('a host that does not exist, and one that answers no Kafka, are told with their reasons', async () => {
    const { server, port } = await listening((each) => each.on('connection', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))
    const { code, stderr } = await place.run('verify', '--bootstrap', `nowhere.invalid:9092,127.0.0.1:${port}`)
    server.close()
    expect(code).toBe(2)
    expect(stderr).toMatch(/^No broker could be reached: nowhere[.]invalid:9092: [^\n]+; 127[.]0[.]0[.]1:\d+: [^\n]+--client-config[.]\n$/)
  })
})
