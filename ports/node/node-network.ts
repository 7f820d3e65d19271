/** The Network on TCP sockets. A dead peer is found by keep-alive probes; how long a silent one may stay is the node's to say. */
import { connect, createServer, isIP } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { getBuiltinModule } from 'node:process'
import type { ConnectionOptions } from 'node:tls'
import type { ConnectionId } from '../events.ts'
import type { Network } from '../network.ts'
import type { EventPump } from './event-pump.ts'
import { NodeConnection } from './node-connection.ts'
import type { ConnectionHost, ConnectionLimits } from './node-connection.ts'

export interface NodeNetworkOptions {
  /** A larger frame closes its connection. Default 104857600, Kafka's socket.request.max.bytes. */
  readonly maxFrameBytes?: number
  /** `isFull` at this many bytes not yet taken by the kernel. Default 1 MiB. */
  readonly outputLimitBytes?: number
  /** Connections that this node opens speak TLS. `servername` follows the host dialled, unless it is given. */
  readonly tls?: ConnectionOptions
  /** Where to dial instead of `host` and `port`; the same when there is nobody in between. */
  readonly route?: (host: string, port: number) => { readonly host: string; readonly port: number }
}

/** Kafka's socket.connection.setup.timeout.ms. */
const connectTimeoutMs = 10_000
const socketOptions = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000, allowHalfOpen: true }

export class NodeNetwork implements Network {
  readonly #limits: ConnectionLimits
  readonly #tls: ConnectionOptions | undefined
  readonly #route: NonNullable<NodeNetworkOptions['route']>
  readonly #host: ConnectionHost
  readonly #pump: EventPump
  readonly #servers = new Map<string, Server>()
  readonly #connections = new Map<ConnectionId, NodeConnection>()
  readonly #full = new Set<NodeConnection>()
  /** Every socket not closed yet, also those whose connection the node has forgotten. */
  readonly #sockets = new Set<Socket>()
  #nextConnection = 1

  constructor(pump: EventPump, options: NodeNetworkOptions = {}) {
    this.#pump = pump
    this.#tls = options.tls
    this.#route = options.route ?? ((host, port) => ({ host, port }))
    this.#limits = {
      maxFrameBytes: options.maxFrameBytes ?? 104_857_600,
      outputLimitBytes: options.outputLimitBytes ?? 1 << 20,
    }
    this.#host = {
      pump,
      full: this.#full,
      forget: (connection) => {
        this.#connections.delete(connection.id)
        this.#full.delete(connection)
      },
    }
  }

  listen(listener: string, host: string, port: number): void {
    if (this.#servers.has(listener)) throw new Error(`listener '${listener}' listens already`)
    const server = createServer(socketOptions)
    this.#servers.set(listener, server)
    server.on('error', (error) => {
      if (this.#servers.get(listener) === server) this.#servers.delete(listener)
      this.#pump.deliver({ kind: 'listen-failed', listener, reason: error.message })
    })
    server.on('connection', (socket) => this.#accept(listener, socket))
    server.on('listening', () => {
      this.#pump.deliver({ kind: 'listening', listener, port: (server.address() as AddressInfo).port })
    })
    server.listen({ host, port })
  }

  unlisten(listener: string): void {
    this.#servers.get(listener)?.close()
    this.#servers.delete(listener)
  }

  connect(host: string, port: number): ConnectionId {
    if (!(port > 0 && port < 65_536)) return this.#refuse(`no port has the number ${port}`)
    const socket = this.#dial(host, port)
    const connection = this.#adopt(socket)
    const tooLate = (): void => connection.fail('timed out')
    socket.setTimeout(connectTimeoutMs, tooLate)
    socket.once(this.#tls === undefined ? 'connect' : 'secureConnect', () => {
      socket.setTimeout(0, tooLate)
      if (this.#connections.has(connection.id)) this.#pump.deliver({ kind: 'connected', connection: connection.id })
    })
    return connection.id
  }

  #dial(host: string, port: number): Socket {
    const socket = connect({ ...socketOptions, ...this.#route(host, port) })
    if (this.#tls === undefined) return socket
    // Loaded with the first connection that needs it: it takes 6 MB, and no broker has a use for it.
    return getBuiltinModule('node:tls').connect({ ...(isIP(host) === 0 && { servername: host }), host, ...this.#tls, socket })
  }

  send(connection: ConnectionId, frame: Uint8Array): void {
    this.#connections.get(connection)?.send(frame)
  }

  isFull(connection: ConnectionId): boolean {
    return this.#connections.get(connection)?.isFull() ?? false
  }

  queuedBytes(): number {
    let bytes = 0
    for (const connection of this.#full) bytes += connection.queuedBytes
    return bytes
  }

  pause(connection: ConnectionId): void {
    this.#connections.get(connection)?.pause()
  }

  resume(connection: ConnectionId): void {
    this.#connections.get(connection)?.resume()
  }

  close(connection: ConnectionId): void {
    this.#connections.get(connection)?.close()
  }

  /** Stops listening, closes every connection as `close` does, and waits until all sockets are gone. */
  async stop(): Promise<void> {
    for (const listener of this.#servers.keys()) this.unlisten(listener)
    for (const connection of this.#connections.values()) connection.close()
    await Promise.all([...this.#sockets].map((socket) => closed(socket)))
  }

  /** The port comes from another broker's answer, so a bad one is an answer too. */
  #refuse(reason: string): ConnectionId {
    const connection = this.#nextConnection++
    this.#pump.complete({ kind: 'closed', connection, reason })
    return connection
  }

  #accept(listener: string, socket: Socket): void {
    const connection = this.#adopt(socket)
    // One that was broken before it was taken has no address any more.
    const remote = socket.remoteAddress === undefined ? 'unknown' : `${socket.remoteAddress}:${socket.remotePort}`
    this.#pump.deliver({ kind: 'accepted', listener, connection: connection.id, remote })
  }

  #adopt(socket: Socket): NodeConnection {
    const connection = new NodeConnection(this.#nextConnection++, socket, this.#limits, this.#host)
    this.#connections.set(connection.id, connection)
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    return connection
  }
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve()
    else socket.once('close', () => resolve())
  })
}
