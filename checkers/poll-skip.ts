/** Poll skip: between two polls of one consumer, records of a key were passed over. */
import type { Checker } from './checker.ts'
import { checkPollOrder, type PollOrder } from './poll-order.ts'

const order: PollOrder = { name: 'poll-skip', guarantees: ['ORD-1'], internal: false, skip: true }

export const pollSkip: Checker = {
  name: order.name,
  describes: 'A consumer\'s next poll of a key begins beyond the next record.',
  guarantees: order.guarantees,
  check: index => checkPollOrder(index, order),
}
