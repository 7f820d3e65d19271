/**
 * Transactions of several records and polls over all partitions, from several producers at once: some abort, some crash, some
 * are fenced in the middle and go on; readers of both isolation levels read all of it at the same time.
 *
 * Ops beside those of keyed-append: `init-transactions`, `txn` (docs/history.md).
 */
import type { About, Workload } from '../workload.ts'
import { Transacting } from './transacting.ts'
import { MixedScript } from './transaction-script.ts'
import type { TransactionsOptions } from './transactions-options.ts'

export const aboutTransactions: About = {
  name: 'transactions',
  describes: 'Producers commit and abort transactions over all partitions, crash and are fenced, while readers of both kinds read.',
}

export function transactions(options: TransactionsOptions): Workload {
  return {
    ...aboutTransactions,
    start: (context) => new Transacting(context, { ...options, polls: options.pollShare > 0 }, new MixedScript(context.random, context.topics, options)),
  }
}
