import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { processes } from '../testing/started-command.testing.ts'

const patience = { timeout: 30_000, interval: 20 }

let harness: ChildProcess
let pid: number

beforeEach(async () => {
  harness = spawn(process.execPath, [join(import.meta.dirname, 'end-with-us.testing.ts')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface({ input: harness.stdout! }), 'line')) as [string]
  pid = Number(line)
})

afterEach(() => {
  harness.kill('SIGKILL')
  if (isThere()) process.kill(pid, 'SIGKILL')
})

it('ends with a harness that is killed, also frozen', async () => {
  process.kill(pid, 'SIGSTOP')
  harness.kill('SIGKILL')
  await vi.waitFor(() => expect(isThere()).toBe(false), patience)
})

it('ends with a harness that exits, where the Ctrl-C that made it exit reached the shell before it had a group of its own', async () => {
  const shell = processes().find(({ commandLine }) => commandLine.includes(`"$0" ${pid}`))!
  process.kill(shell.pid, 'SIGINT')
  await vi.waitFor(() => expect(processes().some((seen) => seen.pid === shell.pid && seen.commandLine !== '')).toBe(false), patience)
  harness.kill('SIGTERM')
  await vi.waitFor(() => expect(isThere()).toBe(false), patience)
})

function isThere(): boolean {
  return processes().some((seen) => seen.pid === pid && seen.commandLine.includes('sleep'))
}
