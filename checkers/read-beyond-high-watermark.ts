/**
 * Read beyond the high watermark: a poll returned a record at an offset that the high watermark had not passed even
 * later: a leader of the leaderEpoch it was served under, or of a later one, was asked after the poll and told no more
 * than that offset, and none before it had told more.
 */
import type { Checker } from './checker.ts'
import { FindingList } from './finding-list.ts'
import { addLaterWords, type LaterWord } from './later-word.ts'

const name = 'read-beyond-high-watermark'
const guarantees: readonly string[] = ['DUR-5']

const word: LaterWord = {
  name,
  guarantees,
  says: ({ node, highWatermark }) => `and even later the high watermark of leader ${node} was ${highWatermark!}`,
}

export const readBeyondHighWatermark: Checker = {
  name,
  describes: 'A poll returned a record that no high watermark had passed, as a leader told it afterwards.',
  guarantees,
  check: index => {
    const beyond = index.contradicted.filter(({ toldMore }) => toldMore === 'nobody')
    return addLaterWords(new FindingList(), index, beyond, word)
  },
}
