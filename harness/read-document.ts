import { readFileSync } from 'node:fs'
import { UserError } from './exit-codes.ts'

/** One of our own JSON files, known by a key it must have; a sentence for the person who named it otherwise. */
export function readDocument<T>(file: string, key: keyof T & string): T {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${(error as Error).message}.`)
  }
  const document = parse(text)
  if (typeof document !== 'object' || document === null || !(key in document)) {
    throw new UserError(`${file} is damaged: it is no JSON document with "${key}" in it.`)
  }
  return document as T
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
