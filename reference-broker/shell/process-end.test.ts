import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'

interface Ended {
  readonly code: number
  readonly sentences: readonly string[]
  readonly log: readonly Record<string, unknown>[]
}

/** Runs code that has what a broker process has: a log, and the ways to end. */
function run(code: string): { child: ChildProcessWithoutNullStreams; ended: Promise<Ended> } {
  const source = (name: string): string => JSON.stringify(pathToFileURL(join(import.meta.dirname, name)))
  const imports = `import { openLog } from ${source('log.ts')}
    import { exitWith, reportCrashes, stopOnSignals } from ${source('process-end.ts')}
    const log = openLog('info', 1)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', `${imports}\n${code}`])
  let err = ''
  child.stderr.on('data', (bytes: Buffer) => (err += bytes.toString()))
  const ended = once(child, 'close').then(([code]) => {
    const lines = err.split('\n').filter((line) => line !== '')
    const log = lines
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    return { code: code as number, sentences: lines.filter((line) => !line.startsWith('{')), log }
  })
  return { child, ended }
}

const waiting = `setInterval(() => undefined, 1000); process.stdout.write('ready\\n')`

it.each([
  ['thrown', `setImmediate(() => { throw new Error('boom\\nand more') })`],
  ['rejected', `void Promise.reject(new Error('boom\\nand more'))`],
])(
  'an error that is %s and not caught is one sentence and exit code 70, with its stack in the log',
  async (_how, code) => {
    const { code: exit, sentences, log } = await run(`reportCrashes(log)\n${code}`).ended
    expect({ exit, sentences }).toEqual({ exit: 70, sentences: ['The broker has crashed: boom'] })
    expect(log).toEqual([expect.objectContaining({ level: 'fatal', msg: 'crashed' })])
    expect((log[0]!['err'] as { stack: string }).stack).toContain('    at ')
  },
)

it('a first signal asks to stop, and the process ends well once that is done', async () => {
  const { child, ended } = run(`stopOnSignals(log, (done) => setImmediate(done))\n${waiting}`)
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  expect(await ended).toMatchObject({ code: 0, sentences: [] })
})

it('a second signal ends a process that does not get done', async () => {
  const { child, ended } = run(`stopOnSignals(log, () => process.stdout.write('stopping\\n'))\n${waiting}`)
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  await once(child.stdout, 'data')
  child.kill('SIGINT')
  expect(await ended).toMatchObject({ code: 1, sentences: ['Stopped at once by a second SIGINT.'] })
})

it('a reader that has gone away does not end the process', async () => {
  const { child, ended } = run(`reportCrashes(log)
    process.stdin.once('data', () => {
      process.stdout.write('nobody reads this')
      log.info('nor this')
      setImmediate(() => exitWith(1, ['nor this']))
    })
    process.stdout.write('ready')`)
  await once(child.stdout, 'data')
  child.stdout.destroy()
  child.stderr.destroy()
  child.stdin.write('go')
  expect((await ended).code).toBe(1)
})
