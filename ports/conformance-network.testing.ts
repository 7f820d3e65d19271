/** The claims about the Network. */
import { expect, it } from 'vitest'
import { conformanceFrameBytes, eventsOf, patterned } from './witness.testing.ts'
import type { PortsHarness, WitnessNode } from './witness.testing.ts'

export function describeNetwork(harness: () => PortsHarness): void {
  describeCalls(harness)
  describeFrames(harness)
  describeCloses(harness)
}

/** Listens on a free port and returns it. */
async function listen(harness: PortsHarness, node: WitnessNode): Promise<number> {
  node.ports.network.listen('public', node.host, 0)
  expect(eventsOf(node, 'listening')).toEqual([])
  await harness.until(() => eventsOf(node, 'listening').length === 1)
  return eventsOf(node, 'listening')[0]!.port
}

interface Pair {
  readonly server: WitnessNode
  readonly client: WitnessNode
  readonly port: number
  /** The connection as the server and as the client call it. */
  readonly accepted: number
  readonly connected: number
}

async function connectedPair(harness: PortsHarness): Promise<Pair> {
  const server = harness.newNode()
  const client = harness.newNode()
  const port = await listen(harness, server)
  const connected = client.ports.network.connect(server.host, port)
  await harness.until(() => eventsOf(server, 'accepted').length === 1 && eventsOf(client, 'connected').length === 1)
  return { server, client, port, accepted: eventsOf(server, 'accepted')[0]!.connection, connected }
}

function describeCalls(harness: () => PortsHarness): void {
  it('a call is accepted and connected, each side told once', async () => {
    const { server, client, connected } = await connectedPair(harness())
    expect(eventsOf(client, 'connected')).toEqual([{ kind: 'connected', connection: connected }])
    expect(eventsOf(server, 'accepted')[0]!.listener).toBe('public')
    expect(eventsOf(server, 'accepted')[0]!.remote).toMatch(/:\d+$/)
  })

  it('a port that is taken cannot be listened on', async () => {
    const node = harness().newNode()
    const port = await listen(harness(), node)
    node.ports.network.listen('second', node.host, port)
    await harness().until(() => eventsOf(node, 'listen-failed').length === 1)
    expect(eventsOf(node, 'listen-failed')[0]!.listener).toBe('second')
  })

  it('a connect to a port where nobody listens is refused', async () => {
    const { client, server, port } = await connectedPair(harness())
    server.ports.network.unlisten('public')
    const connection = client.ports.network.connect(server.host, port)
    client.ports.network.send(connection, patterned(10, 0))
    expect(eventsOf(client, 'closed')).toEqual([])
    await harness().until(() => eventsOf(client, 'closed').length === 1)
    expect(eventsOf(client, 'closed')).toEqual([{ kind: 'closed', connection, reason: 'refused' }])
  })

  it('connections live on when their listener is gone', async () => {
    const { client, server, connected } = await connectedPair(harness())
    server.ports.network.unlisten('public')
    client.ports.network.send(connected, patterned(10, 1))
    await harness().until(() => eventsOf(server, 'frame').length === 1)
  })

  it('calls about connections nobody knows are ignored', () => {
    const { network } = harness().newNode().ports
    network.send(77, patterned(3, 0))
    network.pause(77)
    network.resume(77)
    network.close(77)
    expect(network.isFull(77)).toBe(false)
  })
}

function describeFrames(harness: () => PortsHarness): void {
  it('frames arrive whole, in order and unchanged, the empty and the large ones too', async () => {
    const server = harness().newNode()
    const client = harness().newNode()
    const port = await listen(harness(), server)
    const sizes = [5, 0, 0, 70_000, 1, 1 << 20, 8192, 8193, 3, 0]
    const frames = sizes.map((size, salt) => patterned(size, salt))
    server.react = (event) => {
      if (event.kind === 'frame') server.ports.network.send(event.connection, event.frame)
    }
    const connection = client.ports.network.connect(server.host, port)
    for (const frame of frames) client.ports.network.send(connection, frame)
    await harness().until(() => eventsOf(client, 'frame').length === frames.length)
    const echoed = eventsOf(client, 'frame')
    expect(echoed.map((event) => event.frame.length)).toEqual(sizes)
    expect(echoed.every((event, i) => Buffer.compare(event.frame, frames[i]!) === 0)).toBe(true)
    expect(echoed.every((event) => event.connection === connection)).toBe(true)
    expect(echoed.every((event) => event.frame.constructor === Uint8Array)).toBe(true)
  })

  it('a paused connection gives no frame until it goes on, then all in order', async () => {
    const { client, server, accepted, connected } = await connectedPair(harness())
    server.ports.network.pause(accepted)
    for (let i = 0; i < 5; i++) client.ports.network.send(connected, patterned(100, i))
    const witness = client.ports.network.connect(server.host, eventsOf(server, 'listening')[0]!.port)
    client.ports.network.send(witness, patterned(1, 0))
    await harness().until(() => eventsOf(server, 'frame').some((event) => event.connection !== accepted))
    client.ports.clock.startTimer(1, 30)
    await harness().until(() => eventsOf(client, 'timer').length === 1)
    expect(eventsOf(server, 'frame').filter((event) => event.connection === accepted)).toEqual([])
    server.ports.network.resume(accepted)
    await harness().until(() => eventsOf(server, 'frame').length === 6)
    const frames = eventsOf(server, 'frame').filter((event) => event.connection === accepted)
    expect(frames.map((event) => event.frame)).toEqual([0, 1, 2, 3, 4].map((i) => patterned(100, i)))
    client.ports.network.send(connected, patterned(100, 5))
    await harness().until(() => eventsOf(server, 'frame').length === 7)
  })

  it('a node that pauses at a frame gets no other one until it resumes', async () => {
    const { client, server, accepted, connected } = await connectedPair(harness())
    const { network, clock } = server.ports
    let open = true
    const seen: boolean[] = []
    server.react = (event) => {
      if (event.kind === 'timer') {
        open = true
        network.resume(accepted)
      } else if (event.kind === 'frame') {
        seen.push(open)
        open = false
        network.pause(accepted)
        clock.startTimer(seen.length, 1)
      }
    }
    for (let i = 0; i < 6; i++) client.ports.network.send(connected, patterned(20, i))
    await harness().until(() => seen.length === 6)
    expect(seen).toEqual(Array.from({ length: 6 }, () => true))
  })
}

function describeCloses(harness: () => PortsHarness): void {
  it('a full output queue says so, and again when there is room', async () => {
    const { client, server, accepted, connected } = await connectedPair(harness())
    const { network } = client.ports
    server.ports.network.pause(accepted)
    let sent = 0
    const fill = (): void => {
      for (; sent < 400 && !network.isFull(connected); sent++) network.send(connected, patterned(64 << 10, sent))
    }
    client.react = (event) => {
      if (event.kind === 'drained') fill()
    }
    fill()
    expect(network.isFull(connected)).toBe(true)
    expect(network.queuedBytes()).toBeGreaterThan(64 << 10)
    expect(sent).toBeLessThan(400)
    server.ports.network.resume(accepted)
    await harness().until(() => eventsOf(server, 'frame').length === 400)
    expect(eventsOf(client, 'drained').length).toBeGreaterThan(0)
    expect(network.queuedBytes()).toBe(0)
    expect(eventsOf(server, 'frame').every(({ frame }, i) => frame[0] === (i & 255))).toBe(true)
  })

  it('a close sends what is queued, tells the peer after it, and tells the closer nothing', async () => {
    const { client, server, accepted, connected } = await connectedPair(harness())
    const { network, clock } = client.ports
    for (let i = 0; i < 3; i++) network.send(connected, patterned(100_000, i))
    network.close(connected)
    network.send(connected, patterned(1, 1))
    server.react = (event) => {
      if (event.kind === 'frame') server.ports.network.send(event.connection, event.frame)
    }
    await harness().until(() => eventsOf(server, 'closed').length === 1)
    expect(eventsOf(server, 'frame').map((event) => event.frame.length)).toEqual([100_000, 100_000, 100_000])
    expect(server.events.at(-1)).toEqual({ kind: 'closed', connection: accepted, reason: 'closed by peer' })
    clock.startTimer(1, 20)
    await harness().until(() => eventsOf(client, 'timer').length === 1)
    expect(client.events.filter((event) => event.kind === 'closed' || event.kind === 'frame')).toEqual([])
  })

  it('a close before the connection stands still sends what is queued', async () => {
    const server = harness().newNode()
    const { network } = harness().newNode().ports
    const port = await listen(harness(), server)
    const connection = network.connect(server.host, port)
    network.send(connection, patterned(9, 9))
    network.close(connection)
    await harness().until(() => eventsOf(server, 'closed').length === 1)
    expect(eventsOf(server, 'frame').map((event) => event.frame)).toEqual([patterned(9, 9)])
  })

  it('an oversized frame closes the connection and never reaches the node', async () => {
    const { client, server, accepted, connected } = await connectedPair(harness())
    client.ports.network.send(connected, patterned(4, 4))
    client.ports.network.send(connected, new Uint8Array(conformanceFrameBytes + 1))
    client.ports.network.send(connected, patterned(4, 4))
    await harness().until(() => eventsOf(server, 'closed').length === 1 && eventsOf(client, 'closed').length === 1)
    expect(eventsOf(server, 'frame').map((event) => event.frame.length)).toEqual([4])
    const reason = `frame of ${conformanceFrameBytes + 1} bytes, the limit is ${conformanceFrameBytes}`
    expect(eventsOf(server, 'closed')).toEqual([{ kind: 'closed', connection: accepted, reason }])
  })
}
