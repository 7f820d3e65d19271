/**
 * What the three send-order checkers share: the findings from steps of index/send-steps.ts. Between ops,
 * aspect `pipelined` marks a send invoked before the earlier one was answered; `lost` an earlier record
 * that nobody read.
 */
import type { CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { HistoryIndex } from './history-index.ts'
import { none } from './index/codes.ts'
import type { Finding } from './verdict.ts'
import { answeredBy, inOrder, keyName, placeStep, sendStep, valueName } from './witness.ts'

export interface SendOrder {
  readonly name: string
  readonly guarantees: readonly string[]
  readonly internal: boolean
  /** Steps over other records, or steps back or in place. */
  readonly skip: boolean
}

function aspectOf({ sends, okRead }: HistoryIndex, from: number, to: number): string {
  const answered = sends.completion[from]!
  const twoOps = sends.invocation[from] !== sends.invocation[to]
  if (twoOps && answered !== none && sends.invocation[to]! < answered) return 'pipelined'
  return okRead[sends.record[from]!] === 0 ? 'lost' : ''
}

function offsetOf({ sends, log }: HistoryIndex, row: number): number {
  const offset = sends.offset[row]!
  return Number.isNaN(offset) ? log.offset[log.firstPlace[sends.record[row]!]!]! : offset
}

/** A send, and where its answer does not tell its offset, the poll that does. */
function steps(index: HistoryIndex, row: number): Finding['witness'] {
  if (!Number.isNaN(index.sends.offset[row]!)) return [sendStep(index, row)]
  const record = index.sends.record[row]!
  return [sendStep(index, row), placeStep(index, record, index.log.firstPlace[record]!)]
}

function finding(index: HistoryIndex, step: number, order: SendOrder): Finding {
  const { sends, records } = index
  const from = index.sendSteps.from.data[step]!
  const to = index.sendSteps.to.data[step]!
  const involved = [sends.record[from]!, sends.record[to]!] as const
  const aspect = aspectOf(index, from, to)
  const [first, second] = [valueName(index, involved[0]), valueName(index, involved[1])]
  const told = aspect !== 'pipelined' && !order.internal && answeredBy(index, from) && answeredBy(index, to)
  const went = `${first} (offset ${offsetOf(index, from)}) was sent before ${second} (offset ${offsetOf(index, to)})`
  return {
    anomaly: order.name,
    guarantees: order.guarantees,
    ...(aspect !== '' && { aspect }),
    ...(told && { blame: 'broker' }),
    message: `${keyName(index, involved[0])}: ${went}${order.skip ? ', and other records lie between' : ''}`,
    key: records.keys[records.keyOf[involved[0]]!]!,
    values: involved.map(record => records.values[record]!),
    offsets: [offsetOf(index, from), offsetOf(index, to)],
    witness: inOrder([...steps(index, from), ...steps(index, to)]),
  }
}

export function checkSendOrder(index: HistoryIndex, order: SendOrder): CheckResult {
  const found = new FindingList()
  const { sendSteps } = index
  for (let step = 0; step < sendSteps.size; step++) {
    const delta = sendSteps.delta.data[step]!
    if ((sendSteps.internal.data[step] === 1) !== order.internal || delta > 1 !== order.skip) continue
    const from = sendSteps.from.data[step]!
    const to = sendSteps.to.data[step]!
    const distance = index.sends.invocation[to]! - index.sends.invocation[from]!
    found.add(Math.abs(delta) + distance, aspectOf(index, from, to), () => finding(index, step, order))
  }
  return found.result()
}
