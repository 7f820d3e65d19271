/**
 * The helper: a process in the network of one broker (or, without a broker, in the network of the clients) that sets and
 * counts packets by rules, sends and receives probes, and writes the file of the broker's clock. It needs NET_ADMIN in that
 * one network, and nothing of the machine. As the keeper of disks it has no network, and loop devices instead (disks.ts). It does
 * what it is told over stdin, and ends when that closes, with its rules taken back.
 *   node agent.mjs broker|clients|disks
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { chmodSync, closeSync, existsSync, fsyncSync, openSync, rmSync, statSync, statfsSync, writeFileSync, writeSync } from 'node:fs'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { ClockSkewWriter } from '../../../ports/node/clock-skew.ts'
import { countLost, cutPower, makeDisk, releaseDisks, syncDisk } from './disks.ts'
import { dataDirectory, probePort, toolsDirectory, type ConnectResult, type HelperAbilities, type HelperCommand, type HelperReport } from './messages.ts'

const isBeside = process.argv[2] === 'broker'
const keepsDisks = process.argv[2] === 'disks'
const bootFile = `${toolsDirectory}/boot`
const filler = `${dataDirectory}/.filler`
const socket = createSocket('udp4')
/** What it shares with its broker, if there is such a thing. */
const clock = isBeside && existsSync(toolsDirectory) ? new ClockSkewWriter(`${toolsDirectory}/clock`) : undefined

function tell(report: HelperReport): void {
  process.stdout.write(`${JSON.stringify(report)}\n`)
}

function obey(command: HelperCommand): unknown {
  switch (command.do) {
    case 'try':
      return abilities()
    case 'restore':
      return restore('filter', command.lines, command.flush)
    case 'take-back':
      return takeBack()
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
    case 'make-disk':
      return makeDisk(command.disk, command.sizeMiB)
    case 'sync-disk':
      return syncDisk(command.disk)
    case 'cut-power':
      return cutPower(command.disk)
    case 'count-lost':
      return countLost(command.disk)
    case 'release-disks':
      return releaseDisks()
    case 'reboot':
      return reboot()
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

function reboot(): null {
  writeFileSync(bootFile, `${randomUUID()}\n`, { mode: 0o644 })
  return null
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

/** Also when the harness was killed: nothing that is not ours stays cut, and nothing waits for a queue that nobody serves. */
async function takeBack(): Promise<null> {
  await delay(0)
  restore('filter', [':INPUT ACCEPT [0:0]', ':FORWARD ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]'], true)
  return null
}

async function end(): Promise<void> {
  if (isBeside) await takeBack().catch(() => undefined)
  if (keepsDisks) releaseDisks()
  process.exit()
}

if (clock !== undefined) {
  chmodSync(`${toolsDirectory}/clock`, 0o644)
  reboot()
}
// Whoever the broker runs as must be able to write there.
if (isBeside && existsSync(dataDirectory)) chmodSync(dataDirectory, 0o777)
socket.on('message', (bytes) => tell({ arrived: Number(bytes.toString()) }))
socket.on('error', (error) => process.stderr.write(`${error.message}\n`))
socket.bind(isBeside ? probePort : 0, () => tell({ listening: socket.address().port }))
const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => void answer(line))
lines.on('close', () => void end())
