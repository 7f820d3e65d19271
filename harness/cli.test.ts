/** The command line from outside: what it prints where, and how it ends, whatever it is given. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Verdict } from '../checkers/verdict.ts'
import { renderOp } from '../history/jsonl.ts'
import { parseNotation } from '../history/notation.ts'
import { tribunalVersion } from './checkout.ts'
import { quietPorts } from './targets/free-ports.ts'
import { Workplace, type StartedCommand } from './testing/started-command.testing.ts'

const patience = { timeout: 60_000, interval: 50 }
let place: Workplace

beforeEach(() => {
  place = new Workplace()
})
afterEach(() => place.close())

const good = 'p0 send x v1 -> ok @0; p1 assign x -> ok; p1 poll -> ok x[0:v1]'
const bad = `${good}; p0 send x v2 -> ok @1; p0 send x v3 -> ok @2; p1 poll -> ok x[2:v3]`
const silent = 'p1 assign x -> ok; p1 poll -> ok'

const good8 = parseNotation(`${good}; p0 send x v2 -> ok @1`).map((op) => `${renderOp(op)}\n`).join('')

function history(name: string, notation: string): string {
  const file = place.path(name)
  writeFileSync(file, parseNotation(notation).map((op) => `${renderOp(op)}\n`).join(''))
  return file
}

/** What must be on stderr when something is refused: one sentence, and nothing that only we understand. */
function expectOneSentence(stderr: string): void {
  expect(stderr).toMatch(/^[^\n]+\.\n$/)
  expect(stderr).not.toMatch(/Error:|node:internal|[.]ts:\d/)
}

/** The first of as many as brokers are to have. */
async function freePort(brokers = 1): Promise<number> {
  return (await quietPorts(brokers))[0]!
}

async function takenPort(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, port: (server.address() as AddressInfo).port }
}

describe('without running anything', () => {
  it('--help and --version answer on stdout', async () => {
    const [help, verifyHelp, version] = await Promise.all([
      place.run('--help'),
      place.run('verify', '--help'),
      place.run('--version'),
    ])
    expect(help).toMatchObject({ code: 0, stderr: '' })
    for (const verb of ['verify', 'check', 'replay', 'report', 'bench', 'matrix', 'list', 'broker']) {
      expect(help.stdout).toMatch(new RegExp(`^  ${verb} `, 'm'))
    }
    expect(verifyHelp).toMatchObject({ code: 0, stderr: '' })
    expect(verifyHelp.stdout).toContain('--scenario')
    expect(version).toEqual({ code: 0, stderr: '', stdout: `${tribunalVersion()}\n` })
  })

  it('no verb at all is answered with the help, as an error', async () => {
    const { code, stdout, stderr } = await place.run()
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
    expect(stderr).toContain('Usage: tribunal')
  })

  it('every list has lines of a name and a sentence, and the same as JSON', async () => {
    const kinds = ['scenarios', 'workloads', 'faults', 'checkers', 'guarantees', 'defects']
    const lists = await Promise.all(kinds.map((kind) => place.run('list', kind)))
    const documents = await Promise.all(kinds.map((kind) => place.run('list', kind, '--json')))
    for (const [i, kind] of kinds.entries()) {
      expect(lists[i], kind).toMatchObject({ code: 0, stderr: '' })
      expect(documents[i], kind).toMatchObject({ code: 0, stderr: '' })
      const entries = JSON.parse(documents[i]!.stdout) as { readonly name: string; readonly describes: string }[]
      const lines = lists[i]!.stdout.trimEnd().split('\n')
      expect(entries.length, kind).toBeGreaterThan(0)
      expect(lines.map((line) => line.split(/ {2,}/)), kind).toEqual(entries.map(({ name, describes }) => [name, describes]))
    }
  })

  it.each([
    { argv: ['frobnicate'], names: ['frobnicate', 'tribunal --help'] },
    { argv: ['verifi'], names: ['verifi', 'verify'] },
    { argv: ['verify', '--frobnicate'], names: ['--frobnicate', 'tribunal verify --help'] },
    { argv: ['verify', '--seedz', '1'], names: ['--seedz', '--seed'] },
    { argv: ['verify', 'extra'], names: ['arguments'] },
    { argv: ['verify', '--time', 'soon'], names: ['--time', '60s'] },
    { argv: ['verify', '--seeds', '0'], names: ['--seeds', 'from 1'] },
    { argv: ['verify', '--seeds', '5', '--target', 'processes'], names: ['--seeds', 'simulator'] },
    { argv: ['verify', '--seeds', '5', '--scenario', 'late-end-txn'], names: ['--seeds', 'simulator'] },
    { argv: ['verify', '--time', '5s', '--target', 'simulated'], names: ['--time', 'real brokers'] },
    { argv: ['verify', '--rate', '5', '--scenario', 'swarm'], names: ['--rate', 'real brokers'] },
    { argv: ['verify', '--out', ''], names: ['--out'] },
    { argv: ['size', '--rate', '5', '--bootstrap', 'a:1', '--broker', 'kafka'], names: ['--bootstrap', '--broker'] },
    { argv: ['verify', '--target', 'moon'], names: ['moon', 'simulated', 'processes'] },
    { argv: ['verify', '--plan', 'huge'], names: ['huge', 'quick', 'full'] },
    { argv: ['verify', '--scenario', 'calm'], names: ['calm', 'tribunal list scenarios'] },
    { argv: ['verify', '--scenario', 'swarm', '--target', 'processes'], names: ['processes'] },
    { argv: ['verify', '--defect', 'none'], names: ['none', 'tribunal list defects'] },
    { argv: ['verify', '--broker', 'theirs'], names: ['theirs', 'kafka'] },
    { argv: ['verify', '--broker', 'kafka', '--target', 'simulated'], names: ['simulated', 'processes'] },
    { argv: ['verify', '--client', 'moon'], names: ['moon', 'kafkajs', 'platformatic'] },
    { argv: ['verify', '--client', 'kafkajs', '--target', 'simulated'], names: ['kafkajs', 'simulated'] },
    { argv: ['verify', '--target', 'external'], names: ['--bootstrap'] },
    { argv: ['verify', '--client-config', 'x'], names: ['--client-config', '--bootstrap'] },
    { argv: ['verify', '--bootstrap', 'localhost'], names: ['localhost', 'HOST:PORT'] },
    { argv: ['verify', '--bootstrap', 'localhost:99999'], names: ['localhost:99999', 'HOST:PORT'] },
    { argv: ['verify', '--bootstrap', 'a:1', '--target', 'processes'], names: ['--target'] },
    { argv: ['verify', '--bootstrap', 'a:1', '--broker', 'kafka'], names: ['--broker'] },
    { argv: ['verify', '--bootstrap', 'a:1', '--topic-prefix', 'a b'], names: ['a b', 'letters'] },
    { argv: ['verify', '--bootstrap', 'a:1', '--client-config', 'nowhere.properties'], names: ['nowhere.properties'] },
    { argv: ['matrix', '--defect', 'none'], names: ['none', 'tribunal list defects'] },
    { argv: ['list'], names: ['kind', 'tribunal list --help'] },
    { argv: ['list', 'stars'], names: ['stars', 'scenarios', 'defects'] },
    { argv: ['check'], names: ['file', 'tribunal check --help'] },
    { argv: ['check', 'nowhere.jsonl'], names: ['nowhere.jsonl'] },
    { argv: ['replay', 'nowhere'], names: ['nowhere', 'run.json'] },
    { argv: ['report', 'nowhere'], names: ['nowhere', 'verdict.json'] },
    { argv: ['broker', '--port', '0'], names: ['--port', '65535'] },
    { argv: ['broker', '--port', '65534', '--brokers', '3'], names: ['--port 65534', '--brokers 3', '65535'] },
    { argv: ['broker', '--brokers', '1000000'], names: ['--brokers 1000000', '65535'] },
    { argv: ['broker', '--brokers', '-1'], names: ['--brokers', 'from 1'] },
    { argv: ['broker', '--config', '.'], names: ['.'] },
    { argv: ['check', ''], names: ['no file'] },
    { argv: ['check', '/dev/null', 'extra'], names: ['arguments'] },
    { argv: ['bench', 'extra'], names: ['figures', 'kafka'] },
    { argv: ['replay', ''], names: ['run.json'] },
    { argv: ['replay', '99999999999999999999'], names: ['99999999999999999999', 'seed'] },
    { argv: ['verify', '--accept', 'nosuch'], names: ['nosuch', 'tribunal list checkers'] },
    { argv: ['check', '/dev/null', '--accept', 'duplicate', 'nosuch'], names: ['nosuch', 'tribunal list checkers'] },
    { argv: ['verify', '--scenario', 'late-end-txn', '--override', 'nosuch.key=1'], names: ['--override', 'nosuch.key'] },
    { argv: ['verify', '--scenario', 'late-end-txn', '--override', 'min.insync.replicas=x'], names: ['min.insync.replicas=x', 'whole number'] },
    { argv: ['verify', '--scenario', 'late-end-txn', '--feature', 'nosuch=1'], names: ['nosuch', 'transaction.version'] },
    { argv: ['verify', '--scenario', 'late-end-txn', '--feature', 'transaction.version=9'], names: ['transaction.version', '0 to 2'] },
    { argv: ['report'], names: ['run', 'tribunal report --help'] },
    { argv: ['matrix', '--tries', 'x'], names: ['--tries', 'from 1'] },
    { argv: ['verify', '--rate', '-3'], names: ['--rate', 'above 0'] },
    { argv: ['check', 'no\nsuch\u001b[31mfile'], names: ['no\uFFFDsuch\uFFFD[31mfile'] },
    { argv: ['broker', '--override', 'nothing'], names: ['nothing', 'NAME=VALUE'] },
    { argv: ['broker', '--config', 'nowhere.properties'], names: ['nowhere.properties'] },
  ])('$argv is refused in one sentence that names the way out', async ({ argv, names }) => {
    const { code, stdout, stderr } = await place.run(...argv)
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
    expectOneSentence(stderr)
    for (const name of names) expect(stderr).toContain(name)
    expect(readdirSync(place.directory)).toEqual([])
  })

  it('a reader that has gone away is no crash', async () => {
    const running = place.start('list', 'guarantees')
    running.stopReading()
    expect(await running.ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('a run directory that cannot be made is one sentence', async () => {
    writeFileSync(place.path('file'), '')
    const { code, stdout, stderr } = await place.run('verify', '--out', place.path('file', 'run'))
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expectOneSentence(stderr)
    expect(stderr).toContain('--out')
  })

  it.runIf(process.platform === 'linux')('a directory where the system makes none is one sentence for every verb that writes', async () => {
    const verbs = [['verify', '--out', '/proc/none/run'], ['broker', '--data', '/proc/none/data']]
    for (const argv of verbs) {
      const { code, stdout, stderr } = await place.run(...argv)
      expect({ code, stdout }, argv[0]).toEqual({ code: 2, stdout: '' })
      expectOneSentence(stderr)
      expect(stderr).toContain(argv[1])
    }
  })

  it('a run directory that holds a run already is refused: old data would be judged with the new', async () => {
    writeFileSync(place.path('run.json'), '{}')
    const { code, stdout, stderr } = await place.run('verify', '--out', place.directory)
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
    expectOneSentence(stderr)
    expect(stderr).toContain('--out')
  })

  it.each([
    { run: 'no', verdict: 'no' },
    { run: '{"seed":1,"options":null}', verdict: '{"scenarios":null}' },
    { run: '{"seed":"abc","options":{}}', verdict: '{"scenarios":[{}]}' },
    { run: '{"seed":1,"options":{"scenario":"late-end-txn"}}', verdict: '{"scenarios":[{"name":"a","target":"b","findings":[],"reasons":[],"faults":[]}]}' },
  ])('a run directory with $run and $verdict is refused', async ({ run, verdict }) => {
    writeFileSync(place.path('run.json'), run)
    writeFileSync(place.path('verdict.json'), verdict)
    for (const argv of [['replay', place.directory], ['report', place.directory], ['compare', place.directory, place.directory]]) {
      const { code, stderr } = await place.run(...argv)
      expect(code, argv[0]).toBe(64)
      expectOneSentence(stderr)
    }
  })

  it('a race is reported again as it was, and not at all without its history', async () => {
    const out = place.path('race')
    expect((await place.run('verify', '--scenario', 'lost-end-ack', '--target', 'simulated', '--out', out)).code).toBe(0)
    const files = ['report.html', 'summary.md', 'junit.xml'].map((name) => join(out, name))
    const read = (): string[] => files.map((file) => readFileSync(file, 'utf8'))
    const before = read()
    expect((await place.run('report', out)).code).toBe(0)
    expect(read()).toEqual(before)
    rmSync(join(out, 'history.lost-end-ack-simulated.jsonl'))
    const { code, stderr } = await place.run('report', out)
    expect(code).toBe(64)
    expectOneSentence(stderr)
    expect(read()).toEqual(before)
  })
})

describe('check', () => {
  it('ends with 0 for a good history, 1 for a bad one with the anomaly named, 2 when there is nothing to judge', async () => {
    const [valid, invalid, unknown, empty] = await Promise.all([
      place.run('check', history('good.jsonl', good)),
      place.run('check', history('bad.jsonl', bad)),
      place.run('check', history('silent.jsonl', silent)),
      place.run('check', history('empty.jsonl', '')),
    ])
    expect(valid).toMatchObject({ code: 0, stderr: '' })
    expect(valid.stdout).toContain('valid')
    expect(invalid).toMatchObject({ code: 1, stderr: '' })
    expect(invalid.stdout).toContain('lost-write')
    expect(unknown).toMatchObject({ code: 2, stderr: '' })
    expect(unknown.stdout).toContain('nothing was acknowledged')
    expect(empty).toMatchObject({ code: 2, stderr: '' })
    expect(empty.stdout).toContain('the history is empty')
  })

  it('what is accepted is listed and does not convict', async () => {
    const file = history('bad.jsonl', bad)
    const { code, stdout } = await place.run('check', file, '--accept', 'lost-write', 'poll-skip', 'int-poll-skip', 'unseen')
    expect(stdout).toContain('lost-write')
    expect(code).toBe(0)
  })

  it('prints with --json the verdict and nothing else', async () => {
    const { code, stdout, stderr } = await place.run('check', history('bad.jsonl', bad), '--json')
    const verdict = JSON.parse(stdout) as Verdict
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(verdict).toMatchObject({ valid: false, anomalies: { 'lost-write': 1 }, scenarios: [{ target: 'history' }] })
  })

  it.each([
    { what: 'no JSON', text: 'p0 send x v1\n', names: 'line 1' },
    { what: 'no op', text: '{"a":1}\n', names: 'line 1' },
    { what: 'no UTF-8', text: Buffer.from([0xff, 0xfe, 0x00, 0x0a]), names: 'line 1' },
    { what: 'cut short', text: `${good8}{"index":8,"type":"inv`, names: 'line 9' },
    { what: 'another tool\'s', text: '{:index 0, :type :invoke, :f :txn, :value [[:append 1 2]], :process 0}\n', names: 'line 1' },
    { what: 'one long line', text: '['.repeat(1_000_000), names: 'line 1' },
    { what: 'a picture', text: Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), names: 'line 1' },
  ])('a file that is $what is refused with its line', async ({ text, names }) => {
    const file = place.path('history.jsonl')
    writeFileSync(file, text)
    const { code, stdout, stderr } = await place.run('check', file)
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
    expectOneSentence(stderr)
    expect(stderr).toContain(file)
    expect(stderr).toContain(names)
  })

  it('a directory is refused', async () => {
    const { code, stdout, stderr } = await place.run('check', place.directory)
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
    expectOneSentence(stderr)
  })
})

describe('verify', () => {
  it('writes a whole run directory, prints with --json one document, and can be replayed and reported', async () => {
    const out = place.path('run')
    const { code, stdout, stderr } = await place.run('verify', '--scenario', 'swarm', '--seed', '1', '--seeds', '1', '--out', out, '--json')
    const verdict = JSON.parse(stdout) as Verdict
    expect(code, stderr).toBe(0)
    expect(verdict).toMatchObject({ valid: true, seed: 1, scenarios: [{ name: 'swarm', seeds: 1, findings: expect.any(Array) as unknown }] })
    expect(stderr).toContain('report:')
    expect(readdirSync(out).sort()).toEqual(
      ['history.swarm-1.jsonl', 'junit.xml', 'report.html', 'run.json', 'summary.md', 'verdict.json'],
    )
    expect(JSON.parse(readFileSync(place.path('run', 'verdict.json'), 'utf8'))).toEqual(verdict)
    const before = readFileSync(place.path('run', 'history.swarm-1.jsonl'), 'utf8')
    const [replayed, reported] = await Promise.all([place.run('replay', out), place.run('report', out)])
    expect(replayed.code).toBe(0)
    expect(reported).toEqual({ code: 0, stderr: '', stdout: `${place.path('run', 'report.html')}\n` })
    expect(readFileSync(place.path('runs', 'latest', 'history.swarm-1.jsonl'), 'utf8')).toBe(before)
  })

  it('runs so many seeds of a scenario that it names, of whose seeds a plan has but a share', async () => {
    const { code, stdout } = await place.run('verify', '--scenario', 'slow-consumer', '--seed', '1', '--seeds', '2', '--json')
    expect(code).toBe(0)
    expect((JSON.parse(stdout) as Verdict).scenarios).toMatchObject([{ name: 'slow-consumer', seeds: 2 }])
  })

  it('ends with 1 for a planted defect, and names the seed and the command that shows it again', async () => {
    const { code, stdout } = await place.run('verify', '--scenario', 'swarm', '--defect', 'elect-outside-in-sync', '--seed', '1', '--seeds', '50')
    expect(code).toBe(1)
    expect(stdout).toContain('INVALID')
    expect(stdout).toMatch(/npm run verify -- --scenario swarm --seed \d+ --seeds 1 --defect elect-outside-in-sync/)
  })

  it('interrupted, heals, judges what there is, and leaves no process behind', async () => {
    const out = place.path('run')
    const running = place.start('verify', '--scenario', 'kill-leader', '--seed', '1', '--time', '60s', '--out', out)
    await untilHistory(running, '"f":"kill"')
    running.interrupt()
    const { code, stdout, stderr } = await running.ended
    const verdict = JSON.parse(readFileSync(place.path('run', 'verdict.json'), 'utf8')) as Verdict
    expect(stderr).toBe('')
    expect(stdout).toContain('stopping')
    expect(code, stdout).toBe(2)
    expect(verdict.scenarios[0]).toMatchObject({ valid: 'unknown', findings: [], reasons: expect.arrayContaining(['the run was cut short']) as unknown })
    expect(readFileSync(place.path('run', 'history.kill-leader.jsonl'), 'utf8')).toMatch(/"f":"phase","value":"end"\}\n$/)
    expect(place.brokerPids()).toEqual([])
  })

  it('interrupted before its faults, goes through at once', async () => {
    const running = place.start('verify', '--scenario', 'kill-leader', '--seed', '1', '--time', '60s', '--out', place.path('run'))
    await vi.waitFor(() => expect(place.brokerPids()).not.toEqual([]), patience)
    running.interrupt()
    const { code, stdout, stderr } = await running.ended
    expect(stderr).toBe('')
    expect(code, stdout).toBe(2)
    expect(place.brokerPids()).toEqual([])
  })

  it.each([['size', '--rate', '10', '--time', '60s'], ['bench']])('%s, interrupted, ends at once and leaves no process behind', async (...argv) => {
    const running = place.start(...argv)
    await vi.waitFor(() => expect(place.brokerPids()).not.toEqual([]), patience)
    running.interrupt()
    expect((await running.ended).code).toBe(130)
    await vi.waitFor(() => expect(place.brokerPids()).toEqual([]), patience)
  })

  it('interrupted twice, ends at once and leaves no process behind', async () => {
    const running = place.start('verify', '--scenario', 'kill-leader', '--seed', '1', '--time', '60s', '--out', place.path('run'))
    await untilHistory(running, '"phase"')
    // What never answers cannot be healed, so the first interrupt alone does not end the run.
    for (const pid of place.brokerPids()) process.kill(pid, 'SIGSTOP')
    running.interrupt()
    await vi.waitFor(() => {
      if (!running.isRunning) return
      running.interrupt()
      throw new Error('it is running')
    }, { timeout: 60_000, interval: 300 })
    expect((await running.ended).code).toBe(130)
    await vi.waitFor(() => expect(place.brokerPids()).toEqual([]), patience)
  })

  it('killed, leaves no process behind, not even one that is frozen', async () => {
    const running = place.start('verify', '--scenario', 'kill-leader', '--seed', '1', '--time', '60s', '--out', place.path('run'))
    await vi.waitFor(() => expect(place.brokerPids()).toHaveLength(3), patience)
    process.kill(place.brokerPids()[0]!, 'SIGSTOP')
    running.kill()
    await running.ended
    await vi.waitFor(() => expect(place.brokerPids()).toEqual([]), patience)
  })

  async function untilHistory(running: StartedCommand, text: string): Promise<void> {
    await vi.waitFor(() => {
      if (!running.isRunning) return
      expect(readFileSync(place.path('run', 'history.kill-leader.jsonl'), 'utf8')).toContain(text)
    }, patience)
  }
})

describe('broker', () => {
  it('starts brokers, prints their addresses, and interrupted ends with nothing left', async () => {
    const port = await freePort()
    const running = place.start('broker', '--port', String(port), '--data', place.path('data'))
    await vi.waitFor(() => expect(running.stdout).toContain('data in'), patience)
    expect(running.stdout).toContain(`bootstrap.servers=127.0.0.1:${port}\n`)
    expect(place.brokerPids()).not.toEqual([])
    running.interrupt()
    expect(await running.ended).toMatchObject({ code: 0, stderr: '' })
    expect(place.brokerPids()).toEqual([])
  })

  it('comes back with its data where it left them', async () => {
    const port = await freePort(3)
    for (const attempt of [1, 2]) {
      const running = place.start('broker', '--brokers', '3', '--port', String(port), '--data', place.path('data'))
      await vi.waitFor(() => {
        expect(running.stdout + (running.isRunning ? '' : running.stderr), `attempt ${attempt}`).toContain('bootstrap.servers')
      }, patience)
      running.interrupt()
      expect(await running.ended).toMatchObject({ code: 0, stderr: '' })
    }
  })

  it('interrupted while it starts, leaves nothing', async () => {
    const running = place.start('broker', '--brokers', '3', '--port', String(await freePort(3)), '--data', place.path('data'))
    await vi.waitFor(() => expect(place.brokerPids()).not.toEqual([]), patience)
    running.interrupt()
    await running.ended
    await vi.waitFor(() => expect(place.brokerPids()).toEqual([]), patience)
  })

  it('says that a broker has ended by itself, and ends when none is left', async () => {
    const running = place.start('broker', '--port', String(await freePort()), '--data', place.path('data'))
    await vi.waitFor(() => expect(running.stdout).toContain('data in'), patience)
    const { pid } = JSON.parse(readFileSync(place.path('data', 'broker-1', '.lock'), 'utf8')) as { readonly pid: number }
    process.kill(pid, 'SIGKILL')
    const { code, stderr } = await running.ended
    expect(code).toBe(2)
    expectOneSentence(stderr)
    expect(stderr).toContain('broker 1 ended with SIGKILL')
  })

  it('a port that is taken is one sentence with the port', async () => {
    const { server, port } = await takenPort()
    const { code, stdout, stderr } = await place.run('broker', '--port', String(port), '--data', place.path('data'))
    server.close()
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expectOneSentence(stderr)
    expect(stderr).toContain(String(port))
    expect(place.brokerPids()).toEqual([])
  })

  it('a port that is taken is one sentence also when it is not the first, and no broker is left', async () => {
    const { server, port } = await takenPort()
    const { code, stdout, stderr } = await place.run('broker', '--brokers', '3', '--port', String(port - 1), '--data', place.path('data'))
    server.close()
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expectOneSentence(stderr)
    expect(stderr).toMatch(new RegExp(`${port - 1}|${port}`))
    expect(stderr).toContain('--port')
    expect(place.brokerPids()).toEqual([])
  })

  it('a data directory of a newer broker is left alone, in one sentence with both versions', async () => {
    mkdirSync(place.path('data', 'broker-1'), { recursive: true })
    const meta = place.path('data', 'broker-1', 'meta.properties')
    writeFileSync(meta, 'version=99\n')
    const { code, stdout, stderr } = await place.run('broker', '--data', place.path('data'), '--port', String(await freePort()))
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expectOneSentence(stderr)
    expect(stderr).toContain('its data version is 99, this broker reads 1')
    expect(readFileSync(meta, 'utf8')).toBe('version=99\n')
  })

  it('settings that are no text are refused in one sentence that a terminal survives', async () => {
    writeFileSync(place.path('settings'), Buffer.from('\u001b[2J\u0007=\u0000\n'))
    const { code, stdout, stderr } = await place.run('broker', '--config', place.path('settings'), '--data', place.path('data'))
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
    expectOneSentence(stderr)
    expect(stderr.slice(0, -1)).not.toMatch(/\p{Cc}/u)
  })

  it('a setting that the brokers refuse is one sentence with what they say', async () => {
    const { code, stdout, stderr } = await place.run('broker', '--override', 'num.partition=1', '--data', place.path('data'))
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
    expectOneSentence(stderr)
    expect(stderr).toContain('num.partitions')
  })

  it('a data directory that cannot be made is one sentence', async () => {
    mkdirSync(place.path('data'))
    writeFileSync(place.path('data', 'file'), '')
    const { code, stdout, stderr } = await place.run('broker', '--data', place.path('data', 'file'))
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expectOneSentence(stderr)
    expect(stderr).toContain('--data')
  })
})
