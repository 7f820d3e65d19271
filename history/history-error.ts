/**
 * The one error of this room: a history that cannot be read. Its message is one sentence that names the
 * line.
 */
export class HistoryError extends Error {
  /** The line, counted from 1. */
  readonly line: number

  constructor(line: number, sentence: string) {
    super(`line ${line}: ${sentence}`)
    this.name = 'HistoryError'
    this.line = line
  }
}
