/** The npm package as somebody has it who installed it: packed, unpacked into an empty folder, started by npx, imported from TypeScript. */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Verdict } from '../checkers/verdict.ts'
import { packageDirectory, root, tribunalVersion } from './checkout.ts'
import { exitCodes } from './exit-codes.ts'
import { isPromised } from './testing/optional-tool.testing.ts'

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly bin: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, unknown>>
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
const workplace = mkdtempSync(join(tmpdir(), 'tribunal-package-'))
let tarball = ''

/** `npm` and `npx` run under this Node. */
const environment = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}`, NO_COLOR: '1' }

interface Said {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

function run(cwd: string, program: string, ...argv: readonly string[]): Said {
  const { status, stdout, stderr } = spawnSync(program, argv, { cwd, encoding: 'utf8', env: environment, maxBuffer: 1 << 26 })
  return { status, stdout, stderr }
}

function tribunal(cwd: string, ...argv: readonly string[]): Said {
  return run(cwd, 'npx', '--no-install', 'tribunal', ...argv)
}

/** An empty folder, as somebody begins a project of ES modules. */
function emptyFolder(name: string): string {
  const folder = join(workplace, name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}\n')
  return folder
}

/** As npm installs a tarball, but that the dependencies are those of the checkout. */
function unpackInto(folder: string): void {
  const modules = join(folder, 'node_modules')
  const target = join(modules, 'tribunal')
  mkdirSync(target, { recursive: true })
  mkdirSync(join(modules, '.bin'))
  expect(run(folder, 'tar', '-xzf', tarball, '-C', target, '--strip-components=1')).toMatchObject({ status: 0 })
  for (const name of Object.keys(manifest.dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(packageDirectory(name), join(modules, name))
  }
  const bin = join(target, manifest.bin['tribunal']!)
  chmodSync(bin, 0o755)
  symlinkSync(relative(join(modules, '.bin'), bin), join(modules, '.bin', 'tribunal'))
}

beforeAll(() => {
  const { status, stdout, stderr } = run(root, 'npm', 'pack', '--json', '--pack-destination', workplace)
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
  tarball = join(workplace, readdirSync(workplace).find((name) => name.endsWith('.tgz')) ?? stdout)
})

afterAll(() => rmSync(workplace, { recursive: true, force: true }))

function packedFiles(): string[] {
  return run(workplace, 'tar', '-tzf', tarball).stdout.split('\n').filter((name) => name !== '').map((name) => name.replace(/^package\//, ''))
}

describe('the tarball', () => {
  it('has neither sources, nor tests, nor planted defects', () => {
    const files = packedFiles()
    expect(files.length).toBeGreaterThan(200)
    // k6 itself reads its scripts as TypeScript.
    const ours = files.filter((name) => !name.startsWith('workloads/k6/'))
    expect(ours.filter((name) => /[.]ts$/.test(name) && !name.endsWith('.d.ts'))).toEqual([])
    expect(files.filter((name) => /[.]test[.]|testing|testdata|reference-broker\/defects/.test(name))).toEqual([])
  })

  it('has what the installed package starts or reads by path', () => {
    expect(packedFiles()).toEqual(expect.arrayContaining([
      'README.md', 'LICENSE',
      'dist/broker.mjs', 'dist/run-broker.mjs', 'dist/proxy.mjs', 'dist/agent.mjs',
      'dist/js/harness/main.js', 'dist/js/harness/seed-worker.js', 'dist/js/harness/containers/leftovers.js', 'dist/js/harness/bench/checker-memory.js', 'dist/js/harness/bench/checker-transactions.js',
      'dist/js/harness/bench/http-driver.js', 'dist/js/harness/load/native-worker.js', 'workloads/k6/steady.ts', 'workloads/k6/traffic.ts',
      'nemesis/clock-shim/clock-shim.c', 'harness/containers/helper/Dockerfile', 'harness/containers/helper/delay-queue.c',
      'reference-broker/Dockerfile', 'reference-broker/health-check.mjs',
      'harness/apache-kafka/pom.xml', 'harness/apache-kafka/log4j2.xml', 'harness/conformance/stories/produce.txt',
    ]))
  })
})

describe('installed in an empty folder', () => {
  let folder = ''

  beforeAll(() => {
    folder = emptyFolder('installed')
    unpackInto(folder)
  })

  it('npx tribunal says its version', () => {
    expect(tribunal(folder, '--version')).toMatchObject({ status: 0, stdout: `${tribunalVersion()}\n` })
  })

  it('npx tribunal verify tries the simulated cluster', () => {
    const { status } = tribunal(folder, 'verify', '--target', 'simulated', '--seeds', '5', '--seed', '1', '--out', 'run')
    expect(status).toBe(0)
    const { valid, scenarios } = JSON.parse(readFileSync(join(folder, 'run', 'verdict.json'), 'utf8')) as Verdict
    expect({ valid, seeds: scenarios.map(({ seeds }) => seeds)[0] }).toEqual({ valid: true, seeds: 5 })
    expect(readFileSync(join(folder, 'run', 'report.html'), 'utf8')).toContain('vega')
  })

  it('npx tribunal verify starts broker processes and the proxy between them', () => {
    const argv = ['--scenario', 'kill-leader', '--seed', '1', '--time', '2s', '--out', 'processes', '--json']
    const { stdout } = tribunal(folder, 'verify', ...argv)
    const { scenarios } = JSON.parse(stdout) as Verdict
    expect(scenarios.map(({ target, findings }) => ({ target, findings }))).toEqual([{ target: 'processes', findings: [] }])
    expect(scenarios[0]!.acknowledged).toBeGreaterThan(0)
  })

  it('npx tribunal check judges a history', () => {
    const line = (op: object): string => `${JSON.stringify({ process: 0, f: 'send', ...op })}\n`
    const send = { f: 'send', key: 'orders-0', value: 'a' }
    writeFileSync(join(folder, 'history.jsonl'), [
      line({ type: 'invoke', value: [send] }),
      line({ type: 'ok', value: [{ ...send, offset: 0 }] }),
      line({ type: 'invoke', f: 'poll', value: [{ f: 'poll' }] }),
      line({ type: 'ok', f: 'poll', value: [{ f: 'poll', polled: [['orders-0', [[0, 'b']]]] }] }),
    ].join(''))
    const { status, stdout } = tribunal(folder, 'check', 'history.jsonl', '--json')
    expect(status).toBe(exitCodes.invalid)
    expect((JSON.parse(stdout) as Verdict).anomalies).toMatchObject({ 'inconsistent-offsets': 1 })
  })

  it.each([
    'verify --target simulated --defect forget-vote',
    'list defects',
    'matrix',
    'conformance ours ours:forget-vote',
  ])('npx tribunal %s says in one sentence that defects come with the checkout', (line) => {
    const { status, stderr } = tribunal(folder, ...line.split(' '))
    expect(status).toBe(exitCodes.usage)
    expect(stderr).toContain('Defects come with a checkout of Tribunal; an installed package has none.\n')
  })

  it('three lines of TypeScript that import tribunal/checkers compile, with its types checked, and run', () => {
    writeFileSync(join(folder, 'judge.ts'), `import { judge, parseHistory, type Judgement } from 'tribunal/checkers'
const judgement: Judgement = judge(parseHistory('{"process":0,"type":"invoke","f":"send","value":[{"f":"send","key":"k","value":"a"}]}'))
console.log(judgement.valid, judgement.ops.invoke)
`)
    expect(compiled(folder, 'judge.ts')).toEqual('')
    expect(run(folder, process.execPath, 'judge.js')).toMatchObject({ status: 0, stdout: 'unknown 1\n' })
  })

  it('a wrong type in them is refused, so the types are there', () => {
    writeFileSync(join(folder, 'wrong.ts'), `import { judge } from 'tribunal/checkers'\nexport const valid: string = judge([]).valid\n`)
    expect(compiled(folder, 'wrong.ts')).toContain('TS2322')
  })

  it('everything that the manifest exports can be imported, and its types hold without skipLibCheck', () => {
    const paths = Object.keys(manifest.exports).filter((path) => !path.endsWith('.json')).map((path) => path.replace('.', 'tribunal'))
    expect(paths.length).toBe(4)
    writeFileSync(join(folder, 'all.ts'), `${paths.map((path, n) => `export * as m${n} from '${path}'`).join('\n')}\n`)
    expect(compiled(folder, 'all.ts', '--typeRoots', dirname(packageDirectory('@types/node')), '--types', 'node')).toEqual('')
    const script = `import * as all from './all.js'\nprocess.stdout.write(String(Object.values(all).every((each) => Object.keys(each).length > 2)))`
    expect(run(folder, process.execPath, '--input-type=module', '--eval', script)).toMatchObject({ status: 0, stdout: 'true' })
  })
})

/** What tsc says; nothing when all is well. */
function compiled(folder: string, file: string, ...options: readonly string[]): string {
  const tsc = join(packageDirectory('typescript'), 'bin', 'tsc')
  const { stdout, stderr } = run(folder, process.execPath, tsc, '--strict', '--module', 'nodenext', '--target', 'es2022', ...options, file)
  return stdout + stderr
}

describe.skipIf(!isPromised('npm-registry'))('npm-registry: installed by npm itself in an empty folder', () => {
  it('npx tribunal verify exits 0', () => {
    const folder = emptyFolder('by-npm')
    expect(run(folder, 'npm', 'install', '--no-audit', '--no-fund', tarball)).toMatchObject({ status: 0 })
    expect(tribunal(folder, 'verify', '--target', 'simulated', '--seeds', '5', '--seed', '1')).toMatchObject({ status: 0 })
  })
})
