/**
 * One direction of one connection through the proxy. Bytes pass while its link is whole; from the first one a cut link
 * stops, all that follow wait in order behind it, the end of the stream too, until they are released. What waits is
 * bounded: past the limit the source is read no further. Synchronous, and without sockets: they are behind the `Outlet`.
 */
import type { ProxyLink } from './proxy-links.ts'

export interface Outlet {
  /** False when no more should be written until `drained` is called. */
  write(bytes: Uint8Array): boolean
  /** No bytes follow. */
  end(): void
  /** The connection is broken as far as the receiver can tell. */
  reset(): void
  /** Stops and resumes reading where the bytes come from. */
  pauseSource(): void
  resumeSource(): void
  /** Both ends of the connection are to learn that it is broken. */
  breakDown(): void
}

/** Held bytes of one direction of one connection. */
export const heldLimitBytes: number = 256 * 1024

export class Pipe {
  /** Carries probes of the harness, which nobody misses. */
  readonly isProbe: boolean
  readonly #outlet: Outlet
  #link: ProxyLink | undefined
  #held: Uint8Array[] = []
  #heldBytes = 0
  #isHolding = false
  #ending: 'end' | 'reset' | undefined
  #isFull = false
  #isPaused = false

  constructor(outlet: Outlet, isProbe: boolean) {
    this.#outlet = outlet
    this.isProbe = isProbe
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Before this nothing passes: nobody knows yet where the bytes come from. */
  route(link: ProxyLink): void {
    this.#link = link
    if (!this.#isHolding) return
    link.holding.add(this)
    this.release()
  }

  data(bytes: Uint8Array): void {
    if (this.#ending !== undefined) return
    if (this.#stops()) {
      this.#held.push(bytes)
      this.#heldBytes += bytes.length
    } else this.#pass(bytes)
    this.#regulate()
  }

  end(): void {
    this.#finish('end')
  }

  reset(): void {
    this.#finish('reset')
  }

  /** Lets go what waits, unless the link is cut again. */
  release(): void {
    const link = this.#link
    if (!this.#isHolding || link === undefined || link.isCut) return
    this.#isHolding = false
    link.holding.delete(this)
    const held = this.#held
    this.#held = []
    this.#heldBytes = 0
    for (const bytes of held) this.#pass(bytes)
    this.#tellEnd()
    this.#regulate()
  }

  /** Breaks the whole connection. */
  breakDown(): void {
    this.#outlet.breakDown()
  }

  /** Forgets what waits, and lets nothing through any more. */
  drop(): void {
    this.#isHolding = false
    this.#link?.holding.delete(this)
    this.#held = []
    this.#heldBytes = 0
    this.#ending = 'reset'
  }

  drained(): void {
    this.#isFull = false
    this.#regulate()
  }

  #stops(): boolean {
    if (!this.#isHolding && (this.#link === undefined || this.#link.isCut)) {
      this.#isHolding = true
      this.#link?.holding.add(this)
    }
    return this.#isHolding
  }

  #pass(bytes: Uint8Array): void {
    this.#link!.movedBytes += bytes.length
    if (!this.#outlet.write(bytes)) this.#isFull = true
  }

  #finish(ending: 'end' | 'reset'): void {
    if (this.#ending !== undefined) return
    this.#ending = ending
    if (!this.#stops()) this.#tellEnd()
  }

  #tellEnd(): void {
    if (this.#ending === 'end') this.#outlet.end()
    if (this.#ending === 'reset') this.#outlet.reset()
  }

  #regulate(): void {
    const mustPause = this.#isFull || this.#heldBytes >= heldLimitBytes
    if (mustPause === this.#isPaused) return
    this.#isPaused = mustPause
    if (mustPause) this.#outlet.pauseSource()
    else this.#outlet.resumeSource()
  }
}
