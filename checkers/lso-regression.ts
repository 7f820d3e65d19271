/**
 * Last stable offset regression: what one leader tells under one leaderEpoch goes back; or it tells one above its high
 * watermark, in one word (it is asked for the high watermark last) or in a later one. Both only grow.
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { HistoryIndex } from './history-index.ts'
import { type Told, toldByKey } from './index/observations.ts'
import { stepsBack, toldStep } from './told-order.ts'
import { inOrder } from './witness.ts'

const name = 'lso-regression'
const guarantees: readonly string[] = ['TXN-4']

interface Above {
  readonly stable: Told
  readonly watermark: Told
}

/** A last stable offset, and a high watermark below it that the same leader was asked for no earlier. */
function aboveWatermark(told: readonly Told[]): Above[] {
  const highest = new Map<string, Told>()
  return told.flatMap((one): Above[] => {
    if (!one.isLeader || one.leaderEpoch < 0) return []
    const tenure = `${one.leaderEpoch} ${one.node}`
    const known = highest.get(tenure)
    const isHigher = one.lastStableOffset !== undefined && one.lastStableOffset > (known?.lastStableOffset ?? -1)
    if (isHigher) highest.set(tenure, one)
    const stable = isHigher ? one : known
    if (stable === undefined || one.highWatermark === undefined) return []
    return stable.lastStableOffset! > one.highWatermark ? [{ stable, watermark: one }] : []
  })
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  for (const { before, after } of stepsBack(index, 'lastStableOffset')) {
    const [first, second] = [before.lastStableOffset!, after.lastStableOffset!]
    found.add(after.at - before.at, '', () => ({
      anomaly: name,
      guarantees,
      blame: 'broker',
      message: `${after.key}: the last stable offset of leader ${after.node} went from ${first} back to ${second}`,
      key: after.key,
      offsets: [second, first],
      witness: [toldStep(index, before, 'lastStableOffset'), toldStep(index, after, 'lastStableOffset')],
    }))
  }
  for (const { stable, watermark } of [...toldByKey(index.observations).values()].flatMap(aboveWatermark)) {
    const [offset, limit] = [stable.lastStableOffset!, watermark.highWatermark!]
    found.add(watermark.at - stable.at, '', () => ({
      anomaly: name,
      guarantees,
      blame: 'broker',
      message: `${stable.key}: leader ${stable.node} told a last stable offset of ${offset}, above its high watermark of ${limit}`,
      key: stable.key,
      offsets: [limit, offset],
      witness: inOrder([toldStep(index, stable, 'lastStableOffset'), toldStep(index, watermark, 'highWatermark')]),
    }))
  }
  return found.result()
}

export const lsoRegression: Checker = {
  name,
  describes: 'The last stable offset of one leader goes back, or lies above its high watermark.',
  guarantees,
  check,
}
