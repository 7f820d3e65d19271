import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lockDirectory, lockFileName, type DirectoryLock } from './directory-lock.ts'

let directory = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lock-'))
})

afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

function lock(path = directory): DirectoryLock {
  const result = lockDirectory(path)
  if (!result.ok) throw new Error(result.problem)
  return result.lock
}

function problem(path = directory): string {
  const result = lockDirectory(path)
  return result.ok ? '' : result.problem
}

it('a directory is taken by one process at a time, which is named', () => {
  lock()
  expect(problem()).toBe(
    `The data directory ${directory} is in use by another broker (process ${process.pid}).`,
  )
})

it('a missing directory is made, and what is released can be taken again, without leftovers', () => {
  const path = join(directory, 'not', 'yet')
  lock(path).release()
  lock(path).release()
  expect(readdirSync(path)).toEqual([])
})

it('a lock that another process has taken over is not removed by the first one', () => {
  const first = lock()
  writeFileSync(join(directory, lockFileName), '{"pid":1}')
  first.release()
  expect(readdirSync(directory)).toEqual([lockFileName])
})

it('the lock of a process killed with SIGKILL does not hold', async () => {
  const source = pathToFileURL(join(import.meta.dirname, 'directory-lock.ts'))
  const code = `import { lockDirectory } from ${JSON.stringify(source)}
    console.log(lockDirectory(${JSON.stringify(directory)}).ok)
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  expect(said.toString().trim()).toBe('true')
  expect(problem()).toContain(`process ${child.pid}`)
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
  lock()
})

it('a living process with the number of the dead holder does not hold the lock', () => {
  lock()
  const file = join(directory, lockFileName)
  const own = JSON.parse(readFileSync(file, 'utf8')) as { startTime: string | null; bootId: string | null }
  if (own.startTime === null) return
  writeFileSync(file, JSON.stringify({ ...own, startTime: `${Number(own.startTime) - 1}` }))
  lock()
  writeFileSync(file, JSON.stringify({ ...own, bootId: 'another boot' }))
  lock()
  writeFileSync(file, JSON.stringify(own))
  expect(problem()).toContain('in use')
})

it('a torn or foreign lock file names nobody and is replaced', () => {
  for (const text of ['', '{"pid":', 'null', '[]', '{"pid":-1}', '{"pid":"1"}', '42']) {
    writeFileSync(join(directory, lockFileName), text)
    lock().release()
  }
})

it('a directory that cannot be made is one sentence with the reason', () => {
  const file = join(directory, 'file')
  writeFileSync(file, '')
  expect(problem(join(file, 'below'))).toBe(
    `Cannot write to the data directory ${join(file, 'below')}: not a directory.`,
  )
})
