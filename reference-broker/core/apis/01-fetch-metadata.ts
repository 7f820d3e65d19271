/**
 * Fetch on a controller listener: the metadata log, for voters and observers. The fetch offset says what the asker has
 * synced. An answer waits for records or for a higher high watermark than the asker knows (v18, KIP-1166). Who is behind the
 * start of the log is sent to the snapshot the log begins with (KIP-630).
 */
import { apis } from '../../../protocol/apis.ts'
import type { FetchRequest, FetchResponseInput } from '../../../protocol/apis/01-fetch.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { toBigInt, toNumber } from '../../../protocol/int64.ts'
import type { QuorumNode } from '../node.ts'
import type { Leadership } from '../raft/leadership.ts'
import { metadataTopic } from '../raft/metadata-topic.ts'
import type { Raft } from '../raft/raft.ts'
import { handler, type Handler } from '../server/server.ts'
import { currentLeader, refusal } from './quorum-refusals.ts'

type AskedPartition = FetchRequest['topics'][number]['partitions'][number]
type PartitionAnswer = FetchResponseInput['responses'][number]['partitions'][number]
type Answer = (partition: Omit<PartitionAnswer, 'partitionIndex' | 'abortedTransactions'>) => void

const noRecords = new Uint8Array(0)

export function fetchMetadataHandler(node: QuorumNode): Handler {
  return handler(apis.Fetch, (_context, request, respond) => {
    const { raft, clusterId } = node
    const topic = request.topics[0]
    const asked = topic?.partitions[0]
    if (request.clusterId !== null && request.clusterId !== clusterId) {
      return respond({ errorCode: errorCode.INCONSISTENT_CLUSTER_ID, responses: [] })
    }
    if (topic === undefined || asked === undefined || asked.partition !== 0 || !isMetadata(topic)) {
      return respond({ errorCode: errorCode.INVALID_REQUEST, responses: [] })
    }
    const answer: Answer = (partition) => {
      const partitions = [{ partitionIndex: 0, abortedTransactions: null, ...partition }]
      respond({ errorCode: errorCode.NONE, responses: [{ topic: topic.topic, topicId: metadataTopic.id, partitions }] })
    }
    const refused = refusal(raft, asked.currentLeaderEpoch)
    if (refused !== undefined) return answer(failed(raft, refused))
    return serve(raft, { request, asked, answer })
  })
}

function isMetadata({ topic, topicId }: { readonly topic: string; readonly topicId: string }): boolean {
  return topicId === metadataTopic.id || topic === metadataTopic.name
}

function failed(raft: Raft, error: ErrorName): Parameters<Answer>[0] {
  return { errorCode: errorCode[error], highWatermark: -1n, records: noRecords, currentLeader: currentLeader(raft) }
}

interface Asked {
  readonly request: FetchRequest
  readonly asked: AskedPartition
  readonly answer: Answer
}

function serve(raft: Raft, { request, asked, answer }: Asked): void {
  const fetchOffset = toNumber(asked.fetchOffset)
  const snapshot = raft.options.snapshots.newest
  const { lastFetchedEpoch } = asked
  if (snapshot !== undefined && raft.options.decisions.needsSnapshot({ fetchOffset, lastFetchedEpoch, snapshot })) {
    return answer(fetchSnapshot(raft))
  }
  const end = raft.log.endOffsetForEpoch(lastFetchedEpoch)
  const fresh = lastFetchedEpoch < 0 && fetchOffset === 0
  if (!fresh && (end.leaderEpoch !== lastFetchedEpoch || end.endOffset < fetchOffset)) {
    const divergingEpoch = { epoch: Math.max(0, end.leaderEpoch), endOffset: toBigInt(Math.max(0, end.endOffset)) }
    const highWatermark = toBigInt(raft.highWatermark)
    return answer({ errorCode: errorCode.NONE, highWatermark, records: noRecords, divergingEpoch })
  }
  const replicaId = request.replicaState.replicaId >= 0 ? request.replicaState.replicaId : request.replicaId
  const leadership = raft.leadership!
  leadership.fetched(replicaId, fetchOffset)
  const known = toNumber(asked.highWatermark)
  const read = (): void => readRecords(raft, { fetchOffset, maxBytes: request.maxBytes, leadership, answer })
  const idle = fetchOffset >= raft.log.logEndOffset && known >= raft.highWatermark
  if (idle && request.maxWaitMs > 0 && raft.leadership === leadership) leadership.park(fetchOffset, known, request.maxWaitMs, read)
  else read()
}

/** There is one, because the log starts where it ends. */
function fetchSnapshot(raft: Raft): Parameters<Answer>[0] {
  const { endOffset, epoch } = raft.options.snapshots.newest!
  const snapshotId = { endOffset: toBigInt(endOffset), epoch }
  const { highWatermark, log } = raft
  const offsets = { highWatermark: toBigInt(highWatermark), logStartOffset: toBigInt(log.logStartOffset) }
  return { errorCode: errorCode.NONE, ...offsets, snapshotId, records: noRecords }
}

function readRecords(
  raft: Raft,
  from: { readonly fetchOffset: number; readonly maxBytes: number; readonly leadership: Leadership; readonly answer: Answer },
): void {
  const { fetchOffset, maxBytes, leadership, answer } = from
  if (raft.leadership !== leadership) return answer(failed(raft, 'NOT_LEADER_OR_FOLLOWER'))
  const limits = { maxBytes, endOffset: raft.log.logEndOffset, atLeastOne: true }
  return raft.log.read(fetchOffset, limits, (records) => {
    if (raft.leadership !== leadership) return answer(failed(raft, 'NOT_LEADER_OR_FOLLOWER'))
    const { logStartOffset } = raft.log
    // A snapshot may have come in between, and what was read may begin behind a gap.
    if (fetchOffset < logStartOffset) return answer(fetchSnapshot(raft))
    const highWatermark = toBigInt(raft.highWatermark)
    return answer({ errorCode: errorCode.NONE, highWatermark, logStartOffset: toBigInt(logStartOffset), records })
  })
}
