/**
 * `--recipe FILE`: how to run an image that nobody here knows, as a JSON document (docs/images.md). What is missing holds its
 * default; what is not understood is refused, never skipped.
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { UserError } from '../exit-codes.ts'
import type { ImageRecipe } from './image-recipe.ts'

type Check = (value: unknown) => boolean
interface Field {
  readonly is: string
  readonly check: Check
  readonly needed?: true
}

const isText: Check = (value) => typeof value === 'string' && value !== ''
const isCount = (max: number): Check => (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max
const isList = (each: Check): Check => (value) => Array.isArray(value) && value.every(each)
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const areTexts: Check = (value) => isObject(value) && Object.values(value).every((text) => typeof text === 'string')
const isPath: Check = (value) => isText(value) && (value as string).startsWith('/')
const isClock: Check = (value) =>
  ['skew-file', 'shim', 'none'].includes(value as string) || (isObject(value) && Object.keys(value).join() === 'preload' && isPath(value['preload']))

const fields: Readonly<Record<keyof ImageRecipe, Field>> = {
  name: { is: 'a name', check: isText },
  environment: { is: 'an object of texts', check: areTexts },
  command: { is: 'a list of texts', check: isList((each) => typeof each === 'string') },
  user: { is: 'a user, as docker run --user takes it', check: isText },
  takesSettings: { is: 'true or false', check: (value) => typeof value === 'boolean' },
  settings: { is: 'an object of texts', check: areTexts },
  clientPort: { is: 'a port', check: isCount(65_535), needed: true },
  dataDir: { is: 'an absolute path', check: isPath, needed: true },
  clock: { is: '"skew-file", "shim", "none" or {"preload": an absolute path}', check: isClock },
  jvm: { is: 'true or false', check: (value) => typeof value === 'boolean' },
  orderlyExitCodes: { is: 'a list of exit codes', check: isList(isCount(255)) },
  startsWithinMs: { is: 'a number of milliseconds', check: isCount(3_600_000) },
}

/** Throws a UserError that says what is wrong with the file. */
export function readRecipe(file: string): ImageRecipe {
  const document = parsed(file)
  for (const [name, value] of Object.entries(document)) {
    const field = fields[name as keyof ImageRecipe] as Field | undefined
    if (field === undefined) throw new UserError(`The recipe ${file} has a field ${name}, which there is not; there are ${Object.keys(fields).join(', ')}.`)
    if (!field.check(value)) throw new UserError(`The recipe ${file} is wrong: ${name} must be ${field.is}.`)
  }
  const missing = Object.entries(fields).find(([name, { needed }]) => needed === true && !(name in document))
  if (missing !== undefined) throw new UserError(`The recipe ${file} does not say ${missing[0]}: ${missing[1].is}.`)
  const defaults = {
    name: basename(file).replace(/[.]json$/, ''),
    environment: {},
    takesSettings: false,
    settings: {},
    clock: 'shim',
    jvm: false,
    orderlyExitCodes: [0],
    startsWithinMs: 60_000,
  }
  return { ...defaults, ...document } as unknown as ImageRecipe
}

function parsed(file: string): Readonly<Record<string, unknown>> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new UserError(`The recipe ${file} cannot be read: ${(error as Error).message}.`)
  }
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    throw new UserError(`The recipe ${file} is no JSON: ${(error as Error).message}.`)
  }
  if (!isObject(document)) throw new UserError(`The recipe ${file} is no JSON object; see docs/images.md.`)
  return document
}
