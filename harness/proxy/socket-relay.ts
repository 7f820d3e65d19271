/** A relay on sockets: the accepted one, and one to whom was dialled, opened when the first bytes may pass. */
import { connect, type Socket } from 'node:net'
import type { Outlet } from '../../nemesis/proxy/pipe.ts'
import { Relay, type RelayOptions } from '../../nemesis/proxy/relay.ts'
import type { WireTap } from './wire-tap.ts'

export interface RelayTarget extends RelayOptions {
  /** Where the listener that was dialled is now; undefined while nobody is there. */
  readonly destination: () => Destination | undefined
  /** Who listens in. */
  readonly tap?: WireTap
}

export interface Destination {
  readonly host: string
  readonly port: number
}

export const proxyHost = '127.0.0.1'

export class SocketRelay {
  readonly #dialer: Socket
  readonly #relay: Relay
  readonly #target: RelayTarget
  #upstream: Socket | undefined

  static serve(dialer: Socket, target: RelayTarget): SocketRelay {
    return new SocketRelay(dialer, target)
  }

  private constructor(dialer: Socket, target: RelayTarget) {
    this.#dialer = dialer
    this.#target = target
    this.#relay = new Relay(target, { there: this.#outletThere(), back: this.#outletBack() })
    dialer.setNoDelay(true)
    dialer.on('data', (bytes: Buffer) => {
      this.#target.tap?.request(bytes)
      this.#relay.dialled(bytes)
    })
    dialer.once('close', () => this.#target.tap?.end())
    dialer.on('drain', () => this.#relay.back.drained())
    dialer.on('end', () => this.#relay.dialerEnded('end'))
    dialer.on('error', () => this.#relay.dialerEnded('reset'))
  }

  #outletThere(): Outlet {
    return {
      write: (bytes) => written(this.#upstream ?? this.#connect(), bytes),
      end: () => (this.#upstream === undefined ? this.#dialer.destroy() : this.#upstream.end()),
      reset: () => void this.#upstream?.resetAndDestroy(),
      pauseSource: () => void this.#dialer.pause(),
      resumeSource: () => void this.#dialer.resume(),
      breakDown: () => this.#breakDown(),
    }
  }

  #outletBack(): Outlet {
    return {
      write: (bytes) => written(this.#dialer, bytes),
      end: () => void this.#dialer.end(),
      reset: () => void this.#dialer.resetAndDestroy(),
      pauseSource: () => void this.#upstream?.pause(),
      resumeSource: () => void this.#upstream?.resume(),
      breakDown: () => this.#breakDown(),
    }
  }

  #connect(): Socket | undefined {
    const destination = this.#target.destination()
    if (destination === undefined) {
      this.#relay.back.reset()
      return undefined
    }
    const upstream = connect({ ...destination, noDelay: true, allowHalfOpen: true })
    this.#upstream = upstream
    upstream.on('data', (bytes: Buffer) => {
      this.#target.tap?.answer(bytes)
      this.#relay.back.data(bytes)
    })
    upstream.on('drain', () => this.#relay.there.drained())
    upstream.on('end', () => this.#relay.back.end())
    upstream.on('error', () => this.#relay.back.reset())
    return upstream
  }

  #breakDown(): void {
    this.#relay.drop()
    this.#dialer.resetAndDestroy()
    this.#upstream?.resetAndDestroy()
  }
}

function written(socket: Socket | undefined, bytes: Uint8Array): boolean {
  return socket === undefined || socket.destroyed || socket.writableEnded || socket.write(bytes)
}
