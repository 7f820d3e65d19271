/** Who acknowledged a record: the broker that answered, or a client that says so although nobody did. */
import type { HistoryIndex } from './history-index.ts'
import { none, ok } from './index/codes.ts'
import type { Finding } from './verdict.ts'

/** undefined when the history does not tell: no `attempts`, as from clients whose requests nobody saw. */
export function acknowledgedBy({ sends, ops }: HistoryIndex, row: number): Finding['blame'] {
  if (row === none || sends.outcome[row] !== ok) return undefined
  const { attempts, node } = ops.at(sends.completion[row]!)!
  if (attempts === undefined) return undefined
  return node === undefined ? 'client' : 'broker'
}
