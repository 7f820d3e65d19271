/** All races there are: the list is the registry. */
import type { Race } from './race.ts'
import { abortDoesNotRewind } from './scripts/abort-does-not-rewind.ts'
import { abortedAsTold } from './scripts/aborted-as-told.ts'
import { acknowledgedOffsets } from './scripts/acknowledged-offsets.ts'
import { droppedProduceAck } from './scripts/dropped-produce-ack.ts'
import { endOvertakesAdd } from './scripts/end-overtakes-add.ts'
import { epochBumpInFlight } from './scripts/epoch-bump-in-flight.ts'
import { epochExhaustion } from './scripts/epoch-exhaustion.ts'
import { fiveBatchWindow } from './scripts/five-batch-window.ts'
import { forgottenTransaction } from './scripts/forgotten-transaction.ts'
import { hangingTransaction } from './scripts/hanging-transaction.ts'
import { lateEndTxn } from './scripts/late-end-txn.ts'
import { lateMarker } from './scripts/late-marker.ts'
import { lateRecordJoinsNext } from './scripts/late-record-joins-next.ts'
import { leaderMovesBeforeAck } from './scripts/leader-moves-before-ack.ts'
import { lostEndAck } from './scripts/lost-end-ack.ts'
import { lsoIsExclusive } from './scripts/lso-is-exclusive.ts'
import { mixedVersions } from './scripts/mixed-versions.ts'
import { olderEpochOpen } from './scripts/older-epoch-open.ts'
import { sequenceResetInFlight } from './scripts/sequence-reset-in-flight.ts'
import { sequenceReuseAfterAbort } from './scripts/sequence-reuse-after-abort.ts'
import { stuckPrepare } from './scripts/stuck-prepare.ts'
import { unaddedRecord } from './scripts/unadded-record.ts'
import { writeWhileEnding } from './scripts/write-while-ending.ts'
import { zombieProducer } from './scripts/zombie-producer.ts'

export const races: readonly Race[] = [
  lateEndTxn,
  hangingTransaction,
  lateRecordJoinsNext,
  unaddedRecord,
  lateMarker,
  epochExhaustion,
  mixedVersions,
  writeWhileEnding,
  leaderMovesBeforeAck,
  abortDoesNotRewind,
  sequenceResetInFlight,
  epochBumpInFlight,
  endOvertakesAdd,
  droppedProduceAck,
  fiveBatchWindow,
  lsoIsExclusive,
  lostEndAck,
  olderEpochOpen,
  zombieProducer,
  sequenceReuseAfterAbort,
  forgottenTransaction,
  stuckPrepare,
  abortedAsTold,
  acknowledgedOffsets,
]
