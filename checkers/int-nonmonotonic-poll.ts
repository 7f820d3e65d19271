/** Internal nonmonotonic poll: inside one op, a record of a key comes at or before the one it follows. */
import type { Checker } from './checker.ts'
import { checkPollOrder, type PollOrder } from './poll-order.ts'

const order: PollOrder = { name: 'int-nonmonotonic-poll', guarantees: ['ORD-1'], internal: true, skip: false }

export const intNonmonotonicPoll: Checker = {
  name: order.name,
  describes: 'Inside one op, polled records of a key repeat or go back.',
  guarantees: order.guarantees,
  check: index => checkPollOrder(index, order),
}
