/**
 * False dead letter: one that does not say, or says wrongly, which record it is about or why. Judged by what members read from
 * the letters themselves (mark `letter`): topic, partition and offset must be told and be those of its value, the group that
 * puts aside must have failed at that record, the record's key must be kept, and a cause be given.
 */
import type { Checker, CheckResult } from './checker.ts'
import { derivedFrom } from '../history/derived-value.ts'
import type { LetterValue } from '../history/group-op.ts'
import { FindingList } from './finding-list.ts'
import { type LetterRow, topicOf } from './groups/group-ops.ts'
import { groupsOf } from './groups/groups.ts'
import { type DeadLetters, deadLettersOf, originName, poisonOf, recordAt } from './groups/letters.ts'
import { memberName, stepAt } from './groups/steps.ts'
import type { HistoryIndex } from './history-index.ts'
import { none } from './index/codes.ts'
import type { Finding } from './verdict.ts'

const name = 'false-dead-letter'
const guarantees: readonly string[] = ['GRP-11']

/** The key the record at an offset carries, where a poll told it. */
function carriedKey(index: HistoryIndex, record: number): string | undefined {
  const code = record === none ? none : index.records.recordKeyOf(record)
  return code === none ? undefined : index.records.recordKeys[code]
}

/** What is wrong with it, in words; undefined when nothing is. `sharing`: who puts aside in its topic. */
function wrongIn(index: HistoryIndex, sharing: readonly DeadLetters[], { key, offset, of, recordKey, cause }: LetterValue): string | undefined {
  if (of === undefined) return 'does not say which record it is about'
  const [ofKey, ofOffset] = of
  const self = recordAt(index, key, offset)
  const made = self === none ? undefined : derivedFrom(index.records.values[self]!)
  if (self !== none && (made?.key !== String(ofKey) || made.offset !== ofOffset)) return `says ${originName(ofKey, ofOffset)}, and was made from another`
  if (!sharing.some(({ group }) => poisonOf(group.work.get(ofKey) ?? []).has(ofOffset))) {
    return `is about ${originName(ofKey, ofOffset)}, at which group ${sharing.map(({ group }) => group.name).join(' or ')} did not fail`
  }
  if (cause === undefined || cause === '') return 'does not say why'
  const carried = carriedKey(index, recordAt(index, ofKey, ofOffset))
  if (carried !== undefined && recordKey !== carried) return `has the key ${String(recordKey)}, and the record has ${carried}`
  return undefined
}

function finding(index: HistoryIndex, { at, actor, value }: LetterRow, wrong: string): Finding {
  return {
    anomaly: name,
    guarantees,
    message: `${value.key}: the dead letter at offset ${value.offset} ${wrong}`,
    key: value.key,
    offsets: [value.offset],
    witness: [stepAt(index, at, `${memberName(index, actor)} read the letter, which ${wrong}`)],
  }
}

function check(index: HistoryIndex): CheckResult {
  const found = new FindingList()
  for (const [topic, sharing] of Map.groupBy(deadLettersOf(index), ({ config }) => config.topic)) {
    const seen = new Set<string>()
    for (const letter of groupsOf(index).flatMap(({ letters }) => letters)) {
      const { key, offset } = letter.value
      const which = originName(key, offset)
      if (topicOf(key) !== topic || seen.has(which)) continue
      seen.add(which)
      const wrong = wrongIn(index, sharing, letter.value)
      if (wrong !== undefined) found.add(0, '', () => finding(index, letter, wrong))
    }
  }
  return found.result()
}

export const falseDeadLetter: Checker = {
  name,
  describes: 'A dead letter does not say, or says wrongly, which record it is about, what key that had, or why.',
  guarantees,
  check,
}
