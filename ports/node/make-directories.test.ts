import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { makeDirectories } from './make-directories.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'directories-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

it('a directory is made with all above it, and again to no effect', () => {
  const path = join(directory, 'a', 'b', 'c')
  makeDirectories(path)
  makeDirectories(path)
  expect(existsSync(path)).toBe(true)
})

it('a file in its place or above it is an error', () => {
  writeFileSync(join(directory, 'file'), '')
  expect(() => makeDirectories(join(directory, 'file'))).toThrow('EEXIST')
  expect(() => makeDirectories(join(directory, 'file', 'below'))).toThrow('ENOTDIR')
})

it.runIf(process.platform === 'linux')('where no directory can be made there is an error, and soon', () => {
  expect(() => makeDirectories('/proc/none/of/these')).toThrow('ENOENT')
})
