/**
 * Planted bugs: each overrides one decision of the core with a mistake that real brokers have made. They prove that the
 * checkers can speak. Loaded by the simulator and by test builds only; the image and the package do not have them.
 */
import { soundDecisions, type Decisions } from '../core/decisions.ts'
import { acknowledgeBeforeReplication } from './acknowledge-before-replication.ts'
import { acknowledgeWhenDeposed } from './acknowledge-when-deposed.ts'
import { addWhileEnding } from './add-while-ending.ts'
import { answerOffsetZero } from './answer-offset-zero.ts'
import { appendUnasked } from './append-unasked.ts'
import { commitBelowMinimum } from './commit-below-minimum.ts'
import { commitInAnyGeneration } from './commit-in-any-generation.ts'
import { commitOffsetsAtOnce } from './commit-offsets-at-once.ts'
import { commitUnsyncedMetadata } from './commit-unsynced-metadata.ts'
import { dropAbortMarkers } from './drop-abort-markers.ts'
import { electOutsideInSync } from './elect-outside-in-sync.ts'
import { endKeepsEpoch } from './end-keeps-epoch.ts'
import { endNothing } from './end-nothing.ts'
import { forgetDuplicates } from './forget-duplicates.ts'
import { forgetMarkers } from './forget-markers.ts'
import { forgetOpenTransactions } from './forget-open-transactions.ts'
import { forgetSequencesOnRestart } from './forget-sequences-on-restart.ts'
import { forgetVote } from './forget-vote.ts'
import { grantBeforeRelease } from './grant-before-release.ts'
import { ignoreFlush } from './ignore-flush.ts'
import { keepFirstCommit } from './keep-first-commit.ts'
import { keepStaleLeader } from './keep-stale-leader.ts'
import { leadOnInOldEpoch } from './lead-on-in-old-epoch.ts'
import { leaderCountsAlone } from './leader-counts-alone.ts'
import { leaveOlderEpochOpen } from './leave-older-epoch-open.ts'
import { leaveUneven } from './leave-uneven.ts'
import { loadCommittedOnly } from './load-committed-only.ts'
import { loseTailOnRecovery } from './lose-tail-on-recovery.ts'
import { neverEndSession } from './never-end-session.ts'
import { neverFence } from './never-fence.ts'
import { raiseEpochTwice } from './raise-epoch-twice.ts'
import { rebalanceForStatic } from './rebalance-for-static.ts'
import { recallAbortedBatches } from './recall-aborted-batches.ts'
import { refuseDuplicates } from './refuse-duplicates.ts'
import { refuseLateCommits } from './refuse-late-commits.ts'
import { refuseRepeatedEnd } from './refuse-repeated-end.ts'
import { rememberOneBatch } from './remember-one-batch.ts'
import { reuseOffset } from './reuse-offset.ts'
import { serveBeyondHighWatermark } from './serve-beyond-high-watermark.ts'
import { shareOffsets } from './share-offsets.ts'
import { showLastStableOffset } from './show-last-stable-offset.ts'
import { shrinkBeforeConfirmation } from './shrink-before-confirmation.ts'
import { takeAnyMarker } from './take-any-marker.ts'
import { tellLastOffset } from './tell-last-offset.ts'
import { tellNextOffset } from './tell-next-offset.ts'
import { truncateByHighWatermark } from './truncate-by-high-watermark.ts'
import { trustUncleanStop } from './trust-unclean-stop.ts'
import { widenInSyncEarly } from './widen-in-sync-early.ts'
import type { Defect } from './defect.ts'

export const defects: Readonly<Record<string, Defect>> = {
  'acknowledge-before-replication': acknowledgeBeforeReplication,
  'acknowledge-when-deposed': acknowledgeWhenDeposed,
  'add-while-ending': addWhileEnding,
  'answer-offset-zero': answerOffsetZero,
  'append-unasked': appendUnasked,
  'commit-below-minimum': commitBelowMinimum,
  'commit-in-any-generation': commitInAnyGeneration,
  'commit-offsets-at-once': commitOffsetsAtOnce,
  'commit-unsynced-metadata': commitUnsyncedMetadata,
  'drop-abort-markers': dropAbortMarkers,
  'elect-outside-in-sync': electOutsideInSync,
  'end-keeps-epoch': endKeepsEpoch,
  'end-nothing': endNothing,
  'forget-duplicates': forgetDuplicates,
  'forget-markers': forgetMarkers,
  'forget-open-transactions': forgetOpenTransactions,
  'forget-sequences-on-restart': forgetSequencesOnRestart,
  'forget-vote': forgetVote,
  'grant-before-release': grantBeforeRelease,
  'ignore-flush': ignoreFlush,
  'keep-first-commit': keepFirstCommit,
  'keep-stale-leader': keepStaleLeader,
  'lead-on-in-old-epoch': leadOnInOldEpoch,
  'leader-counts-alone': leaderCountsAlone,
  'leave-older-epoch-open': leaveOlderEpochOpen,
  'leave-uneven': leaveUneven,
  'load-committed-only': loadCommittedOnly,
  'lose-tail-on-recovery': loseTailOnRecovery,
  'never-end-session': neverEndSession,
  'never-fence': neverFence,
  'raise-epoch-twice': raiseEpochTwice,
  'rebalance-for-static': rebalanceForStatic,
  'recall-aborted-batches': recallAbortedBatches,
  'refuse-duplicates': refuseDuplicates,
  'refuse-late-commits': refuseLateCommits,
  'refuse-repeated-end': refuseRepeatedEnd,
  'remember-one-batch': rememberOneBatch,
  'reuse-offset': reuseOffset,
  'serve-beyond-high-watermark': serveBeyondHighWatermark,
  'share-offsets': shareOffsets,
  'show-last-stable-offset': showLastStableOffset,
  'shrink-before-confirmation': shrinkBeforeConfirmation,
  'take-any-marker': takeAnyMarker,
  'tell-last-offset': tellLastOffset,
  'tell-next-offset': tellNextOffset,
  'truncate-by-high-watermark': truncateByHighWatermark,
  'trust-unclean-stop': trustUncleanStop,
  'widen-in-sync-early': widenInSyncEarly,
}

export function withDefect(name: string): Decisions {
  const defect = defects[name]
  if (defect === undefined) throw new Error(`there is no defect ${name}`)
  return { ...soundDecisions, ...defect.decisions }
}
