/** The agent in a helper container, over the streams of one exec: told what to do, its reports handed on. */
import { createInterface } from 'node:readline'
import { PassThrough, type Duplex } from 'node:stream'
import type { Docker } from './docker.ts'
import type { HelperCommand, HelperReport } from './helper/messages.ts'

export interface HelperOptions {
  readonly docker: Docker
  readonly containerId: string
  readonly role: 'broker' | 'clients'
  readonly onArrived: (probe: number) => void
}

interface Waiting {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
}

export class HelperProcess {
  /** Where it listens for probes. */
  readonly port: number
  readonly #stream: Duplex
  readonly #waiting: Map<number, Waiting>
  #nextId = 1

  private constructor(stream: Duplex, waiting: Map<number, Waiting>, port: number) {
    this.#stream = stream
    this.#waiting = waiting
    this.port = port
  }

  static async start({ docker, containerId, role, onArrived }: HelperOptions): Promise<HelperProcess> {
    const Cmd = ['node', '/opt/agent.mjs', role]
    const exec = await docker.getContainer(containerId).exec({ Cmd, AttachStdin: true, AttachStdout: true, AttachStderr: true })
    const stream = await exec.start({ hijack: true, stdin: true })
    const stdout = new PassThrough()
    const stderr = new PassThrough()
    docker.modem.demuxStream(stream, stdout, stderr)
    const waiting = new Map<number, Waiting>()
    let said = ''
    stderr.on('data', (bytes: Buffer) => (said += bytes.toString()))
    const port = await new Promise<number>((listening, failed) => {
      const gone = (): void => {
        const error = new Error(`the helper of ${containerId.slice(0, 12)} has ended: ${said.trim()}`)
        failed(error)
        for (const { reject } of waiting.values()) reject(error)
        waiting.clear()
      }
      stream.once('close', gone)
      stream.once('error', gone)
      createInterface({ input: stdout }).on('line', (line) => {
        const report = JSON.parse(line) as HelperReport
        if ('listening' in report) return listening(report.listening)
        if ('arrived' in report) return onArrived(report.arrived)
        const asked = waiting.get(report.id)
        waiting.delete(report.id)
        if ('failed' in report) return asked?.reject(new Error(report.failed))
        return asked?.resolve(report.answer)
      })
    })
    return new HelperProcess(stream, waiting, port)
  }

  ask<T>(command: HelperCommand): Promise<T> {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (answer: unknown) => void, reject })
      this.#stream.write(`${JSON.stringify({ id, ...command })}\n`)
    })
  }

  end(): void {
    this.#waiting.clear()
    this.#stream.end()
  }
}
