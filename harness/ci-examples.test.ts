/** The workflows of docs/ci: what they say is what this version does. That they are YAML is for those who run them to see. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { root, tribunalVersion } from './checkout.ts'
import { exitCodes } from './exit-codes.ts'

const folder = join(root, 'docs', 'ci')
const files = readdirSync(folder)
const help = spawnSync(process.execPath, [join(root, 'harness', 'cli.ts'), 'verify', '--help'], { encoding: 'utf8' }).stdout

function flagsIn(text: string): string[] {
  return [...text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([flag]) => flag)
}

it('there is one for an image and one for a running cluster, and the README names both', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  expect(files).toEqual(['external-cluster.yml', 'own-image.yml'])
  for (const file of files) expect(readme).toContain(`docs/ci/${file}`)
})

describe.each(files)('docs/ci/%s', (file) => {
  const text = readFileSync(join(folder, file), 'utf8')
  const lines = text.split('\n')

  it('calls verify with flags that verify has, and keeps the run directory it names', () => {
    const commands = lines.filter((line) => line.includes('tribunal verify'))
    const flags = commands.flatMap((line) => flagsIn(line.split('tribunal verify')[1]!))
    expect(flags.length).toBeGreaterThan(2)
    expect(flags.filter((flag) => !flagsIn(help).includes(flag))).toEqual([])
    for (const command of commands) expect(command).toContain('--out trial')
    for (const kept of ['trial/summary.md', 'path: trial/\n', 'path: trial/junit.xml']) expect(text).toContain(kept)
  })

  it('pins this version, and explains every exit code', () => {
    expect(text).toContain(`TRIBUNAL: tribunal@${tribunalVersion()}\n`)
    const explained = /Exit codes:([^]*?)\n(?!#)/.exec(text)?.[1] ?? ''
    for (const code of Object.values(exitCodes)) expect(explained).toMatch(new RegExp(`\\b${code} `))
  })

  it('is laid out by spaces, two a level', () => {
    const laidOut = lines.filter((line) => line.trim() !== '' && !/^ {10,}/.test(line))
    expect(laidOut.filter((line) => /\t|^(?: {2})* (?! )/.test(line))).toEqual([])
    expect(lines.filter((line) => /^[a-z]+:/.test(line)).map((line) => line.split(':')[0])).toEqual(expect.arrayContaining(['name', 'on', 'permissions', 'env', 'jobs']))
  })
})
