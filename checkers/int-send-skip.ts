/**
 * Internal send skip: between two sends of one op to one key lies a record of somebody else. Always
 * allowed: nothing isolates writes.
 */
import type { Checker } from './checker.ts'
import { checkSendOrder, type SendOrder } from './send-order.ts'

const order: SendOrder = { name: 'int-send-skip', guarantees: ['ORD-1'], internal: true, skip: true }

export const intSendSkip: Checker = {
  name: order.name,
  describes: 'Inside one op, another record lies between two sends to a key.',
  guarantees: order.guarantees,
  check: index => checkSendOrder(index, order),
}
