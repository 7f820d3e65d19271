/** One round of asking for votes, or for pre-votes, and counting what comes back. */
import { zeroUuid } from '../../../protocol/uuid.ts'
import { apis } from '../../../protocol/apis.ts'
import { toBigInt } from '../../../protocol/int64.ts'
import { metadataTopic } from './metadata-topic.ts'
import type { Raft } from './raft.ts'

export class Election {
  readonly preVote: boolean
  readonly #raft: Raft
  readonly #epoch: number
  readonly #granted = new Set<number>()
  readonly #rejected = new Set<number>()

  constructor(raft: Raft, options: { preVote: boolean; epoch: number }) {
    this.#raft = raft
    this.preVote = options.preVote
    this.#epoch = options.epoch
  }

  get grantedBy(): readonly number[] {
    return [...this.#granted]
  }

  start(): void {
    const { nodeId } = this.#raft.options
    this.#count(nodeId, true)
    for (const id of this.#raft.voterIds) if (id !== nodeId) this.#ask(id)
  }

  #ask(voterId: number): void {
    const raft = this.#raft
    const { nodeId, clusterId, config } = raft.options
    const body = {
      clusterId,
      voterId,
      topics: [{
        topicName: metadataTopic.name,
        partitions: [{
          partitionIndex: 0,
          replicaEpoch: this.#epoch,
          replicaId: nodeId,
          replicaDirectoryId: zeroUuid,
          voterDirectoryId: zeroUuid,
          lastOffsetEpoch: Math.max(0, raft.lastEpoch),
          lastOffset: toBigInt(raft.log.logEndOffset),
          preVote: this.preVote,
        }],
      }],
    }
    raft.peer(voterId, 'control').request(apis.Vote, body, config.quorumRequestTimeoutMs, (answer) => {
      const partition = answer.ok ? answer.body.topics[0]?.partitions[0] : undefined
      if (partition === undefined) return
      if (partition.voteGranted) this.#count(voterId, true)
      else {
        raft.observe(partition.leaderEpoch, partition.leaderId)
        this.#count(voterId, false)
      }
    })
  }

  #count(voterId: number, granted: boolean): void {
    const votes = granted ? this.#granted : this.#rejected
    votes.add(voterId)
    const majority = Math.floor(this.#raft.voterIds.length / 2) + 1
    if (votes.size !== majority) return
    if (granted) this.#raft.wonElection(this)
    else this.#raft.lostElection(this)
  }
}
