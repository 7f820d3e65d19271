/**
 * Sends one request again and again over many connections, each waiting for its answer, and counts: a worker of its own, so
 * that who is measured does not share a thread with who measures. It reads no more of HTTP than it must.
 */
import { connect } from 'node:net'
import { parentPort } from 'node:worker_threads'

export interface DriveOrder {
  readonly host: string
  readonly port: number
  /** The whole request, head and body. */
  readonly request: string
  readonly connections: number
  readonly warmUpMs: number
  readonly measureMs: number
}

export interface Driven {
  /** Answered with 200 in the time measured. */
  readonly answers: number
  readonly others: number
  readonly seconds: number
}

const headEnd = '\r\n\r\n'

parentPort?.on('message', (order: DriveOrder) => drive(order))

function drive({ host, port, request, connections, warmUpMs, measureMs }: DriveOrder): void {
  let isMeasuring = false
  let answers = 0
  let others = 0
  const bytes = Buffer.from(request)
  const sockets = Array.from({ length: connections }, () => {
    const socket = connect({ host, port, noDelay: true })
    let text = ''
    socket.on('connect', () => socket.write(bytes))
    socket.on('error', () => others++)
    socket.setEncoding('latin1').on('data', (piece: unknown) => {
      text += piece as string
      const end = text.indexOf(headEnd)
      if (end < 0) return
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
      if (text.length < end + headEnd.length + length) return
      if (isMeasuring && text.startsWith('HTTP/1.1 200')) answers++
      else if (isMeasuring) others++
      text = ''
      socket.write(bytes)
    })
    return socket
  })
  setTimeout(() => {
    isMeasuring = true
    const startMs = performance.now()
    setTimeout(() => {
      const driven: Driven = { answers, others, seconds: (performance.now() - startMs) / 1000 }
      for (const socket of sockets) socket.destroy()
      parentPort!.postMessage(driven)
    }, measureMs)
  }, warmUpMs)
}
