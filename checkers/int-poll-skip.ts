/** Internal poll skip: inside one op, records of a key were passed over. */
import type { Checker } from './checker.ts'
import { checkPollOrder, type PollOrder } from './poll-order.ts'

const order: PollOrder = { name: 'int-poll-skip', guarantees: ['ORD-1'], internal: true, skip: true }

export const intPollSkip: Checker = {
  name: order.name,
  describes: 'Inside one op, polled records of a key leave records out.',
  guarantees: order.guarantees,
  check: index => checkPollOrder(index, order),
}
