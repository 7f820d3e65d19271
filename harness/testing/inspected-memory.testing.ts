/**
 * The memory of another Node process that was started with `--inspect`. Garbage is collected first, through the
 * inspector, so that what is told is what the process still holds and not when its collector last ran.
 */

export interface HeldMemory {
  /** JavaScript objects. */
  readonly heapBytes: number
  /** Buffers and whatever else lies outside the heap but belongs to it. */
  readonly externalBytes: number
  /** As the kernel counts it. */
  readonly residentBytes: number
}

interface Usage {
  readonly heapUsed: number
  readonly external: number
  readonly rss: number
}

export class Inspector {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, (result: unknown) => void>()
  #nextId = 1

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      const { id, result } = JSON.parse(String(data)) as { readonly id?: number; readonly result?: unknown }
      if (id !== undefined) this.#waiting.get(id)?.(result)
    })
  }

  static async attach(url: string): Promise<Inspector> {
    const socket = new WebSocket(url)
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve)
      socket.addEventListener('error', () => reject(new Error(`no inspector at ${url}`)))
    })
    return new Inspector(socket)
  }

  async memory(): Promise<HeldMemory> {
    // Buffers are freed by finalizers that run after the first collection.
    await this.#call('HeapProfiler.collectGarbage', {})
    await this.#call('HeapProfiler.collectGarbage', {})
    const { heapUsed, external, rss } = await this.evaluate('process.memoryUsage()') as Usage
    return { heapBytes: heapUsed, externalBytes: external, residentBytes: rss }
  }

  async evaluate(expression: string): Promise<unknown> {
    const answer = await this.#call('Runtime.evaluate', { expression, returnByValue: true }) as { readonly result: { readonly value?: unknown } }
    return answer.result.value
  }

  #call(method: string, params: object): Promise<unknown> {
    const id = this.#nextId++
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      this.#socket.send(JSON.stringify({ id, method, params }))
    })
  }

  detach(): void {
    this.#socket.close()
  }
}
