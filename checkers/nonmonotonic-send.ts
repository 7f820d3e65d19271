/**
 * Nonmonotonic send: of two sends of one client to one key, the later one landed at or before the earlier
 * one.
 */
import type { Checker } from './checker.ts'
import { checkSendOrder, type SendOrder } from './send-order.ts'

const order: SendOrder = {
  name: 'nonmonotonic-send',
  guarantees: ['PRO-1', 'ORD-1'],
  internal: false,
  skip: false,
}

export const nonmonotonicSend: Checker = {
  name: order.name,
  describes: 'A client\'s later send to a key landed at or before an earlier, acknowledged one.',
  guarantees: order.guarantees,
  check: index => checkSendOrder(index, order),
}
