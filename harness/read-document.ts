import { readFileSync } from 'node:fs'
import { UserError } from './exit-codes.ts'

/** As far as whoever shows or compares verdicts relies on it. */
export function isVerdict({ scenarios }: Record<string, unknown>): boolean {
  const isWhole = (each: unknown): boolean => {
    if (!isObject(each)) return false
    const { name, target, findings, reasons, faults, figures } = each
    return [name, target].every((text) => typeof text === 'string') && [findings, reasons, faults].every(Array.isArray) && isObject(figures)
  }
  return Array.isArray(scenarios) && scenarios.every(isWhole)
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One of our own JSON files, known by a key it must have; a sentence for the person who named it otherwise. */
export function readDocument<T>(file: string, key: keyof T & string, isSound: (document: Record<string, unknown>) => boolean = () => true): T {
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
  if (!isSound(document as Record<string, unknown>)) throw new UserError(`${file} is damaged: its "${key}" is not what Tribunal writes.`)
  return document as T
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
