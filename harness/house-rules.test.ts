/** The rules of the house are checked by tools, and the tools by this: the whole tree is looked at, and each rule can speak. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { root } from './checkout.ts'

const rooms = ['protocol', 'history', 'ports', 'reference-broker', 'simulator', 'workloads', 'nemesis', 'checkers', 'reports', 'harness']
const tools = join(root, 'node_modules', '.bin')

interface Cruised {
  readonly modules: readonly { readonly source: string }[]
  readonly summary: { readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[] }
}

function cruise(directory: string, folders: readonly string[]): Cruised {
  const argv = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...folders]
  const { stdout } = spawnSync(process.execPath, [join(tools, 'depcruise'), ...argv], {
    cwd: directory,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  return JSON.parse(stdout) as Cruised
}

it('the import rules look at every room, and nothing breaks them', () => {
  const { modules, summary } = cruise(root, rooms)
  const ours = modules.map(({ source }) => source).filter((source) => rooms.includes(source.split('/')[0]!))
  expect(ours.length).toBeGreaterThan(150)
  for (const room of rooms) expect(ours.some((source) => source.startsWith(`${room}/`)), room).toBe(true)
  expect(summary.violations).toEqual([])
})

/** Time and randomness come from the ports; no linter at hand tells one member of Math or Date from another. */
const ownTime = /\bDate[.]now\b|\bDate\(\)|\bMath[.]random\b/
const pureRooms = ['protocol', 'history', 'reference-broker/core', 'reference-broker/defects', 'simulator', 'workloads', 'nemesis', 'checkers', 'reports']

it('no pure room reads a clock or draws lots of its own', () => {
  expect(['Date.now()', 'new Date()', 'Math.random()', 'new Date(ms)'].map((text) => ownTime.test(text))).toEqual([true, true, true, false])
  for (const room of pureRooms) {
    const files = readdirSync(join(root, room), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !(room === 'workloads' && name.startsWith('k6')))
    expect(files.length, room).toBeGreaterThan(0)
    const guilty = files.filter((name) => ownTime.test(codeOf(readFileSync(join(root, room, name), 'utf8'))))
    expect(guilty, room).toEqual([])
  }
})

/** Without comments. */
function codeOf(source: string): string {
  return source.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '')
}

describe('in a tree with rules broken on purpose', () => {
  let directory: string

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tribunal-rules-'))
    for (const name of ['.dependency-cruiser.cjs', '.oxlintrc.json', 'tsconfig.json']) cpSync(join(root, name), join(directory, name))
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'))
    for (const [file, text] of Object.entries(broken)) {
      mkdirSync(dirname(join(directory, file)), { recursive: true })
      writeFileSync(join(directory, file), text)
    }
  })
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true })
  })

  const broken = {
    'history/op.ts': 'export const op = 1\n',
    'protocol/reads-history.ts': "import { op } from '../history/op.ts'\nexport const again: number = op\n",
    'reference-broker/shell/main.ts': 'export const shell = 1\n',
    'reference-broker/core/knows-shell.ts': "import { shell } from '../shell/main.ts'\nexport const again: number = shell\n",
    'workloads/knows-core.ts': "import { again } from '../reference-broker/core/knows-shell.ts'\nexport const twice: number = again\n",
    'checkers/knows-workloads.ts': "import { twice } from '../workloads/knows-core.ts'\nexport const thrice: number = twice\n",
    'harness/cli.ts': "import { thrice } from '../checkers/knows-workloads.ts'\nexport const all: number = thrice\n",
    'simulator/knows-harness.ts': "import { all } from '../harness/cli.ts'\nexport const sim: number = all\n",
    'nemesis/touches-disk.ts': "import { readFileSync } from 'node:fs'\nexport const read: unknown = readFileSync\n",
    'reports/one.ts': "import { two } from './two.ts'\nexport const one = (): number => two()\n",
    'reports/two.ts': "import { one } from './one.ts'\nexport const two = (): number => one()\n",
    'ports/lost.ts': "import { gone } from './gone.ts'\nexport const lost: unknown = gone\n",
    'reference-broker/core/waits.ts': 'export const wait = (): unknown => setTimeout(() => 1, 1)\n',
    'history/alone.ts': 'export const alone = 1\n',
  }

  it.each([
    { rule: 'imports of protocol/', from: 'protocol/reads-history.ts' },
    { rule: 'imports of reference-broker/core/', from: 'reference-broker/core/knows-shell.ts' },
    { rule: 'imports of workloads/', from: 'workloads/knows-core.ts' },
    { rule: 'imports of checkers/', from: 'checkers/knows-workloads.ts' },
    { rule: 'nobody imports the harness', from: 'simulator/knows-harness.ts' },
    { rule: 'pure rooms do no I/O', from: 'nemesis/touches-disk.ts' },
    { rule: 'no cycles', from: 'reports/one.ts' },
    { rule: 'not resolvable', from: 'ports/lost.ts' },
    { rule: 'no orphans', from: 'history/alone.ts' },
  ])('"$rule" is found broken in $from', ({ rule, from }) => {
    const folders = [...new Set(Object.keys(broken).map((file) => file.split('/')[0]!))]
    const { violations } = cruise(directory, folders).summary
    expect(violations.filter((found) => found.rule.name === rule).map((found) => found.from)).toContain(from)
  })

  it('the lint finds a pure room that waits', () => {
    const argv = ['--deny-warnings', '-c', '.oxlintrc.json', 'reference-broker']
    const { status, stdout } = spawnSync(process.execPath, [join(tools, 'oxlint'), ...argv], { cwd: directory, encoding: 'utf8' })
    expect(status).toBe(1)
    expect(stdout).toContain('Ask the Clock port.')
  })
})
