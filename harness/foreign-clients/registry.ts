import { exitCodes, UserError } from '../exit-codes.ts'
import { loadKafkajs } from './kafkajs.ts'
import type { Library } from './library.ts'
import { loadPlatformatic } from './platformatic.ts'

interface Known {
  /** Of the package. */
  readonly module: string
  readonly load: () => Promise<Library>
}

const libraries: Readonly<Record<string, Known>> = {
  kafkajs: { module: 'kafkajs', load: loadKafkajs },
  platformatic: { module: '@platformatic/kafka', load: loadPlatformatic },
}

/** Clients that a workload can be driven through; ours first. */
export const clientNames: readonly string[] = ['wire', ...Object.keys(libraries)]

/** undefined for our own. Throws a UserError. */
export async function loadLibrary(name: string): Promise<Library | undefined> {
  if (name === 'wire') return undefined
  const known = libraries[name]
  if (known === undefined) throw new UserError(`--client ${name} is not one of ${clientNames.join(', ')}.`)
  try {
    return await known.load()
  } catch {
    throw new UserError(`${known.module} is not installed; npm install ${known.module} brings it.`, exitCodes.unknown)
  }
}
