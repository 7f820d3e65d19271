/** The agent in a helper container, over the streams of one exec: told what to do, its reports handed on. */
import { createInterface } from 'node:readline'
import { PassThrough, type Duplex } from 'node:stream'
import type { Docker } from './docker.ts'
import type { HelperCommand, HelperReport } from './helper/messages.ts'

export interface HelperOptions {
  readonly docker: Docker
  readonly containerId: string
  readonly role: 'broker' | 'clients' | 'disks'
  readonly onArrived: (probe: number) => void
  /** It has ended, and nobody had asked it to. */
  readonly onGone: (why: string) => void
}

interface Waiting {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
}

interface End {
  isOrdered: boolean
  error: Error | undefined
}

export class HelperProcess {
  /** Where it listens for probes. */
  readonly port: number
  readonly #stream: Duplex
  readonly #waiting: Map<number, Waiting>
  readonly #end: End
  #nextId = 1

  private constructor(stream: Duplex, { waiting, end, port }: { readonly waiting: Map<number, Waiting>; readonly end: End; readonly port: number }) {
    this.#stream = stream
    this.#waiting = waiting
    this.#end = end
    this.port = port
  }

  static async start({ docker, containerId, role, onArrived, onGone }: HelperOptions): Promise<HelperProcess> {
    const Cmd = ['node', '/opt/agent.mjs', role]
    const exec = await docker.getContainer(containerId).exec({ Cmd, AttachStdin: true, AttachStdout: true, AttachStderr: true })
    const stream = await exec.start({ hijack: true, stdin: true })
    const stdout = new PassThrough()
    const stderr = new PassThrough()
    docker.modem.demuxStream(stream, stdout, stderr)
    const waiting = new Map<number, Waiting>()
    const end: End = { isOrdered: false, error: undefined }
    let said = ''
    stderr.on('data', (bytes: Buffer) => (said += bytes.toString()))
    const port = await new Promise<number>((listening, failed) => {
      const gone = (): void => {
        if (end.error !== undefined) return
        const words = said.trim() === '' ? '' : `: ${said.trim().split('\n').at(-1)!}`
        const error = new Error(`the helper in container ${containerId.slice(0, 12)} has ended${words}`)
        end.error = error
        failed(error)
        if (!end.isOrdered) onGone(error.message)
        for (const { reject } of waiting.values()) reject(error)
        waiting.clear()
      }
      for (const event of ['end', 'close', 'error']) stream.once(event, gone)
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
    return new HelperProcess(stream, { waiting, end, port })
  }

  ask<T>(command: HelperCommand): Promise<T> {
    if (this.#end.error !== undefined) return Promise.reject(this.#end.error)
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (answer: unknown) => void, reject })
      this.#stream.write(`${JSON.stringify({ id, ...command })}\n`)
    })
  }

  end(): void {
    this.#end.isOrdered = true
    this.#waiting.clear()
    this.#stream.end()
  }
}
