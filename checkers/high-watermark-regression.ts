/**
 * High watermark regression: what one leader tells under one leaderEpoch goes back; or a later leader tells no more than
 * what a poll before it had read, where an earlier one had told more. Between leaders a step back is lawful as long as
 * everything read lies below it.
 */
import type { Checker, CheckResult } from './checker.ts'
import { FindingList } from './finding-list.ts'
import type { HistoryIndex } from './history-index.ts'
import { addLaterWords, type LaterWord } from './later-word.ts'
import { stepsBack, toldStep } from './told-order.ts'

const name = 'high-watermark-regression'
const guarantees: readonly string[] = ['DUR-5']

const word: LaterWord = {
  name,
  guarantees,
  says: ({ node, highWatermark }) => `and leader ${node} told a high watermark of only ${highWatermark!} after it`,
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  for (const { before, after } of stepsBack(index, 'highWatermark')) {
    const [first, second] = [before.highWatermark!, after.highWatermark!]
    found.add(after.at - before.at, '', () => ({
      anomaly: name,
      guarantees,
      blame: 'broker',
      message: `${after.key}: the high watermark of leader ${after.node} went from ${first} back to ${second}`,
      key: after.key,
      offsets: [second, first],
      witness: [toldStep(index, before, 'highWatermark'), toldStep(index, after, 'highWatermark')],
    }))
  }
  return addLaterWords(found, index, index.contradicted.filter(({ toldMore }) => toldMore === 'another'), word)
}

export const highWatermarkRegression: Checker = {
  name,
  describes: 'The high watermark goes back under one leader, or below what was read before under a later one.',
  guarantees,
  check,
}
