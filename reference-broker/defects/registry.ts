/**
 * Planted bugs: each overrides one decision of the core with a mistake that real brokers have made. They prove that the
 * checkers can speak. Loaded by the simulator and by test builds only; the image and the package do not have them.
 */
import { soundDecisions, type Decisions } from '../core/decisions.ts'
import { acknowledgeBeforeReplication } from './acknowledge-before-replication.ts'
import { acknowledgeWhenDeposed } from './acknowledge-when-deposed.ts'
import { answerOffsetZero } from './answer-offset-zero.ts'
import { commitBelowMinimum } from './commit-below-minimum.ts'
import { commitUnsyncedMetadata } from './commit-unsynced-metadata.ts'
import { electOutsideInSync } from './elect-outside-in-sync.ts'
import { forgetDuplicates } from './forget-duplicates.ts'
import { forgetSequencesOnRestart } from './forget-sequences-on-restart.ts'
import { forgetVote } from './forget-vote.ts'
import { ignoreFlush } from './ignore-flush.ts'
import { keepStaleLeader } from './keep-stale-leader.ts'
import { leadOnInOldEpoch } from './lead-on-in-old-epoch.ts'
import { leaderCountsAlone } from './leader-counts-alone.ts'
import { loseTailOnRecovery } from './lose-tail-on-recovery.ts'
import { reuseOffset } from './reuse-offset.ts'
import { serveBeyondHighWatermark } from './serve-beyond-high-watermark.ts'
import { shrinkBeforeConfirmation } from './shrink-before-confirmation.ts'
import { truncateByHighWatermark } from './truncate-by-high-watermark.ts'
import { trustUncleanStop } from './trust-unclean-stop.ts'
import { widenInSyncEarly } from './widen-in-sync-early.ts'
import { appendUnasked } from './append-unasked.ts'
import { endKeepsEpoch } from './end-keeps-epoch.ts'
import type { Defect } from './defect.ts'

export const defects: Readonly<Record<string, Defect>> = {
  'acknowledge-before-replication': acknowledgeBeforeReplication,
  'acknowledge-when-deposed': acknowledgeWhenDeposed,
  'answer-offset-zero': answerOffsetZero,
  'commit-below-minimum': commitBelowMinimum,
  'commit-unsynced-metadata': commitUnsyncedMetadata,
  'elect-outside-in-sync': electOutsideInSync,
  'forget-duplicates': forgetDuplicates,
  'forget-sequences-on-restart': forgetSequencesOnRestart,
  'forget-vote': forgetVote,
  'ignore-flush': ignoreFlush,
  'keep-stale-leader': keepStaleLeader,
  'lead-on-in-old-epoch': leadOnInOldEpoch,
  'leader-counts-alone': leaderCountsAlone,
  'lose-tail-on-recovery': loseTailOnRecovery,
  'reuse-offset': reuseOffset,
  'serve-beyond-high-watermark': serveBeyondHighWatermark,
  'shrink-before-confirmation': shrinkBeforeConfirmation,
  'truncate-by-high-watermark': truncateByHighWatermark,
  'trust-unclean-stop': trustUncleanStop,
  'widen-in-sync-early': widenInSyncEarly,
  'append-unasked': appendUnasked,
  'end-keeps-epoch': endKeepsEpoch,
}

export function withDefect(name: string): Decisions {
  const defect = defects[name]
  if (defect === undefined) throw new Error(`there is no defect ${name}`)
  return { ...soundDecisions, ...defect.decisions }
}
