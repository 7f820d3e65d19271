/** All checkers there are: the list is the registry. */
import type { Checker } from './checker.ts'
import { duplicate } from './duplicate.ts'
import { inconsistentOffsets } from './inconsistent-offsets.ts'
import { intNonmonotonicPoll } from './int-nonmonotonic-poll.ts'
import { intNonmonotonicSend } from './int-nonmonotonic-send.ts'
import { intPollSkip } from './int-poll-skip.ts'
import { intSendSkip } from './int-send-skip.ts'
import { lostWrite } from './lost-write.ts'
import { nonmonotonicPoll } from './nonmonotonic-poll.ts'
import { nonmonotonicSend } from './nonmonotonic-send.ts'
import { phantomRecord } from './phantom-record.ts'
import { pollSkip } from './poll-skip.ts'
import { stuck } from './stuck.ts'
import { unseen } from './unseen.ts'
import type { Finding } from './verdict.ts'

export const checkers: readonly Checker[] = [
  lostWrite,
  duplicate,
  inconsistentOffsets,
  unseen,
  phantomRecord,
  pollSkip,
  nonmonotonicPoll,
  intPollSkip,
  intNonmonotonicPoll,
  nonmonotonicSend,
  intNonmonotonicSend,
  intSendSkip,
  stuck,
]

/** How many findings of one anomaly a judgement lists. */
export const listedAtMost = 32

/** Those that convict first, then smallest first as they came; not more than are listed. */
export function condense(findings: readonly Finding[]): Finding[] {
  const convicting = findings.filter(({ allowed }) => allowed === undefined)
  const allowed = findings.filter(({ allowed }) => allowed !== undefined)
  return [...convicting, ...allowed].slice(0, listedAtMost)
}
