/**
 * Where Tribunal is. A checkout runs its sources and builds what it starts; an installed package runs what was built for it,
 * and has no planted defects.
 */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The sources, or the installed package. */
export const root: string = folderWithManifest(dirname(fileURLToPath(import.meta.url)))

export const isCheckout: boolean = existsSync(join(root, 'harness', 'build.ts'))

/** What a person types to start `verify` here. */
export const verifyCommand: string = isCheckout ? 'npm run verify --' : 'npx tribunal verify'

/** Files of the user's own that outlive a run; it may be missing. */
export const cacheDirectory: string = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'tribunal')

/** Where what is compiled on this machine goes: an installed package may be somebody else's. */
export const buildDirectory: string = isCheckout ? join(root, 'dist') : join(cacheDirectory, `build-${tribunalVersion()}`)

export function tribunalVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return String((manifest as { version?: unknown }).version)
}

/** A script beside the module that asks, by its name without extension: a source in a checkout, else what was made of it. */
export function scriptBeside(module: ImportMeta, name: string): string {
  return join(module.dirname, `${name}${isCheckout ? '.ts' : '.js'}`)
}

/** Where an installed package is, also one that does not export its manifest. Throws when it is not installed. */
export function packageDirectory(name: string): string {
  const paths = createRequire(import.meta.url).resolve.paths(name) ?? []
  const directory = paths.map((path) => join(path, name)).find((each) => existsSync(join(each, 'package.json')))
  if (directory === undefined) throw new Error(`${name} is not installed`)
  return directory
}

function folderWithManifest(directory: string): string {
  return existsSync(join(directory, 'package.json')) ? directory : folderWithManifest(dirname(directory))
}
