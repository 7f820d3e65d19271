/** Copies one snapshot from the quorum leader, piece after piece (FetchSnapshot, KIP-630). Its bytes are in memory until all are here. */
import { apis } from '../../../protocol/apis.ts'
import { errorCode } from '../../../protocol/errors.ts'
import { toBigInt, toNumber } from '../../../protocol/int64.ts'
import type { FetchSnapshotResponse } from '../../../protocol/apis/59-fetch-snapshot.ts'
import { joined, type SnapshotId } from '../metadata/snapshot.ts'
import type { PeerAnswer } from '../server/peer.ts'
import { metadataTopic } from './metadata-topic.ts'
import type { Raft } from './raft.ts'

export interface SnapshotFetchOptions {
  readonly leaderId: number
  readonly id: SnapshotId
  /** The leader has answered with a piece. */
  readonly onPiece: () => void
  /** With undefined when the leader has no such snapshot any more, or could not be asked. */
  readonly done: (bytes: Uint8Array | undefined) => void
}

export class SnapshotFetch {
  readonly #raft: Raft
  readonly #options: SnapshotFetchOptions
  readonly #pieces: Uint8Array[] = []
  #position = 0

  constructor(raft: Raft, options: SnapshotFetchOptions) {
    this.#raft = raft
    this.#options = options
  }

  start(): void {
    const { nodeId, clusterId, config } = this.#raft.options
    const { leaderId, id } = this.#options
    const body = {
      clusterId,
      replicaId: nodeId,
      maxBytes: config.quorumFetchSnapshotMaxBytes,
      topics: [{
        name: metadataTopic.name,
        partitions: [{
          partition: 0,
          currentLeaderEpoch: this.#raft.epoch,
          snapshotId: { endOffset: toBigInt(id.endOffset), epoch: id.epoch },
          position: toBigInt(this.#position),
        }],
      }],
    }
    const peer = this.#raft.peer(leaderId, 'fetch')
    peer.request(apis.FetchSnapshot, body, config.quorumRequestTimeoutMs, (answer) => this.#answered(answer))
  }

  #answered(answer: PeerAnswer<FetchSnapshotResponse>): void {
    const { done, onPiece } = this.#options
    const piece = answer.ok ? answer.body.topics[0]?.partitions[0] : undefined
    if (piece === undefined) return done(undefined)
    if (piece.errorCode !== errorCode.NONE) {
      this.#raft.observe(piece.currentLeader.leaderEpoch, piece.currentLeader.leaderId)
      return done(undefined)
    }
    const bytes = piece.unalignedRecords
    if (toNumber(piece.position) !== this.#position || bytes.length === 0) return done(undefined)
    this.#pieces.push(bytes)
    this.#position += bytes.length
    onPiece()
    if (this.#position < toNumber(piece.size)) return this.start()
    return done(joined(this.#pieces))
  }
}
