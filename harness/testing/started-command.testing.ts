/** The command line as a person has it: a process of its own, its two outputs, its end; and nothing of it left behind. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../checkout.ts'

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const cli = join(root, 'harness', 'cli.ts')

/** `tribunal` with these arguments, leading a process group, as a shell starts it. */
export class StartedCommand {
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  stdout = ''
  stderr = ''

  constructor(argv: readonly string[], cwd: string) {
    const child = spawn(process.execPath, [cli, ...argv], {
      cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      // What a command keeps for itself lies here, too.
      env: { ...process.env, NO_COLOR: '1', TMPDIR: cwd },
    })
    this.#child = child
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr }))
    })
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** As `head` does it when it has enough. */
  stopReading(): void {
    this.#child.stdout!.destroy()
  }

  /** As a terminal does it: to the whole process group. */
  interrupt(): void {
    process.kill(-this.#child.pid!, 'SIGINT')
  }

  /** It alone, and it is not asked. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }
}

/** A directory of the test's own. Processes that name it in their arguments belong to the test. */
export class Workplace {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'tribunal-test-'))
  readonly #started: StartedCommand[] = []

  path(...parts: readonly string[]): string {
    return join(this.directory, ...parts)
  }

  start(...argv: readonly string[]): StartedCommand {
    const started = new StartedCommand(argv, this.directory)
    this.#started.push(started)
    return started
  }

  run(...argv: readonly string[]): Promise<Ended> {
    return this.start(...argv).ended
  }

  /** Brokers are started with a config file below this directory. */
  brokerPids(): number[] {
    const config = new RegExp(`--config ${this.directory}\\S*/broker-\\d+[.]properties`)
    return processes().filter(({ commandLine }) => config.test(commandLine)).map(({ pid }) => pid)
  }

  /** Ends what is left, however the test ended. */
  async close(): Promise<void> {
    for (const started of this.#started) {
      if (!started.isRunning) continue
      started.interrupt()
      started.interrupt()
      await started.ended
    }
    for (const pid of this.brokerPids()) process.kill(pid, 'SIGKILL')
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 })
  }
}

export interface SeenProcess {
  readonly pid: number
  readonly commandLine: string
}

export function processes(): SeenProcess[] {
  if (process.platform === 'linux') {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((name) => ({ pid: Number(name), commandLine: commandLineOf(name) }))
  }
  const lines = execFileSync('ps', ['-axo', 'pid=,command='], { encoding: 'utf8' }).split('\n')
  return lines.map((line) => ({ pid: Number.parseInt(line, 10), commandLine: line }))
}

/** Empty when the process has just ended. */
function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}
