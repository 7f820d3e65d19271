/**
 * Log start regression: one leader, under one leaderEpoch, told a logStartOffset and later a lower one. Records before it
 * were taken away by then, and nothing brings them back. A new leader may know less of what was taken away.
 */
import type { Checker } from './checker.ts'
import { FindingList } from './finding-list.ts'
import { stepsBack, toldStep } from './told-order.ts'

const name = 'log-start-regression'
const guarantees: readonly string[] = ['ORD-4']

export const logStartRegression: Checker = {
  name,
  describes: 'The log start that one leader tells under one leaderEpoch goes back.',
  guarantees,
  check: index => {
    const found = new FindingList()
    for (const { before, after } of stepsBack(index, 'logStartOffset')) {
      const [first, second] = [before.logStartOffset!, after.logStartOffset!]
      found.add(after.at - before.at, '', () => ({
        anomaly: name,
        guarantees,
        blame: 'broker',
        message: `${after.key}: the log start of broker ${after.node} went from ${first} back to ${second}`,
        key: after.key,
        offsets: [second, first],
        witness: [toldStep(index, before, 'logStartOffset'), toldStep(index, after, 'logStartOffset')],
      }))
    }
    return found.result()
  },
}
