import type { Valid } from '../checkers/verdict.ts'

export const exitCodes = { valid: 0, invalid: 1, unknown: 2, usage: 64, crash: 70 } as const

/** Characters of a sentence, about. */
const sentenceMax = 600

export function exitCodeOf(valid: Valid): number {
  if (valid === true) return exitCodes.valid
  return valid === false ? exitCodes.invalid : exitCodes.unknown
}

/** Files and arguments are quoted in sentences, whatever is in them. */
function asOneLine(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, '\uFFFD')
  return line.length <= sentenceMax ? line : `${line.slice(0, sentenceMax / 2)} … ${line.slice(-sentenceMax / 2)}`
}

/** Something a person did can be put right: one sentence, and the exit code that says whose turn it is. */
export class UserError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number = exitCodes.usage) {
    super(asOneLine(message))
    this.exitCode = exitCode
  }
}
