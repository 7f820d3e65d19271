import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { judge } from '../../checkers/judge.ts'
import type { Judgement } from '../../checkers/verdict.ts'
import { parseNotation } from '../../history/notation.ts'
import { Recorder } from '../../history/recorder.ts'
import type { BrokerControl, ClusterView, HeldByLink, LinkControl, LinkTraffic } from '../../nemesis/control.ts'
import { cutClients } from '../../nemesis/cut-clients.ts'
import { cutOneWay } from '../../nemesis/cut-one-way.ts'
import type { Fault } from '../../nemesis/fault.ts'
import { isolate } from '../../nemesis/isolate.ts'
import { allLinks, type Link } from '../../nemesis/links.ts'
import { Nemesis } from '../../nemesis/nemesis.ts'
import { Loop } from '../../ports/loop.ts'
import { NodeRunner } from '../../ports/node/node-runner.ts'
import { apis } from '../../protocol/apis.ts'
import { encodeRequest } from '../../protocol/frames.ts'
import { proxyCommand } from '../broker-command.ts'
import { ProxiedLinks } from './proxied-links.ts'

const brokerIds = [1, 2, 3]
const listener = 'PLAINTEXT'
let links: ProxiedLinks
let echo: Server
const sockets: Socket[] = []

beforeEach(async () => {
  links = await ProxiedLinks.open({ command: await proxyCommand(), brokerIds, listenerNames: [listener], seed: 4 })
  echo = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.pipe(socket)
  })
  await new Promise<void>((done) => echo.listen(0, '127.0.0.1', done))
  for (const id of brokerIds) links.direct(id, listener, (echo.address() as AddressInfo).port)
})

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  echo.close()
  await links.close()
})

/** A connection in the name of one node to another, whose every byte comes back. */
class Caller {
  readonly #socket: Socket
  received: Buffer = Buffer.alloc(0)
  sent: Buffer = Buffer.alloc(0)
  closed: string | undefined
  #changed: () => void = () => undefined

  constructor(clientId: string, to: number) {
    this.#socket = connect(links.port(to, listener), '127.0.0.1')
    sockets.push(this.#socket)
    this.#socket.on('data', (bytes) => {
      this.received = Buffer.concat([this.received, bytes])
      this.#changed()
    })
    this.#socket.on('error', (error: NodeJS.ErrnoException) => (this.closed = error.code))
    this.#socket.on('close', () => {
      this.closed ??= 'end'
      this.#changed()
    })
    const frame = encodeRequest(apis.ApiVersions, 0, { correlationId: 1, clientId }, {})
    const size = Buffer.alloc(4)
    size.writeInt32BE(frame.length)
    this.send(Buffer.concat([size, frame]))
  }

  send(bytes: Uint8Array): void {
    this.sent = Buffer.concat([this.sent, bytes])
    this.#socket.write(bytes)
  }

  end(): void {
    this.#socket.end()
  }

  until(holds: () => boolean): Promise<void> {
    return new Promise((done) => {
      this.#changed = () => void (holds() && done())
      this.#changed()
    })
  }

  allBack(): Promise<void> {
    return this.until(() => this.received.equals(this.sent))
  }
}

function cut(...which: readonly Link[]): Promise<void> {
  return new Promise((done) => links.cut(which, done))
}

function heal(...which: readonly Link[]): Promise<readonly HeldByLink[]> {
  return new Promise((done) => links.heal(which, done))
}

function traffic(link: Link): Promise<LinkTraffic> {
  return new Promise((done) => links.traffic([link], ([one]) => done(one!)))
}

async function untilHeld(link: Link, bytes: number): Promise<void> {
  while ((await traffic(link)).heldBytes < bytes) continue
}

it('megabytes go through unharmed, both ways', async () => {
  const caller = new Caller('raft-client-1', 2)
  for (let i = 0; i < 64; i++) caller.send(Buffer.alloc(100_000, i))
  await caller.allBack()
  expect(await traffic({ from: 1, to: 2 })).toEqual({ movedBytes: caller.sent.length, heldBytes: 0 })
  expect(await traffic({ from: 2, to: 1 })).toEqual({ movedBytes: caller.sent.length, heldBytes: 0 })
})

it('a cut holds its own direction of connections old and new, by whom they are of, and nothing else', async () => {
  const old = new Caller('broker-1-fetcher-0', 2)
  await old.allBack()
  await cut({ from: 1, to: 2 })
  const before = await traffic({ from: 1, to: 2 })
  const others = [
    new Caller('1', 3), new Caller('raft-client-3', 2), new Caller('broker-3-fetcher-0', 1), new Caller('consumer-1', 2),
  ]
  const fresh = new Caller('1', 2)
  const reverse = new Caller('raft-client-2', 1)
  old.send(Buffer.from('held'))
  for (const other of others) other.send(Buffer.from('passes'))
  await Promise.all(others.map((other) => other.allBack()))
  await untilHeld({ from: 1, to: 2 }, 4 + fresh.sent.length + reverse.sent.length)
  expect((await traffic({ from: 1, to: 2 })).movedBytes).toBe(before.movedBytes)
  expect((await traffic({ from: 2, to: 1 })).movedBytes).toBeGreaterThanOrEqual(old.received.length + reverse.sent.length)
  expect([fresh.received.length, reverse.received.length, old.received.length]).toEqual([0, 0, old.sent.length - 4])
  expect([fresh.closed, reverse.closed, old.closed]).toEqual([undefined, undefined, undefined])
})

it('healed, held connections bring everything late, or are reset; the seed says which', async () => {
  const link = { from: 1, to: 2 }
  const fates = new Set<string>()
  for (let round = 0; round < 8; round++) {
    await cut(link)
    const caller = new Caller('raft-client-1', 2)
    await untilHeld(link, caller.sent.length)
    const [held] = await heal(link)
    expect(held).toMatchObject({ heldBytes: caller.sent.length, connections: 1 })
    if (held!.resetConnections === 0) await caller.allBack()
    else await caller.until(() => caller.closed !== undefined)
    fates.add(held!.resetConnections === 0 ? 'late' : String(caller.closed))
  }
  expect([...fates].sort()).toEqual(['ECONNRESET', 'late'])
})

it('the end of a connection goes through, and who dials a listener without a broker is reset', async () => {
  const caller = new Caller('consumer-1', 2)
  caller.end()
  await caller.until(() => caller.closed !== undefined)
  expect([caller.received.equals(caller.sent), caller.closed]).toEqual([true, 'end'])
  links.direct(2, listener, undefined)
  const nobody = new Caller('consumer-1', 2)
  await nobody.until(() => nobody.closed !== undefined)
  expect(nobody.closed).toBe('ECONNRESET')
})

/** One attack through the real proxy, in a history that is fine otherwise. */
async function tried(fault: Fault, meddle?: Partial<LinkControl>): Promise<Judgement> {
  const runner = new NodeRunner({ seed: 1 })
  const loop = new Loop(runner.ports)
  runner.run((event) => loop.step(event))
  const recorder = new Recorder(() => loop.now())
  const sound: LinkControl = {
    cut: (which, done) => links.cut(which, done),
    heal: (which, done) => links.heal(which, done),
    cutLinks: () => links.cutLinks(),
    traffic: (which, done) => links.traffic(which, done),
    probe: (link, timeoutMs, done) => links.probe(link, timeoutMs, done),
  }
  const control = { brokerIds, state: () => 'running', links: { ...sound, ...meddle } } as unknown as BrokerControl
  const nemesis = new Nemesis({
    loop,
    random: runner.ports.random,
    recorder,
    control,
    view: {} as ClusterView,
    plan: { attacks: [{ fault, aim: 'one' }], lanes: 1, quietMs: [0, 0], holdMs: [60_000, 60_000] },
    evidenceTimeoutMs: meddle === undefined ? 20_000 : 1000,
  })
  const seen = new Promise<void>((done) => {
    recorder.listen(({ value }) => void ((value as { action: string }).action === 'evidence' && done()))
  })
  nemesis.start()
  await seen
  await new Promise<void>((done) => nemesis.stop(done))
  await runner.stop()
  const work = parseNotation('p0 send x v1 -> ok @0\np1 poll -> ok x[0:v1]')
  return judge([...work, ...recorder.ops.map((op) => ({ ...op, index: op.index + work.length }))])
}

it.each([cutOneWay, isolate, cutClients])('$name is shown in force and healed', async (fault) => {
  const { valid, reasons, faults } = await tried(fault)
  expect({ valid, reasons }).toEqual({ valid: true, reasons: [] })
  expect(faults).toMatchObject([{ name: fault.name, inForce: true }])
})

it.each([cutOneWay, isolate, cutClients])('$name with its injection turned off leaves the run unknown', async (fault) => {
  const { valid, reasons } = await tried(fault, { cut: (_links, done) => done() })
  expect(valid).toBe('unknown')
  expect(reasons).toEqual([`the fault ${fault.name} 1 was asked for and never seen in force`])
})

it('a cut that cuts everything, and one that never heals, leave the run unknown', async () => {
  const everything = await tried(cutOneWay, { cut: (_links, done) => links.cut(allLinks(brokerIds), done), cutLinks: () => [] })
  expect(everything.reasons).toContain('the fault cut-one-way 1 was asked for and never seen in force')
  await heal(...allLinks(brokerIds))
  const never = await tried(isolate, { heal: (_links, done) => links.traffic([], () => done([])) })
  expect(never.reasons).toEqual(['the fault isolate 1 was told to stop and never seen gone'])
})
