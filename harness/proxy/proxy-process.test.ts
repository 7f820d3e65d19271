import { expect, it } from 'vitest'
import { exitCodes, UserError } from '../exit-codes.ts'
import { Recorder } from '../../history/recorder.ts'
import { runTrial } from '../run-processes.ts'
import { ProxyProcess } from './proxy-process.ts'

const node = process.execPath
const signal = new AbortController().signal

it('a proxy that ends by itself is a sentence, for who asks and for who waits', async () => {
  const proxy = new ProxyProcess([node, '-e', `process.on('message', () => process.exit(3))`])
  const asked = proxy.ask({ do: 'cut', links: [] })
  await expect(asked).rejects.toThrow(new UserError('Nothing can be tried: the fault proxy ended with code 3.', exitCodes.unknown))
  expect(await proxy.lost).toBe('the fault proxy ended with code 3')
  proxy.tell({ do: 'cut', links: [] }, () => expect.unreachable())
  await proxy.end()
})

it('a proxy that was killed, or never began, is one, too', async () => {
  const killed = new ProxyProcess([node, '-e', `process.kill(process.pid, 'SIGKILL')`])
  expect(await killed.lost).toBe('the fault proxy was ended by SIGKILL')
  await expect(new ProxyProcess(['/nowhere/proxy']).ask({ do: 'cut', links: [] })).rejects.toThrow(/could not be started: .*ENOENT/)
})

it('a proxy that was told to end is not lost', async () => {
  const proxy = new ProxyProcess([node, '-e', `process.on('disconnect', () => process.exit(0)); process.on('message', () => {})`])
  await proxy.end()
  expect(await Promise.race([proxy.lost, new Promise((resolve) => setImmediate(() => resolve('not lost')))])).toBe('not lost')
})

it('a trial whose proxy is gone ends there', async () => {
  const lost = Promise.resolve('the fault proxy was ended by SIGKILL')
  const endless = { run: () => undefined, cutShort: () => undefined, phase: 'faults' } as const
  expect(await runTrial(endless, [new Recorder(() => 0)], { signal, onProgress: () => undefined, lost })).toBe(await lost)
})
