/**
 * The probers beside the nodes: for each a socket of the harness behind a listener of the proxy. A probe is the first
 * request of a new connection, in the name of one node, to the listener of another: the proxy takes it for traffic of that
 * link. Whether it arrived is seen at the socket behind, not told by the proxy.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { linkName, type Link, type LinkEnd } from '../../nemesis/links.ts'
import { apis } from '../../protocol/apis.ts'
import { decodeRequestHeader, encodeRequest } from '../../protocol/frames.ts'
import { proxyHost } from './socket-relay.ts'

export class LinkProber {
  readonly #servers: Server[] = []
  /** Where to dial, by the node behind. */
  readonly #dialPorts = new Map<LinkEnd, number>()
  /** Probes under way, by their correlation id. */
  readonly #open = new Map<number, () => void>()
  #nextId = 1

  /** Opens the socket that stands beside a node; resolves with its port. */
  listen(): Promise<number> {
    const server = createServer((socket) => this.#receive(socket))
    this.#servers.push(server)
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, proxyHost, () => resolve((server.address() as AddressInfo).port))
    })
  }

  /** The listener of the proxy in front of the socket beside `end`. */
  dialAt(end: LinkEnd, port: number): void {
    this.#dialPorts.set(end, port)
  }

  probe(link: Link, timeoutMs: number, done: (arrived: boolean) => void): void {
    const port = this.#dialPorts.get(link.to)
    if (port === undefined) throw new Error(`nobody listens at the end of ${linkName(link)}`)
    const id = this.#nextId++
    const socket = connect({ host: proxyHost, port, noDelay: true })
    // A proxy that refuses or resets does not bring the message either: the timer tells.
    socket.on('error', () => undefined)
    const tell = (arrived: boolean): void => {
      if (!this.#open.delete(id)) return
      clearTimeout(timer)
      socket.destroy()
      done(arrived)
    }
    const timer = setTimeout(() => tell(false), timeoutMs)
    this.#open.set(id, () => tell(true))
    const header = { correlationId: id, clientId: link.from === 'clients' ? 'prober' : `raft-client-${link.from}` }
    const frame = encodeRequest(apis.ApiVersions, 0, header, {})
    const bytes = Buffer.alloc(4 + frame.length)
    bytes.writeInt32BE(frame.length)
    bytes.set(frame, 4)
    socket.write(bytes)
  }

  #receive(socket: Socket): void {
    socket.on('error', () => undefined)
    socket.once('data', (bytes: Buffer) => {
      this.#open.get(decodeRequestHeader(bytes.subarray(4)).correlationId)?.()
      socket.destroy()
    })
  }

  close(): void {
    for (const server of this.#servers) server.close()
  }
}
