import type { Valid } from '../checkers/verdict.ts'

export const exitCodes = { valid: 0, invalid: 1, unknown: 2, usage: 64, crash: 70 } as const

export function exitCodeOf(valid: Valid): number {
  if (valid === true) return exitCodes.valid
  return valid === false ? exitCodes.invalid : exitCodes.unknown
}

/** Something a person did can be put right: one sentence, and the exit code that says whose turn it is. */
export class UserError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode: number = exitCodes.usage) {
    super(message)
    this.exitCode = exitCode
  }
}
