/** Internal nonmonotonic send: inside one op, a later send to a key landed at or before an earlier one. */
import type { Checker } from './checker.ts'
import { checkSendOrder, type SendOrder } from './send-order.ts'

const order: SendOrder = {
  name: 'int-nonmonotonic-send',
  guarantees: ['PRO-1', 'ORD-1'],
  internal: true,
  skip: false,
}

export const intNonmonotonicSend: Checker = {
  name: order.name,
  describes: 'Inside one op, a later send to a key landed at or before an earlier one.',
  guarantees: order.guarantees,
  check: index => checkSendOrder(index, order),
}
