/**
 * One broker in a container that can be killed, started again on its data, frozen and let go on. It is made when it is first
 * started, or was there before and is adopted; its limits are then put back as they were.
 */
import { createWriteStream, readFileSync, type WriteStream } from 'node:fs'
import type { Readable } from 'node:stream'
import type { BrokerState, Facts, MemoryPressure } from '../../nemesis/control.ts'
import type { Docker } from '../containers/docker.ts'

export interface ContainerBrokerOptions {
  readonly docker: Docker
  readonly id: number
  /** Makes its container and starts it. */
  readonly make?: () => Promise<Docker.Container>
  readonly logFile: string
  readonly orderlyExitCodes: readonly number[]
  /** It ended without being told to: how, and the last sentence it said about it. */
  readonly onUnexpectedExit: (id: number, how: string) => void
}

/** The system's own words, whatever a broker is written in. */
const noSpaceLeft = /no space left on device/i
const freezeTries = 10
const cpuPeriodMicros = 100_000
const headroomBytes = 4 << 20
/** The engine takes no less. */
const memoryMinBytes = 6 << 20
const noLimitBytes = 2 ** 50

type Inspected = Docker.ContainerInspectInfo

/** What was allowed to it before anybody squeezed it. */
type Limits = Pick<Docker.HostConfig, 'NanoCpus' | 'CpuPeriod' | 'CpuQuota' | 'Memory' | 'MemorySwap'>

export class ContainerBroker {
  readonly #options: ContainerBrokerOptions
  readonly #log: WriteStream
  #container: Docker.Container | undefined
  #limits: Limits = {}
  #state: BrokerState = 'dead'
  #expectExit = false
  #pid: number | undefined
  #previousPid: number | undefined
  #isHere = false
  #said = ''
  #stream: Readable | undefined
  /** What is asked of the engine until the container ends; it may go on without us. */
  readonly #leaving = new AbortController()
  #whenEnded: Promise<Facts> = Promise.resolve({ already: 'dead' })

  constructor(options: ContainerBrokerOptions) {
    this.#options = options
    this.#log = createWriteStream(options.logFile, { flags: 'a' })
  }

  /** While it runs, where the engine's processes are this machine's. */
  get pid(): number | undefined {
    return this.#state !== 'dead' && this.#isHere ? this.#pid : undefined
  }

  get containerId(): string | undefined {
    return this.#container?.id
  }

  /** The last sentence its last process said that was no line of a log, or that its disk is full. */
  get lastWord(): string {
    return this.#said
  }

  /** As the engine told it last: after each of our orders, and when a process ended. */
  state(): BrokerState {
    return this.#state
  }

  /** `done` when its process runs, or with `failed`. */
  start(done: (seen: Facts) => void): void {
    this.#expectExit = false
    this.#said = ''
    void this.#start().then(
      (seen) => done(seen),
      (error: Error) => done({ failed: error.message.trim() }),
    )
  }

  async #start(): Promise<Facts> {
    if (this.#container === undefined) {
      this.#container = await this.#options.make!()
      this.#collect(await this.#container.logs({ follow: true, stdout: true, stderr: true }))
    } else {
      this.#collect(await this.#container.attach({ stream: true, stdout: true, stderr: true }))
      await this.#container.start()
    }
    return this.#meet(this.#container)
  }

  /** Takes over one that runs. */
  async adopt(container: Docker.Container): Promise<void> {
    this.#container = container
    this.#collect(await container.logs({ follow: true, stdout: true, stderr: true, tail: 0 }))
    await this.#meet(container)
  }

  async #meet(container: Docker.Container): Promise<Facts> {
    const { Id, State, HostConfig } = await container.inspect()
    if (this.#pid === undefined) this.#limits = HostConfig
    this.#state = stateOf({ State })
    this.#watch(container)
    this.#previousPid = this.#pid
    this.#pid = State.Pid
    this.#isHere = isProcessOf(Id, State.Pid)
    return { container: Id.slice(0, 12), pid: this.#pid, previousPid: this.#previousPid, startedAt: State.StartedAt }
  }

  #collect(stream: NodeJS.ReadableStream): void {
    this.#stream = stream as Readable
    const take = { write: (bytes: Buffer) => this.#take(bytes) }
    this.#options.docker.modem.demuxStream(stream, take as unknown as NodeJS.WritableStream, take as unknown as NodeJS.WritableStream)
  }

  #take(bytes: Buffer): boolean {
    this.#log.write(bytes)
    if (this.#said.startsWith('ENOSPC')) return true
    const lines = bytes.toString().split('\n')
    const full = lines.find((text) => noSpaceLeft.test(text))
    const line = full ?? lines.findLast((text) => text.trim() !== '' && !/^[{[]/.test(text))
    if (line !== undefined) this.#said = `${full === undefined ? '' : 'ENOSPC: '}${line.trim().replace(/[.]$/, '')}`
    return true
  }

  #watch(container: Docker.Container): void {
    this.#whenEnded = container.wait({ abortSignal: this.#leaving.signal }).then(async () => {
      const inspected = await container.inspect()
      this.#state = stateOf(inspected)
      const { ExitCode, OOMKilled, FinishedAt } = inspected.State
      if (!this.#expectExit) this.#options.onUnexpectedExit(this.#options.id, endOf(inspected, this.#said))
      return { exitCode: ExitCode, oomKilled: OOMKilled, finishedAt: FinishedAt }
      // The whole cluster was removed meanwhile.
    }).catch((error: Error) => ({ unknown: error.message }))
  }

  /** `done` when the process is gone, with how it ended. */
  kill(done: (seen: Facts) => void): void {
    this.#end((container) => container.kill(), done)
  }

  /** Asks for an orderly end, and insists after `timeoutMs`. */
  stop(timeoutMs: number, done: (seen: Facts & { readonly orderly: boolean }) => void): void {
    this.#end(
      async (container) => {
        if (this.#state === 'paused') await container.unpause()
        await container.stop({ t: Math.ceil(timeoutMs / 1000) })
      },
      (seen) => done({ ...seen, orderly: this.#options.orderlyExitCodes.includes(Number(seen['exitCode'])) }),
    )
  }

  #end(order: (container: Docker.Container) => Promise<unknown>, done: (seen: Facts) => void): void {
    const container = this.#container
    if (container === undefined || this.#state === 'dead') return done({ already: 'dead' })
    this.#expectExit = true
    const ended = this.#whenEnded
    // An order that comes too late is answered by how it ended.
    void order(container).catch(() => undefined).then(() => ended).then((seen) => done({ pid: this.#pid, ...seen }))
  }

  pause(): Promise<Facts> {
    return this.#freeze(true)
  }

  resume(): Promise<Facts> {
    return this.#freeze(false)
  }

  /** On a busy machine the kernel may not get all threads of a process to stand still at once; the engine gives up, we do not. */
  async #freeze(frozen: boolean): Promise<Facts> {
    const container = this.#container!
    for (let tries = 1; ; tries++) {
      const refused = await (frozen ? container.pause() : container.unpause()).then(() => undefined, (error: Error) => error.message)
      const inspected = await container.inspect()
      this.#state = stateOf(inspected)
      const { Status, Paused, Running } = inspected.State
      if (Paused === frozen || !Running || tries === freezeTries) {
        return { pid: this.#pid, status: Status, ...(tries > 1 && { tries }), ...(refused !== undefined && { refused }) }
      }
    }
  }

  /** Whether it may end by what was done to it. */
  expectExit(expected: boolean): void {
    this.#expectExit = expected
  }

  /** Of one processor; undefined: as much as before. */
  async squeeze(cpuShare: number | undefined): Promise<void> {
    const { NanoCpus = 0, CpuPeriod = 0, CpuQuota = 0 } = this.#limits
    if (NanoCpus > 0) return void (await this.#container!.update({ NanoCpus: cpuShare === undefined ? NanoCpus : Math.round(cpuShare * 1e9) }))
    const before = { CpuPeriod: CpuPeriod === 0 ? cpuPeriodMicros : CpuPeriod, CpuQuota: CpuQuota === 0 ? -1 : CpuQuota }
    const now = cpuShare === undefined ? before : { CpuPeriod: cpuPeriodMicros, CpuQuota: Math.round(cpuShare * cpuPeriodMicros) }
    await this.#container!.update(now)
    return undefined
  }

  /** Hardly more memory than it holds, or as much as before; resolves with the limit. */
  async squeezeMemory(squeezed: boolean): Promise<number> {
    const { Memory = 0, MemorySwap = 0 } = this.#limits
    const before = Memory === 0 ? noLimitBytes : Memory
    const limit = squeezed ? Math.min(await this.#tightMemory(), before) : before
    const swap = squeezed || MemorySwap === 0 ? limit : MemorySwap
    this.expectExit(squeezed)
    await this.#container!.update({ Memory: limit, MemorySwap: swap })
    return limit
  }

  /** Half of what it has of files can be taken from it at once; cgroup v1 calls that cache, v2 file. */
  async #tightMemory(): Promise<number> {
    const { memory_stats: { usage, stats } } = await this.#stats()
    const { cache, file } = (stats ?? {}) as { readonly cache?: number; readonly file?: number }
    return Math.max(usage - Math.floor((cache ?? file ?? 0) / 2) + headroomBytes, memoryMinBytes)
  }

  /** The count of cgroup v1 is of failed charges, that of v2 of pages looked at to free some. */
  async pressure(): Promise<MemoryPressure> {
    if (this.#state === 'dead') return { usageBytes: 0, reclaims: 0, killed: (await this.#container!.inspect()).State.OOMKilled }
    const { memory_stats } = await this.#stats()
    const { failcnt, stats } = memory_stats as { readonly failcnt?: number; readonly stats?: { readonly pgscan?: number } }
    return { usageBytes: memory_stats.usage, reclaims: failcnt ?? stats?.pgscan ?? 0, killed: false }
  }

  #stats(): Promise<Docker.ContainerStats> {
    return this.#container!.stats({ stream: false, 'one-shot': true })
  }

  /** Periods of the scheduler it had to sit out. */
  async throttled(): Promise<number> {
    const { cpu_stats: { throttling_data } } = await this.#stats()
    return throttling_data.throttled_periods
  }

  closeLog(): void {
    this.#leaving.abort()
    this.#stream?.destroy()
    this.#log.end()
  }
}

/** An engine on another machine, or in a virtual one, counts processes of its own. */
function isProcessOf(containerId: string, pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(containerId)
  } catch {
    return false
  }
}

function stateOf({ State }: Pick<Inspected, 'State'>): BrokerState {
  if (State.Paused) return 'paused'
  return State.Running ? 'running' : 'dead'
}

function endOf({ State }: Inspected, said: string): string {
  const how = State.OOMKilled ? 'was killed for want of memory' : `ended with ${State.ExitCode === 137 ? 'SIGKILL' : State.ExitCode}`
  return said === '' ? how : `${how}: ${said}`
}
