/**
 * The interchange form: one op a line, as JSON (docs/history.md). Reading is lenient about what foreign
 * histories leave out and strict about what would make a verdict wrong; it never holds more of the text
 * than one line.
 */
import { HistoryError } from './history-error.ts'
import type { Op, Ops } from './op.ts'
import { PackedOps } from './packed-ops.ts'
import { readOp } from './op-reader.ts'
import { isMark } from './open-ops.ts'

/**
 * One line, without its line feed. Fields that the op does not have are left out; `time` is always there.
 */
export function renderOp(op: Op): string {
  const { index, time, process, type, f, value, client, error, attempts, node, rebalanced } = op
  return JSON.stringify({ index, time, process, type, f, value, client, error, attempts, node, rebalanced })
}

/**
 * Takes a history line by line, for callers that read asynchronously. Throws HistoryError at the line that
 * is wrong.
 */
export class HistoryReader {
  readonly #ops = new PackedOps()
  readonly #open = new Map<number, string>()
  #line = 0
  #next = 0

  /** One line, with or without its line end; blank lines are skipped. */
  add(text: string): void {
    this.#line++
    const line = this.#line === 1 && text.startsWith('\uFEFF') ? text.slice(1) : text
    if (line.trim() === '') return
    const op = readOp(this.#parse(line), this.#next, this.#line)
    this.#pair(op)
    this.#next = op.index + 1
    this.#ops.push(op)
  }

  /** All ops so far, in order, in little memory. */
  finish(): Ops {
    return this.#ops
  }

  #parse(text: string): unknown {
    try {
      return JSON.parse(text)
    } catch {
      throw new HistoryError(this.#line, 'this is not one JSON object: a history has one op on each line')
    }
  }

  /** Keeps the rule that a process has at most one op open. */
  #pair(op: Op): void {
    if (typeof op.process !== 'number') return
    const openF = this.#open.get(op.process)
    if (op.type === 'invoke') {
      if (openF !== undefined) {
        const sentence = `process ${op.process} invokes ${op.f} while its ${openF} is still open`
        throw new HistoryError(this.#line, sentence)
      }
      this.#open.set(op.process, op.f)
    } else if (!isMark(op, openF)) {
      if (openF !== op.f) {
        const instead = openF === undefined ? 'has no op open' : `has ${openF} open`
        throw new HistoryError(this.#line, `process ${op.process} completes ${op.f} but ${instead}`)
      }
      this.#open.delete(op.process)
    }
  }
}

function* linesOf(text: string): Iterable<string> {
  let start = 0
  while (start < text.length) {
    const end = text.indexOf('\n', start)
    yield text.slice(start, end === -1 ? text.length : end)
    start = end === -1 ? text.length : end + 1
  }
}

/**
 * Reads a whole history, from text or from its lines. Throws HistoryError with the line and one sentence.
 */
export function parseHistory(source: string | Iterable<string>): Op[] {
  const reader = new HistoryReader()
  for (const line of typeof source === 'string' ? linesOf(source) : source) reader.add(line)
  return [...reader.finish()]
}
