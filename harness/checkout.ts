import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the sources, or the installed package, are. */
export const root: string = dirname(dirname(fileURLToPath(import.meta.url)))

export function tribunalVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return String((manifest as { version?: unknown }).version)
}
