/**
 * Every decision a bug could get wrong, as a small pure function under one name. The broker asks this table and nothing
 * else, so a planted defect is an override of one entry, kept outside the broker's own code (reference-broker/defects).
 */
import type { ErrorName } from '../../protocol/errors.ts'
import { soundCoordinatorDecisions, type CoordinatorDecisions } from './coordinator/coordinator-decisions.ts'
import { soundGroupDecisions, type GroupDecisions } from './groups/group-decisions.ts'
import { classifyBatch, classifyMarker, type ProducerEntry } from './log/producer-state.ts'
import type { LogDecisions } from './log/partition-log.ts'
import type { SnapshotId } from './metadata/snapshot.ts'
import type { AbortedTransaction } from './log/transactions.ts'
import { soundTransactionDecisions, type TransactionDecisions } from './transactions/transaction-decisions.ts'

export interface HighWatermarkView {
  readonly current: number
  /** What this leader has safely written (or synced, where flush.messages asks for it). */
  readonly leaderWritten: number
  /** Log ends of the followers that count: in sync, being added, or caught up in time. */
  readonly followerEnds: readonly number[]
  readonly inSyncCount: number
  readonly minInSyncReplicas: number
}

export interface AcknowledgeView {
  /** First offset after the batch. */
  readonly endOffset: number
  readonly highWatermark: number
  readonly leaderWritten: number
}

export interface ElectionView {
  /** In assignment order: the first is preferred. */
  readonly replicas: readonly number[]
  readonly inSyncReplicas: readonly number[]
  readonly eligibleLeaderReplicas: readonly number[]
  /** -1: there was none. */
  readonly lastKnownLeader: number
  /** Live: registered, unfenced, not shutting down. */
  readonly isLive: (brokerId: number) => boolean
  readonly uncleanAllowed: boolean
}

export interface Elected {
  /** -1: nobody may lead. */
  readonly leader: number
  readonly inSyncReplicas: readonly number[]
  readonly unclean: boolean
}

export interface VoteView {
  readonly candidateLastEpoch: number
  readonly candidateEndOffset: number
  readonly ownLastEpoch: number
  readonly ownEndOffset: number
}

export interface TruncationView {
  /** Where the leader says its log for that epoch, or the one before, ends. */
  readonly diverging: { readonly epoch: number; readonly endOffset: number }
  /** The same question asked of the own log. */
  readonly own: { readonly leaderEpoch: number; readonly endOffset: number }
  readonly highWatermark: number
}

export interface SnapshotNeedView {
  readonly fetchOffset: number
  /** -1: the fetcher has nothing. */
  readonly lastFetchedEpoch: number
  /** What the leader's log begins with. */
  readonly snapshot: SnapshotId
}

export interface SnapshotReplacesView {
  readonly snapshot: SnapshotId
  readonly logStartOffset: number
  readonly logEndOffset: number
  /** Leader epoch of the log's last record, -1 when it has none. */
  readonly lastEpoch: number
  /** Leader epoch of the record before the snapshot's end, -1 when the log has none there. */
  readonly epochBeforeEnd: number
}

export interface ReadBoundView {
  readonly isFollower: boolean
  readonly isReadCommitted: boolean
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logEndOffset: number
}

/** Offsets of none are Infinity. */
export interface StableView {
  readonly highWatermark: number
  readonly logStartOffset: number
  /** Where the oldest open transaction began. */
  readonly firstOpenOffset: number
  /** Where the oldest transaction began whose marker is not below the high watermark: it may yet be lost. */
  readonly firstUnreplicatedOffset: number
}

export interface SafeOffsetView {
  readonly writtenOffset: number
  readonly syncedOffset: number
  /** The topic's flush.messages. */
  readonly flushMessages: number
}

export interface FlushView {
  readonly writtenOffset: number
  readonly syncedOffset: number
  /** The topic's flush.messages. */
  readonly flushMessages: number
}

export interface RoleView {
  readonly logEndOffset: number
  readonly highWatermark: number
}

export interface OneVoteView {
  /** Whom this voter has voted for in the epoch, -1 when nobody. */
  readonly votedId: number
  readonly candidateId: number
}

export interface JoinView {
  readonly followerEnd: number
  readonly highWatermark: number
  /** Where the leader's epoch began in its log. */
  readonly epochStartOffset: number
}

export interface StopView {
  /** What the broker says it had, -1 when it cannot say. */
  readonly previousBrokerEpoch: number
  /** What it was registered under. */
  readonly brokerEpoch: number
  /** See BrokerImage. */
  readonly intactSince: number
}

export interface Decisions extends LogDecisions, CoordinatorDecisions, GroupDecisions, TransactionDecisions {
  /** First offset a reader may not see. */
  readBound(view: ReadBoundView): number
  /** First offset of which it is not yet known for good whether it is committed. */
  lastStableOffset(view: StableView): number
  /** Which of the aborted transactions in what it reads a read_committed reader is told to leave out. */
  abortedToTell(aborted: readonly AbortedTransaction[]): readonly AbortedTransaction[]
  /** Which marker ends the transaction in the log; undefined: none is written. */
  markerToAppend(committed: boolean): { readonly committed: boolean } | undefined
  /** What counts as a replica's own copy: written, or synced where flush.messages=1 promises it. */
  safeOffset(view: SafeOffsetView): number
  /** Has so much been written since the last sync that flush.messages asks for another? */
  mustFlush(view: FlushView): boolean
  /** The offset a producer is told for its batch. */
  answeredOffset(baseOffset: number): number
  /** Whom the high watermark waits for while a change of the in-sync set is on its way: members old and new. */
  membersThatCount(view: { readonly inSyncReplicas: readonly number[]; readonly proposed: readonly number[] }): readonly number[]
  /** Has the follower all it needs to count as in sync? */
  mayJoinInSync(view: JoinView): boolean
  /** Where a replica's log ends when it begins to follow a new leader. */
  followFrom(view: RoleView): number
  /** Where a new leader goes on: the first offset it gives out. */
  leadFrom(view: RoleView): number
  /** Does a leader give way when the controller names another? */
  givesWay(): boolean
  /** What producers that wait are told when their leader is one no longer. */
  deposedAnswer(): ErrorName
  /** How much of a log that was not closed in order is believed; `logEndOffset` is the end of what is sound. */
  recoveredEnd(logEndOffset: number): number
  /** May a broker that has just started act on metadata older than its own registration? */
  mayActOnOldMetadata(): boolean
  /** May a broker that registers again have lost what it had written (KIP-966)? */
  isUncleanStop(view: StopView): boolean
  /** How much of the metadata log a quorum member may claim to have. */
  quorumStoredOffset(view: { readonly logEndOffset: number; readonly syncedOffset: number }): number
  /** The leader's new high watermark: never back, and standing still below the minimum in-sync count (KIP-966). */
  leaderHighWatermark(view: HighWatermarkView): number
  /** May an acks=all write be answered as done? */
  mayAcknowledge(view: AcknowledgeView): boolean
  /** Who leads a partition whose leader is gone. */
  electLeader(view: ElectionView): Elected
  /** Is the candidate's log at least as complete as ours (Raft 5.4.1)? */
  logIsUpToDate(view: VoteView): boolean
  /** May the candidate have this voter's vote: one an epoch (Raft 5.2)? */
  mayVoteFor(view: OneVoteView): boolean
  /** Where a follower whose log diverged cuts it: by epoch, never by high watermark (KIP-101). */
  truncationOffset(view: TruncationView): number
  /** Must a fetcher of the metadata log begin with the leader's snapshot, because its log ends before or beside it (KIP-630)? */
  needsSnapshot(view: SnapshotNeedView): boolean
  /** Does the snapshot found at start take the place of the whole log, because that lacks or contradicts some of it? */
  snapshotReplacesLog(view: SnapshotReplacesView): boolean
  /** What a majority of voters has on disk; `ends` in any order, the leader's own synced end among them. */
  quorumCommittedOffset(ends: readonly number[]): number
}

function readBound({ isFollower, isReadCommitted, logEndOffset, highWatermark, lastStableOffset }: ReadBoundView): number {
  if (isFollower) return logEndOffset
  return isReadCommitted ? lastStableOffset : highWatermark
}

/** Never above the high watermark; never below the start of the log, where a transaction's beginning was deleted. */
function lastStableOffset(view: StableView): number {
  const firstUnstable = Math.min(view.firstOpenOffset, view.firstUnreplicatedOffset)
  return Math.min(view.highWatermark, Math.max(view.logStartOffset, firstUnstable))
}

function leaderHighWatermark(view: HighWatermarkView): number {
  if (view.inSyncCount < view.minInSyncReplicas) return view.current
  let lowest = view.leaderWritten
  for (const end of view.followerEnds) if (end < lowest) lowest = end
  return lowest > view.current ? lowest : view.current
}

/**
 * In sync first, in assignment order; then, when nobody is, an eligible replica; then, when nobody is complete at all, the
 * one that led last (KIP-966); then, where the topic allows it, anybody. The last two may lose what was acknowledged.
 */
function electLeader(view: ElectionView): Elected {
  const { replicas, inSyncReplicas, eligibleLeaderReplicas, lastKnownLeader, isLive } = view
  const member = replicas.find((id) => inSyncReplicas.includes(id) && isLive(id))
  if (member !== undefined) return { leader: member, inSyncReplicas, unclean: false }
  const eligible = replicas.find((id) => eligibleLeaderReplicas.includes(id) && isLive(id))
  if (inSyncReplicas.length === 0 && eligible !== undefined) return { leader: eligible, inSyncReplicas: [eligible], unclean: false }
  const nobodyIsComplete = inSyncReplicas.length === 0 && eligibleLeaderReplicas.length === 0
  const last = nobodyIsComplete && isLive(lastKnownLeader) ? lastKnownLeader : undefined
  const any = last ?? (view.uncleanAllowed ? replicas.find(isLive) : undefined)
  if (any !== undefined) return { leader: any, inSyncReplicas: [any], unclean: true }
  return { leader: -1, inSyncReplicas, unclean: false }
}

function logIsUpToDate(view: VoteView): boolean {
  if (view.candidateLastEpoch !== view.ownLastEpoch) return view.candidateLastEpoch > view.ownLastEpoch
  return view.candidateEndOffset >= view.ownEndOffset
}

function truncationOffset(view: TruncationView): number {
  if (view.own.leaderEpoch !== view.diverging.epoch) return Math.max(0, view.own.endOffset)
  return Math.min(view.own.endOffset, view.diverging.endOffset)
}

function needsSnapshot({ fetchOffset, lastFetchedEpoch, snapshot }: SnapshotNeedView): boolean {
  if (fetchOffset < snapshot.endOffset || lastFetchedEpoch < snapshot.epoch) return true
  return fetchOffset === snapshot.endOffset && lastFetchedEpoch !== snapshot.epoch
}

/** Same epoch at the same offset is the same log up to there. A log that begins at the snapshot's end may have an old tail. */
function snapshotReplacesLog(view: SnapshotReplacesView): boolean {
  const { snapshot, logStartOffset, logEndOffset, lastEpoch, epochBeforeEnd } = view
  if (lastEpoch < snapshot.epoch) return true
  if (logStartOffset === snapshot.endOffset) return false
  return logEndOffset < snapshot.endOffset || epochBeforeEnd !== snapshot.epoch
}

function quorumCommittedOffset(ends: readonly number[]): number {
  const descending = [...ends].sort((a, b) => b - a)
  return descending[Math.floor(ends.length / 2)]!
}

/** While the broker cannot show that it still has what it had, it may have lost some of it. */
function isUncleanStop({ previousBrokerEpoch, brokerEpoch, intactSince }: StopView): boolean {
  return previousBrokerEpoch < 0 || (previousBrokerEpoch !== brokerEpoch && previousBrokerEpoch !== intactSince)
}

export const soundDecisions: Decisions = {
  readBound,
  lastStableOffset,
  abortedToTell: (aborted) => aborted,
  markerToAppend: (committed) => ({ committed }),
  safeOffset: ({ flushMessages, syncedOffset, writtenOffset }) => (flushMessages <= 1 ? syncedOffset : writtenOffset),
  mustFlush: ({ flushMessages, syncedOffset, writtenOffset }) => writtenOffset - syncedOffset >= flushMessages,
  answeredOffset: (baseOffset) => baseOffset,
  membersThatCount: ({ inSyncReplicas, proposed }) => (proposed === inSyncReplicas ? proposed : [...inSyncReplicas, ...proposed]),
  mayJoinInSync: ({ followerEnd, highWatermark, epochStartOffset }) => followerEnd >= Math.max(highWatermark, epochStartOffset),
  followFrom: ({ logEndOffset }) => logEndOffset,
  leadFrom: ({ logEndOffset }) => logEndOffset,
  givesWay: () => true,
  deposedAnswer: () => 'NOT_LEADER_OR_FOLLOWER',
  recoveredEnd: (logEndOffset) => logEndOffset,
  mayActOnOldMetadata: () => false,
  isUncleanStop,
  quorumStoredOffset: ({ syncedOffset }) => syncedOffset,
  classifyBatch,
  classifyMarker,
  recoveredProducers: (entries: readonly ProducerEntry[]): readonly ProducerEntry[] => entries,
  leaderHighWatermark,
  mayAcknowledge: (view) => view.highWatermark >= view.endOffset,
  electLeader,
  logIsUpToDate,
  mayVoteFor: ({ votedId, candidateId }) => votedId === -1 || votedId === candidateId,
  truncationOffset,
  needsSnapshot,
  snapshotReplacesLog,
  quorumCommittedOffset,
  ...soundCoordinatorDecisions,
  ...soundGroupDecisions,
  ...soundTransactionDecisions,
}
