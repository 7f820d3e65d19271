import { spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { buildBroker } from './build.ts'

const dist = join(dirname(import.meta.dirname), 'dist')
let outDir = ''

beforeEach(() => {
  mkdirSync(dist, { recursive: true })
  outDir = mkdtempSync(join(dist, 'test-'))
})

afterEach(() => {
  rmSync(outDir, { recursive: true, force: true })
})

function contents(directory: string): [string, string][] {
  return readdirSync(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')])
}

it('the same sources give the same bytes, wherever they go, and no path of this machine', async () => {
  await buildBroker(join(outDir, 'a'))
  await buildBroker(join(outDir, 'b'))
  expect(contents(join(outDir, 'a'))).toEqual(contents(join(outDir, 'b')))
  expect(contents(join(outDir, 'a')).map(([name]) => name)).toEqual(['broker.mjs', 'run-broker.mjs'])
  for (const [, text] of contents(join(outDir, 'a'))) expect(text).not.toContain(dirname(dist))
})

it('a file that is up to date is left alone, and one that is not is replaced', async () => {
  const file = await buildBroker(outDir)
  const whole = readFileSync(file, 'utf8')
  utimesSync(file, 1, 1)
  await buildBroker(outDir)
  expect(statSync(file).mtimeMs).toBe(1000)
  writeFileSync(file, 'stale')
  await buildBroker(outDir)
  expect(readFileSync(file, 'utf8')).toBe(whole)
})

it('the bundle runs', async () => {
  const file = await buildBroker(outDir)
  const { status, stdout } = spawnSync(process.execPath, [file, '--help'], { encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('--override') as string })
})
