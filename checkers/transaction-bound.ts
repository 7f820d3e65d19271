/** How long a transaction that nobody ends may stay open. */
import type { HistoryIndex } from './history-index.ts'
import { defaultRecoveryMs } from './index/healed-work.ts'

/** Kafka's own, of a producer that does not choose. */
const defaultTransactionTimeoutMs = 60_000

/** Its timeout (`transactionTimeoutMs` of the configuration), and what the cluster takes to end it then. */
export function transactionBoundMs({ marks }: Pick<HistoryIndex, 'marks'>): number {
  const { transactionTimeoutMs, recoveryMs = defaultRecoveryMs } = marks.config ?? {}
  const timeout = typeof transactionTimeoutMs === 'number' ? transactionTimeoutMs : defaultTransactionTimeoutMs
  return timeout + recoveryMs
}
