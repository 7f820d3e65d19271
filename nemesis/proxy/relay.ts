/** One connection through the proxy: two pipes, whose links are known once the first request has told who dialled. */
import type { LinkEnd } from '../links.ts'
import { dialerOf, readClientId } from './dialer.ts'
import { Pipe, type Outlet } from './pipe.ts'
import type { ProxyLinks } from './proxy-links.ts'

export interface RelayOptions {
  readonly links: ProxyLinks
  readonly brokerIds: readonly number[]
  /** Whose listener was dialled. */
  readonly to: LinkEnd
  readonly isProbe: boolean
}

export class Relay {
  /** From who dialled, and back. */
  readonly there: Pipe
  readonly back: Pipe
  readonly #options: RelayOptions
  #head: Uint8Array = new Uint8Array(0)
  #isRouted = false

  constructor(options: RelayOptions, outlets: { readonly there: Outlet; readonly back: Outlet }) {
    this.#options = options
    this.there = new Pipe(outlets.there, options.isProbe)
    this.back = new Pipe(outlets.back, options.isProbe)
  }

  /** Bytes of who dialled. */
  dialled(bytes: Uint8Array): void {
    this.there.data(bytes)
    if (this.#isRouted) return
    const head = new Uint8Array(this.#head.length + bytes.length)
    head.set(this.#head)
    head.set(bytes, this.#head.length)
    this.#head = head
    const clientId = readClientId(head)
    if (clientId !== undefined) this.#route(clientId)
  }

  /** Who dialled sends no more. */
  dialerEnded(how: 'end' | 'reset'): void {
    this.there[how]()
    if (!this.#isRouted) this.#route(null)
  }

  drop(): void {
    this.there.drop()
    this.back.drop()
  }

  #route(clientId: string | null): void {
    const { links, brokerIds, to } = this.#options
    const from = dialerOf(clientId, brokerIds)
    this.#isRouted = true
    this.#head = new Uint8Array(0)
    this.there.route(links.link({ from, to }))
    this.back.route(links.link({ from: to, to: from }))
  }
}
