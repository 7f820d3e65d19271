/**
 * FetchSnapshot v0-1 (KIP-630): a piece of the newest snapshot of the metadata log, for a voter or observer whose log ends
 * before the leader's begins. Only the leader serves it. A snapshot that was replaced meanwhile is SNAPSHOT_NOT_FOUND: the
 * asker goes back to Fetch and is told of the newer one.
 *
 * Version notes: v1 node endpoints (KIP-853), which are none here: every node is told its voters.
 */
import { apis } from '../../../protocol/apis.ts'
import type { FetchSnapshotRequest, FetchSnapshotResponseInput } from '../../../protocol/apis/59-fetch-snapshot.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { toBigInt, toNumber } from '../../../protocol/int64.ts'
import type { StoredSnapshot } from '../metadata/snapshot-files.ts'
import type { QuorumNode } from '../node.ts'
import { metadataTopic } from '../raft/metadata-topic.ts'
import type { Raft } from '../raft/raft.ts'
import { handler, type Handler } from '../server/server.ts'
import { currentLeader, refusal } from './quorum-refusals.ts'

type AskedPartition = FetchSnapshotRequest['topics'][number]['partitions'][number]
type PartitionAnswer = FetchSnapshotResponseInput['topics'][number]['partitions'][number]

const noBytes = new Uint8Array(0)

export function fetchSnapshotHandler(node: QuorumNode): Handler {
  return handler(apis.FetchSnapshot, (_context, request, respond) => {
    const { raft, clusterId } = node
    const [topic] = request.topics
    const asked = topic?.partitions[0]
    if (request.clusterId !== null && request.clusterId !== clusterId) {
      return respond({ errorCode: errorCode.INCONSISTENT_CLUSTER_ID, topics: [] })
    }
    if (request.topics.length !== 1 || topic!.partitions.length !== 1 || asked === undefined) {
      return respond({ errorCode: errorCode.INVALID_REQUEST, topics: [] })
    }
    const answer = (partition: PartitionAnswer): void =>
      respond({ errorCode: errorCode.NONE, topics: [{ name: topic!.name, partitions: [partition] }] })
    if (topic!.name !== metadataTopic.name || asked.partition !== 0) return answer(failed(raft, asked, 'UNKNOWN_TOPIC_OR_PARTITION'))
    const refused = refusal(raft, asked.currentLeaderEpoch)
    if (refused !== undefined) return answer(failed(raft, asked, refused))
    return serve(raft, request, { asked, answer })
  })
}

function failed(raft: Raft, { partition, snapshotId }: AskedPartition, error: ErrorName): PartitionAnswer {
  return {
    index: partition,
    errorCode: errorCode[error],
    snapshotId,
    currentLeader: currentLeader(raft),
    size: 0n,
    position: 0n,
    unalignedRecords: noBytes,
  }
}

function serve(
  raft: Raft,
  { replicaId, maxBytes }: FetchSnapshotRequest,
  { asked, answer }: { readonly asked: AskedPartition; readonly answer: (partition: PartitionAnswer) => void },
): void {
  const { snapshots } = raft.options
  const { newest } = snapshots
  if (newest === undefined || !isOf(newest, asked)) return answer(failed(raft, asked, 'SNAPSHOT_NOT_FOUND'))
  const { sizeBytes } = newest
  if (asked.position < 0n || asked.position >= toBigInt(sizeBytes)) return answer(failed(raft, asked, 'POSITION_OUT_OF_RANGE'))
  raft.leadership!.heard(replicaId)
  const lengthBytes = Math.min(Math.max(0, maxBytes), sizeBytes)
  return snapshots.read(newest, toNumber(asked.position), lengthBytes, (bytes) => {
    if (bytes === undefined) return answer(failed(raft, asked, 'SNAPSHOT_NOT_FOUND'))
    return answer({
      index: asked.partition,
      errorCode: errorCode.NONE,
      snapshotId: asked.snapshotId,
      currentLeader: currentLeader(raft),
      size: toBigInt(sizeBytes),
      position: asked.position,
      unalignedRecords: bytes,
    })
  })
}

function isOf({ endOffset, epoch }: StoredSnapshot, { snapshotId }: AskedPartition): boolean {
  return snapshotId.endOffset === toBigInt(endOffset) && snapshotId.epoch === epoch
}
