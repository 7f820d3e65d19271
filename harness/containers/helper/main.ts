/**
 * The helper: a process in the network of one broker (or, without a broker, in the network of the clients) that sets and
 * counts packets by rules, sends and receives probes, and writes the file of the broker's clock. It needs NET_ADMIN in that
 * one network, and nothing of the machine. It does what it is told over stdin, and ends when that closes.
 *   node agent.mjs broker|clients
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { chmodSync, closeSync, fsyncSync, openSync, rmSync, statSync, statfsSync, writeSync } from 'node:fs'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { ClockSkewWriter } from '../../../ports/node/clock-skew.ts'
import { dataDirectory, probePort, toolsDirectory, type ConnectResult, type HelperAbilities, type HelperCommand, type HelperReport } from './messages.ts'

const isBeside = process.argv[2] === 'broker'
const filler = `${dataDirectory}/.filler`
const socket = createSocket('udp4')
const clock = isBeside ? new ClockSkewWriter(`${toolsDirectory}/clock`) : undefined

function tell(report: HelperReport): void {
  process.stdout.write(`${JSON.stringify(report)}\n`)
}

function obey(command: HelperCommand): unknown {
  switch (command.do) {
    case 'try':
      return abilities()
    case 'restore':
      return restore('filter', command.lines, command.flush)
    case 'save':
      return iptables('iptables-save', ['-c', '-t', 'filter'], '')
    case 'probe':
      socket.send(String(command.probe), command.port, command.host)
      return null
    case 'connect':
      return connectTo(command)
    case 'skew':
      clock!.write(command)
      return null
    case 'delay':
      return delay(command.delayMs)
    case 'fill':
      return fill()
    case 'empty':
      rmSync(filler, { force: true })
      return null
  }
}

function restore(table: string, lines: readonly string[], flush: boolean): string {
  return iptables('iptables-restore', flush ? ['-w'] : ['-w', '--noflush'], [`*${table}`, ...lines, 'COMMIT', ''].join('\n'))
}

function iptables(program: string, argv: readonly string[], input: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, argv, { input, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program}: ${error?.message ?? stderr.trim()}`)
  return stdout
}

function connectTo({ host, port, timeoutMs }: { host: string; port: number; timeoutMs: number }): Promise<ConnectResult> {
  return new Promise((resolve) => {
    const to = connect({ host, port })
    const end = (result: ConnectResult): void => {
      to.destroy()
      resolve(result)
    }
    to.setTimeout(timeoutMs, () => end('silent'))
    to.once('connect', () => end('open'))
    to.once('error', (error: NodeJS.ErrnoException) => end(error.code === 'ECONNREFUSED' ? 'refused' : 'silent'))
  })
}

let delaying: ChildProcess | undefined

/** In a table before that of the links, so that what is cut stays cut. */
async function delay(delayMs: number): Promise<null> {
  if (delaying !== undefined) {
    restore('mangle', ['-F INPUT', '-F OUTPUT'], false)
    delaying.kill('SIGTERM')
    delaying = undefined
  }
  if (delayMs === 0) return null
  const child = spawn('/opt/delay-queue', ['0', String(delayMs), '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  delaying = child
  await new Promise<void>((ready, failed) => {
    child.stdout.once('data', () => ready())
    child.once('exit', () => failed(new Error('packets cannot be delayed here')))
  })
  const hold = '-j NFQUEUE --queue-num 0 --queue-bypass'
  restore('mangle', [`-A INPUT ! -i lo ${hold}`, `-A OUTPUT ! -o lo ${hold}`], false)
  return null
}

/** Done once for a moment, before anybody's packets pass. */
async function abilities(): Promise<HelperAbilities> {
  const works = async (attempt: () => unknown): Promise<boolean> => {
    try {
      await attempt()
      return true
    } catch {
      return false
    }
  }
  const loss = await works(() => {
    restore('filter', ['-A FORWARD -m statistic --mode random --probability 0.5 -j DROP'], false)
    restore('filter', ['-F FORWARD'], false)
  })
  const holds = await works(() => delay(1))
  return { loss, delay: (await works(() => delay(0))) && holds }
}

/** The bytes it took; ends with the error that a full disk gives. */
function fill(): { readonly bytes: number; readonly error: string } {
  const file = openSync(filler, 'a')
  let error = ''
  try {
    for (let piece = Buffer.alloc(1 << 20); piece.length > 0;) {
      try {
        writeSync(file, piece)
        fsyncSync(file)
      } catch (problem) {
        error = (problem as NodeJS.ErrnoException).code ?? String(problem)
        piece = piece.subarray(0, piece.length >> 1)
      }
    }
  } finally {
    closeSync(file)
  }
  return { bytes: statSync(filler).size, error: statfsSync(dataDirectory).bavail === 0 ? error : 'room is left' }
}

async function answer(line: string): Promise<void> {
  const { id, ...command } = JSON.parse(line) as HelperCommand & { readonly id: number }
  try {
    tell({ id, answer: (await obey(command as HelperCommand)) ?? null })
  } catch (error) {
    tell({ id, failed: error instanceof Error ? error.message : String(error) })
  }
}

if (isBeside) {
  // Whoever the broker runs as must be able to write there.
  chmodSync(dataDirectory, 0o777)
  chmodSync(`${toolsDirectory}/clock`, 0o644)
}
socket.on('message', (bytes) => tell({ arrived: Number(bytes.toString()) }))
socket.on('error', (error) => process.stderr.write(`${error.message}\n`))
socket.bind(isBeside ? probePort : 0, () => tell({ listening: socket.address().port }))
const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => void answer(line))
lines.on('close', () => process.exit())
