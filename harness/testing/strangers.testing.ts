/** Sockets that do what no client should, and what becomes of them. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { BadBytes } from './bad-bytes.testing.ts'

/** `closed`: the other side ended it. `open`: nothing came within the deadline, not even the end. */
export interface Fate {
  readonly end: 'answered' | 'closed' | 'left' | 'open'
  /** The stranger's own. */
  readonly port: number
}

const host = '127.0.0.1'
/** A stranger who waits ends its side when no answer has come for this long. */
const waitsMs = 500

/** Calls, sends, and hangs up as `ending` says. Resolves when the socket is gone, or `withinMs` is over. */
export function assault(port: number, { bytes, ending }: BadBytes, withinMs: number): Promise<Fate> {
  return new Promise((resolve) => {
    let end: Fate['end'] = 'closed'
    let ownPort = 0
    const socket = connect({ host, port, allowHalfOpen: true })
    socket.once('connect', () => (ownPort = socket.localPort!))
    const tooLate = setTimeout(() => {
      end = 'open'
      socket.destroy()
    }, withinMs)
    const waited = setTimeout(() => socket.end(), waitsMs)
    socket.on('data', () => {
      end = 'answered'
      socket.end()
    })
    socket.on('end', () => socket.end())
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(tooLate)
      clearTimeout(waited)
      resolve({ end, port: ownPort })
    })
    socket.write(bytes, () => {
      if (ending === 'end') socket.end()
      if (ending !== 'reset') return
      end = 'left'
      socket.resetAndDestroy()
    })
  })
}

/** Does `each` for all items, at most `atOnce` at a time. */
export async function forAll<T>(items: readonly T[], atOnce: number, each: (item: T, i: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) await each(items[i]!, i)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/** A connection that says this, reads nothing, and stays. `closed` is true once the other side has ended it. */
export class Lingerer {
  readonly socket: Socket
  readonly ownPort: number
  closed = false

  private constructor(socket: Socket) {
    this.socket = socket
    this.ownPort = socket.localPort!
    socket.on('error', () => (this.closed = true))
    socket.on('close', () => (this.closed = true))
    socket.on('end', () => (this.closed = true))
  }

  static async call(port: number, bytes: Uint8Array): Promise<Lingerer> {
    const socket = connect({ host, port, allowHalfOpen: true })
    await once(socket, 'connect')
    socket.pause()
    if (bytes.length > 0) socket.write(bytes)
    return new Lingerer(socket)
  }

  /** Resolves when something has come, of which it takes no more than it must to know. */
  async answered(): Promise<void> {
    if (this.socket.readableLength === 0) await once(this.socket, 'readable')
  }

  /** The next answer, without its size. */
  async frame(): Promise<Uint8Array> {
    let bytes = Buffer.alloc(0)
    for (;;) {
      const chunk = this.socket.read() as Buffer | null
      if (chunk !== null) bytes = Buffer.concat([bytes, chunk])
      if (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) return bytes.subarray(4, 4 + bytes.readInt32BE(0))
      if (this.closed) throw new Error('closed without an answer')
      if (chunk === null) await once(this.socket, 'readable')
    }
  }

  /** Reads on, so that an end that has come is seen. */
  read(): void {
    this.socket.resume()
  }

  leave(): void {
    this.socket.destroy()
  }
}
