/** Says what an error of the operating system was, in words for a sentence. */
import { getSystemErrorMessage } from 'node:util'

/** For instance "permission denied"; the message of any other error as it is. */
export function describeSystemError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { errno } = error as NodeJS.ErrnoException
  return errno === undefined ? error.message : getSystemErrorMessage(errno)
}
