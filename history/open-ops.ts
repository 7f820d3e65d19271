/**
 * Which completion belongs to which invocation: that of the same process, which has at most one op open. A
 * process may also leave marks: `info` ops of another kind than the open one, such as a crash or a
 * rebalance seen from inside a poll.
 */
import type { Op } from './op.ts'

const carriesRecords: ReadonlySet<string> = new Set(['send', 'poll', 'txn'])

/**
 * True when `op` completes nothing: a note of its process. `openF` is the kind of the op its process has
 * open, if any.
 */
export function isMark(op: Pick<Op, 'type' | 'f'>, openF: string | undefined): boolean {
  if (op.type === 'invoke' || op.f === openF) return false
  if (op.f === 'final-read') return true
  return op.type === 'info' && !carriesRecords.has(op.f)
}
