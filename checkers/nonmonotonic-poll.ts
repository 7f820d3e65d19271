/** Nonmonotonic poll: a consumer's next poll of a key begins at or before what it had read. */
import type { Checker } from './checker.ts'
import { checkPollOrder, type PollOrder } from './poll-order.ts'

const order: PollOrder = { name: 'nonmonotonic-poll', guarantees: ['ORD-1'], internal: false, skip: false }

export const nonmonotonicPoll: Checker = {
  name: order.name,
  describes: 'A consumer\'s next poll of a key begins at or before a record it had read.',
  guarantees: order.guarantees,
  check: index => checkPollOrder(index, order),
}
