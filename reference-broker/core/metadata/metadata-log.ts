/**
 * Opening what a node has of the cluster's metadata: the newest whole snapshot, and the log after it. Whatever a crash left
 * between the two is put right here: a log that does not reach the snapshot, or has something else than the snapshot at its
 * end, begins anew there; one that still has what the snapshot holds is cut at its front.
 */
import type { FileEntry } from '../../../ports/events.ts'
import type { DiskLoop } from '../../../ports/loop.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { Decisions } from '../decisions.ts'
import { openLog, type LogConfig, type PartitionLog } from '../log/partition-log.ts'
import type { Logger } from '../logger.ts'
import { metadataTopic } from '../raft/metadata-topic.ts'
import type { Snapshot } from './snapshot.ts'
import { findNewestSnapshot, removeOlderSnapshots, type FoundSnapshot } from './snapshot-files.ts'
import { Snapshots } from './snapshots.ts'

export interface MetadataLogOptions {
  readonly loop: DiskLoop
  readonly config: BrokerConfig
  readonly decisions: Decisions
  readonly cleanShutdown: boolean
  /** Of the data directory, as they are. */
  readonly files: readonly FileEntry[]
  readonly logger: Logger
  readonly onFatal: (reason: string) => void
}

export interface OpenedMetadata {
  readonly log: PartitionLog
  readonly snapshots: Snapshots
  /** What the log begins with. */
  readonly snapshot: Snapshot | undefined
}

/** Settings no topic can change. A segment is no longer than what a snapshot replaces: whole segments are deleted. */
function logConfig(config: BrokerConfig): LogConfig {
  return {
    segmentBytes: Math.min(1024 * 1024 * 1024, config.metadataLogMaxRecordBytesBetweenSnapshots),
    segmentMs: 7 * 24 * 3600 * 1000,
    indexIntervalBytes: 4096,
    segmentIndexBytes: 10 * 1024 * 1024,
    cacheBytes: 4 * 1024 * 1024,
    producerIdExpirationMs: 24 * 3600 * 1000,
  }
}

/** `done` when the log is open, and never when it cannot be: then `onFatal` says why. */
export function openMetadataLog(options: MetadataLogOptions, done: (opened: OpenedMetadata) => void): void {
  const { loop, config, decisions, cleanShutdown, files, logger, onFatal } = options
  findNewestSnapshot(loop, { dir: metadataTopic.dir, files }, (result) => {
    if (!result.ok) return onFatal(result.reason)
    for (const refused of result.refused) logger('warn', 'metadata snapshot refused', { refused })
    return openLog(loop, metadataTopic.dir, { config: logConfig(config), decisions, cleanShutdown }, (opened) => {
      if (!opened.ok) return onFatal(`cannot open the metadata log: ${opened.reason}`)
      opened.log.onFailed = (reason) => onFatal(`the metadata log failed: ${reason}`)
      return join(options, opened.log, result.newest, done)
    })
  })
}

function join(
  { loop, decisions, logger, onFatal }: MetadataLogOptions,
  log: PartitionLog,
  found: FoundSnapshot | undefined,
  done: (opened: OpenedMetadata) => void,
): void {
  const end = found?.stored.endOffset ?? 0
  if (log.logStartOffset > end) {
    return onFatal(`the metadata log starts at ${log.logStartOffset}, and the newest whole snapshot ends at ${end}`)
  }
  const snapshots = new Snapshots({ loop, log, newest: found?.stored, onFatal })
  if (found === undefined) return done({ log, snapshots, snapshot: undefined })
  const { stored, snapshot } = found
  const joined = (): void => {
    const { recordsCount } = snapshot
    logger('info', 'metadata snapshot loaded', { from: 'disk', endOffset: end, recordsCount, logRecords: log.logEndOffset - end })
    removeOlderSnapshots(loop, log.dir, stored, (removed) => {
      if (removed.ok) done({ log, snapshots, snapshot })
      else onFatal(removed.reason)
    })
  }
  const { logStartOffset, logEndOffset, epochs } = log
  const offsets = { logStartOffset, logEndOffset }
  const epochBeforeEnd = epochs.epochAt(end - 1)
  if (decisions.snapshotReplacesLog({ snapshot: stored, ...offsets, lastEpoch: epochs.latest, epochBeforeEnd })) return log.truncateFullyAndStartAt(end, joined)
  return log.advanceLogStart(end, joined)
}
