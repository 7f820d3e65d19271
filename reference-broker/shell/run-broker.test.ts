import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

const main = join(import.meta.dirname, 'main.ts')
let directory = ''
const started: ChildProcessWithoutNullStreams[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'broker-'))
})

afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  rmSync(directory, { recursive: true, force: true })
})

interface Ended {
  readonly code: number | null
  readonly out: string
  /** Lines of stderr that are no log lines. */
  readonly sentences: readonly string[]
  readonly log: readonly Record<string, unknown>[]
}

class BrokerProcess {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<Ended>
  #out = ''
  #err = ''

  constructor(argv: readonly string[]) {
    this.child = spawn(process.execPath, [main, ...argv])
    started.push(this.child)
    this.child.stdout.on('data', (bytes: Buffer) => (this.#out += bytes.toString()))
    this.child.stderr.on('data', (bytes: Buffer) => (this.#err += bytes.toString()))
    this.ended = once(this.child, 'close').then(([code]) => this.#end(code as number | null))
  }

  #end(code: number | null): Ended {
    const lines = this.#err.split('\n').filter((line) => line !== '')
    const log = lines
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    return { code, out: this.#out, sentences: lines.filter((line) => !line.startsWith('{')), log }
  }

  /** Resolves with the ports by listener, once both are bound. */
  async listening(): Promise<Map<string, number>> {
    for (;;) {
      const bound = [...this.#out.matchAll(/^listening (\S+) 127\.0\.0\.1:(\d+)$/gm)]
      if (bound.length === 2) return new Map(bound.map(([, name, port]) => [name!, Number(port)]))
      const more = await Promise.race([once(this.child.stdout, 'data'), this.ended])
      if ('code' in more) throw new Error(more.sentences.join('\n'))
    }
  }
}

function broker(changes: Record<string, string> = {}): BrokerProcess {
  const config = {
    'node.id': '1',
    'process.roles': 'broker,controller',
    listeners: 'PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0',
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.voters': '1@127.0.0.1:9093',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': join(directory, 'data'),
  }
  const file = join(directory, 'server.properties')
  writeFileSync(
    file,
    Object.entries(config)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  )
  const overrides = Object.entries(changes).flatMap(([name, value]) => ['--override', `${name}=${value}`])
  return new BrokerProcess(['--config', file, ...overrides])
}

it('a broker says where it listens, stops when asked, and leaves the directory to the next one', async () => {
  const first = broker()
  const ports = await first.listening()
  expect([...ports.keys()].sort()).toEqual(['CONTROLLER', 'PLAINTEXT'])
  first.child.kill('SIGTERM')
  expect(await first.ended).toMatchObject({ code: 0, sentences: [] })
  const second = broker()
  await second.listening()
  second.child.kill('SIGINT')
  expect((await second.ended).code).toBe(0)
})

it('after SIGKILL the next broker takes the directory over', async () => {
  const first = broker()
  await first.listening()
  first.child.kill('SIGKILL')
  await first.ended
  await broker().listening()
})

it('a second broker on one directory is refused', async () => {
  const first = broker()
  await first.listening()
  const { code, sentences } = await broker({ 'node.id': '1' }).ended
  expect({ code, count: sentences.length }).toEqual({ code: 1, count: 1 })
  expect(sentences[0]).toContain(`process ${first.child.pid}`)
})

it('a port that is taken is one sentence with the address', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const listeners = `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:0`
  const { code, sentences } = await broker({ listeners }).ended
  other.close()
  expect({ code, count: sentences.length }).toEqual({ code: 1, count: 1 })
  expect(sentences[0]).toContain(`${port}`)
})

it('a directory that cannot be written is one sentence', async () => {
  const { code, sentences } = await broker({ 'log.dirs': join(directory, 'server.properties') }).ended
  expect({ code, count: sentences.length }).toEqual({ code: 1, count: 1 })
  expect(sentences[0]).toContain('Cannot write to the data directory')
})

it('a wrong configuration is refused with one sentence for each mistake', async () => {
  const { code, sentences, log } = await broker({ 'num.partition': '1', 'fetch.max.bytes': '1' }).ended
  expect({ code, count: sentences.length, log }).toEqual({ code: 64, count: 2, log: [] })
})

it('a missing file and an unknown flag are refused', async () => {
  const missing = await new BrokerProcess(['--config', join(directory, 'none')]).ended
  expect(missing).toMatchObject({
    code: 64,
    sentences: [expect.stringContaining('no such file or directory')],
  })
  const unknown = await new BrokerProcess(['--port', '1']).ended
  expect(unknown.code).toBe(64)
  expect(unknown.sentences[0]).toContain('--port')
})

it('settings without effect are named in the log', async () => {
  const running = broker({ 'num.io.threads': '3' })
  await running.listening()
  running.child.kill('SIGTERM')
  const { log } = await running.ended
  expect(log).toContainEqual(
    expect.objectContaining({
      level: 'warn',
      node: 1,
      msg: expect.stringContaining('num.io.threads') as string,
    }),
  )
})
