/**
 * ListTransactions v0-2 (KIP-664): the transactions this broker coordinates, by state, producer, duration and pattern. A state
 * nobody has ever heard of is named in the answer.
 * Version notes: v1 duration (KIP-994); v2 pattern of transactional ids (KIP-1152), INVALID_REGULAR_EXPRESSION when it is none.
 */
import { apis } from '../../../protocol/apis.ts'
import type { ListTransactionsRequest } from '../../../protocol/apis/66-list-transactions.ts'
import { errorCode } from '../../../protocol/errors.ts'
import { toBigInt, toNumber } from '../../../protocol/int64.ts'
import { compileTopicPattern } from '../groups/topic-pattern.ts'
import type { BrokerNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'
import type { Transaction } from '../transactions/transaction.ts'

const states: ReadonlySet<string> = new Set([
  'Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort', 'Dead', 'PrepareEpochFence',
])

export function listTransactionsHandler(node: BrokerNode): Handler {
  return handler(apis.ListTransactions, (_context, request, respond) => {
    const unknownStateFilters = [...new Set(request.stateFilters)].filter((state) => !states.has(state))
    const refuse = (code: number): void => respond({ errorCode: code, unknownStateFilters, transactionStates: [] })
    if (node.transactions.isLoading) return refuse(errorCode.COORDINATOR_LOAD_IN_PROGRESS)
    const matches = matcher(request.transactionalIdPattern)
    if (matches === undefined) return refuse(errorCode.INVALID_REGULAR_EXPRESSION)
    const nowMs = node.loop.ports.clock.wallNow()
    const transactionStates = node.transactions
      .all()
      .filter((transaction) => isWanted(transaction, request, nowMs) && matches(transaction.transactionalId))
      .map(({ transactionalId, producerId, state }) => ({ transactionalId, producerId: toBigInt(producerId), transactionState: state }))
    return respond({ errorCode: errorCode.NONE, unknownStateFilters, transactionStates })
  })
}

function isWanted(transaction: Transaction, request: ListTransactionsRequest, nowMs: number): boolean {
  const { stateFilters, producerIdFilters, durationFilter } = request
  if (stateFilters.length > 0 && !stateFilters.includes(transaction.state)) return false
  if (producerIdFilters.length > 0 && !producerIdFilters.includes(toBigInt(transaction.producerId))) return false
  return durationFilter < 0n || nowMs - transaction.startMs > toNumber(durationFilter)
}

/** undefined: a pattern that is none. */
function matcher(pattern: string | null): ((id: string) => boolean) | undefined {
  return pattern === null || pattern === '' ? () => true : compileTopicPattern(pattern)?.matches
}
