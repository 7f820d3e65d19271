import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { eventsOf } from '../witness.testing.ts'
import type { WitnessNode } from '../witness.testing.ts'
import { NodeHarness } from './node-harness.testing.ts'

const harness = new NodeHarness({ outputLimitBytes: 1000, maxFrameBytes: 1 << 20 })
afterAll(() => harness.stop())

interface RawPeer {
  readonly node: WitnessNode
  readonly socket: Socket
  /** What the socket was sent, and whether it saw the end. */
  readonly received: Buffer[]
  readonly closed: () => boolean
}

/** A plain socket that has called a listening node. */
async function rawPeer(from: NodeHarness): Promise<RawPeer> {
  const node = from.newNode()
  node.ports.network.listen('l', node.host, 0)
  await from.until(() => eventsOf(node, 'listening').length === 1)
  const socket = connect({ port: eventsOf(node, 'listening')[0]!.port, host: node.host, allowHalfOpen: true })
  const received: Buffer[] = []
  let closed = false
  socket.on('data', (bytes) => received.push(bytes))
  socket.on('end', () => { closed = true })
  socket.on('close', () => { closed = true })
  socket.on('error', () => { closed = true })
  await from.until(() => eventsOf(node, 'accepted').length === 1)
  return { node, socket, received, closed: () => closed }
}

function frame(text: string): Buffer {
  const bytes = Buffer.alloc(4 + text.length)
  bytes.writeInt32BE(text.length)
  bytes.write(text, 4)
  return bytes
}

async function closeReason(from: NodeHarness, node: WitnessNode): Promise<string> {
  await from.until(() => eventsOf(node, 'closed').length > 0)
  return eventsOf(node, 'closed')[0]!.reason
}

describe('a peer that speaks no frames', () => {
  it('is cut off when it announces a negative size', async () => {
    const { node, socket, closed } = await rawPeer(harness)
    socket.write(Buffer.concat([frame('good'), Buffer.from([255, 255, 255, 255]), frame('never read')]))
    expect(await closeReason(harness, node)).toBe('frame of -1 bytes, the limit is 1048576')
    expect(eventsOf(node, 'frame').map((event) => Buffer.from(event.frame).toString())).toEqual(['good'])
    await harness.until(closed)
  })

  it('is cut off when it sends HTTP', async () => {
    const { node, socket } = await rawPeer(harness)
    socket.write('GET / HTTP/1.1\r\n\r\n')
    expect(await closeReason(harness, node)).toMatch(/^frame of 1195725856 bytes/)
  })
})

describe('a peer that goes away', () => {
  it('within a frame: the frame is lost, the close is told', async () => {
    const { node, socket } = await rawPeer(harness)
    socket.end(Buffer.concat([frame('whole'), frame('cut short').subarray(0, 9)]))
    expect(await closeReason(harness, node)).toBe('closed by peer')
    expect(eventsOf(node, 'frame')).toHaveLength(1)
  })

  it('by a reset: that is told, too', async () => {
    const { node, socket } = await rawPeer(harness)
    socket.resetAndDestroy()
    expect(await closeReason(harness, node)).toBe('reset')
  })

  it('half, having sent its requests: they are answered before the end', async () => {
    const { node, socket, received, closed } = await rawPeer(harness)
    node.react = (event) => {
      if (event.kind === 'frame') node.ports.network.send(event.connection, event.frame)
    }
    socket.end(Buffer.concat([frame('one'), frame('two')]))
    expect(await closeReason(harness, node)).toBe('closed by peer')
    await harness.until(closed)
    expect(Buffer.concat(received)).toEqual(Buffer.concat([frame('one'), frame('two')]))
  })

  it('while the node has paused: the node hears of the frames and the end when it reads on', async () => {
    const { node, socket } = await rawPeer(harness)
    const { connection } = eventsOf(node, 'accepted')[0]!
    node.ports.network.pause(connection)
    socket.end(frame('last words'))
    await harness.until(() => socket.writableFinished)
    expect(eventsOf(node, 'frame')).toEqual([])
    node.ports.network.resume(connection)
    expect(await closeReason(harness, node)).toBe('closed by peer')
    expect(node.events.slice(-2).map((event) => event.kind)).toEqual(['frame', 'closed'])
  })

  it('while the node has paused and waits for room: the broken connection is told at once', async () => {
    const { node, socket } = await rawPeer(harness)
    const { network } = node.ports
    const { connection } = eventsOf(node, 'accepted')[0]!
    network.pause(connection)
    socket.pause()
    for (let sent = 0; sent < 100; sent++) network.send(connection, new Uint8Array(1 << 20))
    expect(network.isFull(connection)).toBe(true)
    socket.resetAndDestroy()
    expect(await closeReason(harness, node)).toBe('reset')
    expect(eventsOf(node, 'drained')).toEqual([])
  })
})

describe('connecting', () => {
  it('to a port that cannot be is answered, not thrown', async () => {
    const node = harness.newNode()
    const connections = [70_000, 0, -1, Number.NaN].map((port) => node.ports.network.connect('127.0.0.1', port))
    expect(node.events).toEqual([])
    await harness.until(() => node.events.length === 4)
    expect(eventsOf(node, 'closed').map((event) => event.connection)).toEqual(connections)
  })

  it('to a host that cannot be is answered with the reason', async () => {
    const node = harness.newNode()
    node.ports.network.connect('no such host', 9092)
    expect(await closeReason(harness, node)).toMatch(/^E[A-Z_]+: |^timed out$/)
  })

  it('a small output limit is told and lifted as well', async () => {
    const node = harness.newNode()
    const server = createServer((socket) => socket.resume())
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
    const connection = node.ports.network.connect('127.0.0.1', (server.address() as AddressInfo).port)
    node.ports.network.send(connection, new Uint8Array(500))
    expect(node.ports.network.isFull(connection)).toBe(false)
    node.ports.network.send(connection, new Uint8Array(500))
    expect(node.ports.network.isFull(connection)).toBe(true)
    await harness.until(() => eventsOf(node, 'drained').length === 1)
    expect(node.ports.network.isFull(connection)).toBe(false)
    server.close()
    node.ports.network.close(connection)
  })
})
