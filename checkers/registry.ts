/** All checkers there are: the list is the registry. */
import type { Checker } from './checker.ts'
import { doubleOwner } from './double-owner.ts'
import { bankImbalance } from './bank-imbalance.ts'
import { blockedPartition } from './blocked-partition.ts'
import { duplicate } from './duplicate.ts'
import { exactlyOnceViolation } from './exactly-once-violation.ts'
import { falseDeadLetter } from './false-dead-letter.ts'
import { g0 } from './g0.ts'
import { g1a } from './g1a.ts'
import { groupCrosstalk } from './group-crosstalk.ts'
import { g1b } from './g1b.ts'
import { g1c } from './g1c.ts'
import { highWatermarkRegression } from './high-watermark-regression.ts'
import { inconsistentOffsets } from './inconsistent-offsets.ts'
import { intNonmonotonicPoll } from './int-nonmonotonic-poll.ts'
import { intNonmonotonicSend } from './int-nonmonotonic-send.ts'
import { intPollSkip } from './int-poll-skip.ts'
import { intSendSkip } from './int-send-skip.ts'
import { keyMoved } from './key-moved.ts'
import { leaderEpochRegression } from './leader-epoch-regression.ts'
import { logStartRegression } from './log-start-regression.ts'
import { lostCommit } from './lost-commit.ts'
import { lostDeadLetter } from './lost-dead-letter.ts'
import { lostWrite } from './lost-write.ts'
import { lsoRegression } from './lso-regression.ts'
import { nonmonotonicPoll } from './nonmonotonic-poll.ts'
import { nonmonotonicSend } from './nonmonotonic-send.ts'
import { offsetRegression } from './offset-regression.ts'
import { orphanPartition } from './orphan-partition.ts'
import { phantomRecord } from './phantom-record.ts'
import { overfullPoll } from './overfull-poll.ts'
import { pollSkip } from './poll-skip.ts'
import { precommittedRead } from './precommitted-read.ts'
import { readBeyondHighWatermark } from './read-beyond-high-watermark.ts'
import { repeatedSideEffect } from './repeated-side-effect.ts'
import { reprocessedRecord } from './reprocessed-record.ts'
import { skippedRecord } from './skipped-record.ts'
import { staleOffsetAck } from './stale-offset-ack.ts'
import { staticRebalance } from './static-rebalance.ts'
import { stuckTransaction } from './stuck-transaction.ts'
import { stuck } from './stuck.ts'
import { stuckRebalance } from './stuck-rebalance.ts'
import { tornTransaction } from './torn-transaction.ts'
import { twoLeaders } from './two-leaders.ts'
import { unbalancedAssignment } from './unbalanced-assignment.ts'
import { undrainedLag } from './undrained-lag.ts'
import { unfencedZombie } from './unfenced-zombie.ts'
import { unseen } from './unseen.ts'
import { vanishedRead } from './vanished-read.ts'
import { wrongStart } from './wrong-start.ts'
import { zombieWrite } from './zombie-write.ts'
import type { Finding } from './verdict.ts'

export const checkers: readonly Checker[] = [
  lostWrite,
  duplicate,
  inconsistentOffsets,
  unseen,
  vanishedRead,
  g1a,
  phantomRecord,
  keyMoved,
  pollSkip,
  nonmonotonicPoll,
  intPollSkip,
  intNonmonotonicPoll,
  nonmonotonicSend,
  intNonmonotonicSend,
  intSendSkip,
  staleOffsetAck,
  leaderEpochRegression,
  twoLeaders,
  highWatermarkRegression,
  readBeyondHighWatermark,
  logStartRegression,
  doubleOwner,
  orphanPartition,
  offsetRegression,
  lostCommit,
  unfencedZombie,
  skippedRecord,
  reprocessedRecord,
  lostDeadLetter,
  falseDeadLetter,
  blockedPartition,
  wrongStart,
  undrainedLag,
  overfullPoll,
  staticRebalance,
  stuckRebalance,
  unbalancedAssignment,
  groupCrosstalk,
  repeatedSideEffect,
  g0,
  g1b,
  g1c,
  precommittedRead,
  tornTransaction,
  zombieWrite,
  exactlyOnceViolation,
  bankImbalance,
  lsoRegression,
  stuckTransaction,
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
