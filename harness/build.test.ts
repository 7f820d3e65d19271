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
import { buildBroker, bundle } from './build.ts'

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

it('codecs with native code are loaded when a batch first needs them', async () => {
  await bundle({ codecs: 'protocol/compression.ts' }, outDir)
  const program = `
    import { compress, decompress } from '${join(outDir, 'codecs.mjs')}'
    process.report.excludeNetwork = true
    const loaded = () => ['snappy', 'lz4'].filter((name) => process.report.getReport().sharedObjects.some((file) => file.includes(name)))
    const told = [loaded()]
    for (const codec of ['snappy', 'lz4']) {
      const bytes = decompress(codec, compress(codec, new Uint8Array([1, 2, 3])), 100)
      told.push([...loaded(), [...bytes].join('')])
    }
    process.stdout.write(JSON.stringify(told))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual([[], ['snappy', '123'], ['snappy', 'lz4', '123']])
})
