/**
 * What the four poll-order checkers share: the findings from steps of index/poll-steps.ts. Between ops,
 * aspect `subscribed` marks a consumer whose keys a group gave it; a skip of nothing but records that
 * nobody read is `lost`.
 */
import type { CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { HistoryIndex } from './history-index.ts'
import type { Finding, WitnessStep } from './verdict.ts'
import { inOrder, keyName, listed, opOfRead, placeStep, readStep, valueName } from './witness.ts'

export interface PollOrder {
  readonly name: string
  readonly guarantees: readonly string[]
  /** Steps inside one op, or between two. */
  readonly internal: boolean
  /** Skips (forward by more than one), or steps back or in place. */
  readonly skip: boolean
}

function skippedAllUnread({ log, okRead }: HistoryIndex, from: number, to: number): boolean {
  for (let place = from + 1; place < to; place++) {
    if (log.recordsAt(place).some(record => okRead[record] === 1)) return false
  }
  return true
}

function aspectOf(index: HistoryIndex, step: number, order: PollOrder): string {
  const { pollSteps, readPlace } = index
  if (!order.internal && pollSteps.subscribed.data[step] === 1) return 'subscribed'
  const from = readPlace[pollSteps.from.data[step]!]!
  const to = readPlace[pollSteps.to.data[step]!]!
  return order.skip && skippedAllUnread(index, from, to) ? 'lost' : ''
}

function skippedSteps(index: HistoryIndex, from: number, to: number): WitnessStep[] {
  return to - from > 1 ? [placeStep(index, index.log.holder[from + 1]!, from + 1)] : []
}

function messageOf(index: HistoryIndex, from: number, to: number, order: PollOrder): string {
  const { reads, readPlace, log } = index
  const key = keyName(index, reads.record[from]!)
  const went = `after ${valueName(index, reads.record[from]!)} came ${valueName(index, reads.record[to]!)}`
  const where = order.internal ? 'in one op' : 'in the next op'
  const first = readPlace[from]!
  const count = readPlace[to]! - first - 1
  if (count < 0) return `${key}: ${went} ${where}, which is not after it`
  const skipped = Array.from({ length: Math.min(count, 5) }, (_, at) => {
    return valueName(index, log.holder[first + 1 + at]!)
  })
  return `${key}: ${went} ${where}, skipping ${listed(skipped, count)}`
}

function finding(index: HistoryIndex, step: number, order: PollOrder): Finding {
  const { pollSteps, reads, readPlace, records, log } = index
  const from = pollSteps.from.data[step]!
  const to = pollSteps.to.data[step]!
  const aspect = aspectOf(index, step, order)
  const involved = [reads.record[from]!, reads.record[to]!]
  return {
    anomaly: order.name,
    guarantees: order.guarantees,
    ...(aspect !== '' && { aspect }),
    message: messageOf(index, from, to, order),
    key: records.keys[records.keyOf[involved[0]!]!]!,
    values: involved.map(record => records.values[record]!),
    offsets: [log.offset[readPlace[from]!]!, log.offset[readPlace[to]!]!],
    witness: inOrder([
      ...skippedSteps(index, readPlace[from]!, readPlace[to]!),
      readStep(index, from),
      readStep(index, to),
    ]),
  }
}

/** All steps of the kind that `order` names. */
export function checkPollOrder(index: HistoryIndex, order: PollOrder): CheckResult {
  const found = new FindingList()
  const { pollSteps } = index
  for (let step = 0; step < pollSteps.size; step++) {
    const delta = pollSteps.delta.data[step]!
    if ((pollSteps.internal.data[step] === 1) !== order.internal || delta > 1 !== order.skip) continue
    const distance = opOfRead(index, pollSteps.to.data[step]!) - opOfRead(index, pollSteps.from.data[step]!)
    found.add(Math.abs(delta) + distance, aspectOf(index, step, order), () => finding(index, step, order))
  }
  return found.result()
}
