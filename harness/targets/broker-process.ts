/** One broker as an operating-system process that can be killed, started again on its data, frozen and let go on. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { createWriteStream, readFileSync, type WriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { BrokerState, Facts } from '../../nemesis/control.ts'
import type { Bound } from './broker-recipe.ts'
import { endWithUs } from './end-with-us.ts'

export interface BrokerProcessOptions {
  readonly id: number
  /** What to run, and its arguments. */
  readonly command: readonly string[]
  /** Environment variables beside our own. */
  readonly environment?: Readonly<Record<string, string>>
  readonly logFile: string
  readonly listeners: readonly string[]
  /** It is up when it has said where these listen. */
  readonly startedBy: readonly string[]
  /** What a line of its output says of a listener. */
  readonly boundBy: (line: string) => Bound | undefined
  /** Where each listener is; undefined for all when the process is gone. */
  readonly onListener?: (listener: string, port: number | undefined) => void
  /** It ended without being told to: how, and the first sentence it said about it. */
  readonly onUnexpectedExit: (id: number, how: string) => void
}

const startTimeoutMs = 30_000

export class BrokerProcess {
  readonly #options: BrokerProcessOptions
  readonly #log: WriteStream
  #child: ChildProcess | undefined
  #previousPid: number | undefined
  #expectExit = false
  /** Of the process that runs, or ran last. */
  readonly #ports = new Map<string, number>()

  constructor(options: BrokerProcessOptions) {
    this.#options = options
    this.#log = createWriteStream(options.logFile, { flags: 'a' })
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Where the listener is, or was last. */
  port(listener: string): number | undefined {
    return this.#ports.get(listener)
  }

  /** `done` when the listeners it is started by are bound, or with `failed` (why, in words) when it ended or took too long before. */
  start(done: (seen: Facts) => void): void {
    const [program, ...argv] = this.#options.command
    // A process group of its own: Ctrl-C in a terminal reaches the harness, and what it means for brokers is decided there.
    const child = spawn(program!, argv, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...ownEnvironment(), ...this.#options.environment },
    })
    this.#child = child
    this.#expectExit = false
    endWithUs(child)
    let waiting = true
    const bound = new Set<string>()
    const answer = (seen: Facts): void => {
      if (!waiting) return
      waiting = false
      clearTimeout(timer)
      done({ pid: child.pid, previousPid: this.#previousPid, ...seen })
    }
    const timer = setTimeout(() => answer({ failed: `not up after ${startTimeoutMs} ms` }), startTimeoutMs)
    let said: string | undefined
    child.stderr.setEncoding('utf8')
    child.stderr.on('data', (text: string) => {
      this.#log.write(text)
      said ??= text.split('\n').find((line) => line !== '' && !line.startsWith('{'))?.replace(/[.]$/, '')
    })
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#log.write(`${line}\n`)
      const told = this.#options.boundBy(line)
      if (told === undefined) return
      bound.add(told.listener)
      this.#listens(told.listener, told.port)
      if (this.#options.startedBy.every((name) => bound.has(name))) answer({})
    })
    child.once('error', (error) => {
      if (this.#child === child && child.pid === undefined) this.#child = undefined
      answer({ failed: error.message })
    })
    let expected = false
    child.once('exit', () => {
      if (this.#child === child) this.#child = undefined
      this.#previousPid = child.pid
      for (const listener of this.#options.listeners) this.#options.onListener?.(listener, undefined)
      expected = this.#expectExit
    })
    // All that it said has been read by then.
    child.once('close', (code, signal) => {
      const how = `ended with ${signal ?? code}`
      answer({ failed: said ?? how, code })
      if (!expected && !isInterrupt(signal)) this.#options.onUnexpectedExit(this.#options.id, said === undefined ? how : `${how}: ${said}`)
    })
  }

  #listens(listener: string, port: number): void {
    this.#ports.set(listener, port)
    this.#options.onListener?.(listener, port)
  }

  /** `done` when the process is gone. */
  kill(done: (seen: Facts) => void): void {
    this.#end('SIGKILL', done)
  }

  /** Asks for an orderly end, and insists after `timeoutMs`. */
  stop(timeoutMs: number, done: (seen: Facts) => void): void {
    this.resume()
    const insist = setTimeout(() => this.#child?.kill('SIGKILL'), timeoutMs)
    this.#end('SIGTERM', (seen) => {
      clearTimeout(insist)
      done(seen)
    })
  }

  #end(signal: NodeJS.Signals, done: (seen: Facts) => void): void {
    const child = this.#child
    if (child === undefined) return done({ pid: this.#previousPid, already: 'dead' })
    this.#expectExit = true
    child.once('exit', (code, by) => done({ pid: child.pid, signal: by, code }))
    child.kill(signal)
  }

  pause(): Facts {
    this.#child?.kill('SIGSTOP')
    return { pid: this.pid, signal: 'SIGSTOP' }
  }

  resume(): Facts {
    this.#child?.kill('SIGCONT')
    return { pid: this.pid, signal: 'SIGCONT' }
  }

  /** As the kernel says. */
  state(): BrokerState {
    const pid = this.pid
    if (pid === undefined) return 'dead'
    const letter = kernelState(pid)
    if (letter === undefined || letter === 'Z') return 'dead'
    return letter === 'T' ? 'paused' : 'running'
  }

  closeLog(): void {
    this.#log.end()
  }
}

/**
 * A broker answers these signals itself, once it runs. What ends by one had not begun: a Ctrl-C reaches it with us in the
 * moment before it has a process group of its own.
 */
function isInterrupt(signal: NodeJS.Signals | null): boolean {
  return signal === 'SIGINT' || signal === 'SIGTERM' || signal === 'SIGHUP'
}

/** Ours, without the settings it may hold for brokers of somebody else: a broker reads KAFKA_* over its config file. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('KAFKA_')))
}

/** The state letter of a process: /proc on Linux, ps elsewhere. */
function kernelState(pid: number): string | undefined {
  try {
    if (process.platform !== 'linux') return execFileSync('ps', ['-o', 'state=', '-p', String(pid)]).toString().trim()[0]
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat[stat.lastIndexOf(')') + 2]
  } catch {
    return undefined
  }
}
