/**
 * One replica of the controller quorum: Raft as Kafka runs it (KIP-595, pre-vote of KIP-996). The metadata log is a log
 * like any other; followers pull it with Fetch, and what a majority of voters has synced is committed.
 *
 * Rules kept here: epoch and vote are on disk before they are acted on; one vote an epoch; a leader of an old epoch
 * steps down at the first sign of a newer one; a node that has lost its majority stops leading by itself.
 * Nodes that are not voters (brokers without the controller role) only follow.
 */
import type { DiskLoop } from '../../../ports/loop.ts'
import type { TimerId } from '../../../ports/events.ts'
import { randomPick } from '../../../ports/random.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { Decisions } from '../decisions.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { Logger } from '../logger.ts'
import type { Snapshot } from '../metadata/snapshot.ts'
import type { Snapshots } from '../metadata/snapshots.ts'
import { Peer } from '../server/peer.ts'
import { Election } from './election.ts'
import { Following } from './following.ts'
import { Leadership } from './leadership.ts'
import { quorumStateFile, renderQuorumState, type QuorumState } from './quorum-state.ts'

export interface RaftOptions {
  readonly nodeId: number
  readonly clusterId: string
  readonly config: BrokerConfig
  readonly loop: DiskLoop
  readonly log: PartitionLog
  /** What the log begins with. */
  readonly snapshots: Snapshots
  /** As read from disk at start. */
  readonly state: QuorumState
  readonly decisions: Decisions
  readonly logger: Logger
  /** The log began anew with a snapshot of the leader's. */
  readonly onSnapshot: (snapshot: Snapshot) => void
  readonly onHighWatermark: (highWatermark: number) => void
  /** True once this node leads and its epoch's first record is committed; false when it no longer does. */
  readonly onActive: (active: boolean) => void
  readonly onFatal: (reason: string) => void
}

type Role =
  | { readonly kind: 'unattached' }
  | { readonly kind: 'follower'; readonly following: Following }
  | { readonly kind: 'prospective' | 'candidate'; readonly election: Election }
  | { readonly kind: 'leader'; readonly leadership: Leadership }

export class Raft {
  readonly options: RaftOptions
  readonly log: PartitionLog
  readonly loop: DiskLoop
  readonly voterIds: readonly number[]
  epoch: number
  votedId: number
  /** -1 while unknown; kept while asking for pre-votes, because the leader may be alive after all. */
  leaderId: number
  highWatermark = 0
  #role: Role = { kind: 'unattached' }
  #timer: TimerId | undefined
  #stopped = false
  readonly #peers = new Map<string, Peer>()

  constructor(options: RaftOptions) {
    this.options = options
    this.log = options.log
    this.loop = options.loop
    this.voterIds = options.config.quorumVoters.map((voter) => voter.id)
    this.epoch = Math.max(options.state.leaderEpoch, this.lastEpoch)
    this.votedId = this.epoch === options.state.leaderEpoch ? options.state.votedId : -1
    this.leaderId = this.epoch === options.state.leaderEpoch ? options.state.leaderId : -1
  }

  get isVoter(): boolean {
    return this.voterIds.includes(this.options.nodeId)
  }

  /** Leader epoch of the last record, in the log or in the snapshot it begins with; -1 when there is none. */
  get lastEpoch(): number {
    return Math.max(this.log.epochs.latest, this.options.snapshots.newest?.epoch ?? -1)
  }

  get role(): Role['kind'] {
    return this.#role.kind
  }

  get leadership(): Leadership | undefined {
    return this.#role.kind === 'leader' ? this.#role.leadership : undefined
  }

  get following(): Following | undefined {
    return this.#role.kind === 'follower' ? this.#role.following : undefined
  }

  start(): void {
    const { leaderId } = this
    if (leaderId >= 0 && leaderId !== this.options.nodeId) this.becomeFollower(this.epoch, leaderId)
    else if (this.voterIds.length === 1 && this.isVoter) this.becomeCandidate()
    else this.becomeUnattached(this.epoch)
  }

  /** For a clean stop: tells the others to elect at once instead of waiting for a timeout. */
  stop(): void {
    this.leadership?.resign()
    this.#leaveRole()
    this.options.snapshots.stop()
    this.#stopped = true
  }

  /**
   * The connection to a voter. Long polls have one of their own: a broker works on one request of a connection at a
   * time, and a vote must not wait behind a fetch.
   */
  peer(voterId: number, purpose: 'fetch' | 'control'): Peer {
    const name = `${purpose}-${voterId}`
    let peer = this.#peers.get(name)
    if (peer === undefined) {
      const voter = this.options.config.quorumVoters.find(({ id }) => id === voterId)
      peer = new Peer(this.loop, `raft-client-${this.options.nodeId}`, () => voter)
      this.#peers.set(name, peer)
    }
    return peer
  }

  /** Runs `then` once epoch, vote and leader as they are now are durable. */
  persist(then: () => void): void {
    const bytes = renderQuorumState({ leaderEpoch: this.epoch, votedId: this.votedId, leaderId: this.leaderId })
    this.loop.replace(quorumStateFile, bytes, (result) => {
      if (result.ok) then()
      else this.options.onFatal(`cannot write ${quorumStateFile}: ${result.reason}`)
    })
  }

  /** What any message says about who leads in which epoch. Newer epochs always win. */
  observe(epoch: number, leaderId: number): void {
    if (this.#stopped || epoch < this.epoch) return
    const known = leaderId >= 0 && leaderId !== this.options.nodeId
    if (epoch > this.epoch) {
      if (known) this.becomeFollower(epoch, leaderId)
      else this.becomeUnattached(epoch)
    } else if (known && this.#role.kind !== 'leader' && this.#mayFollow(leaderId)) {
      this.becomeFollower(epoch, leaderId)
    }
  }

  #mayFollow(leaderId: number): boolean {
    return this.#role.kind !== 'follower' || this.#role.following.leaderId !== leaderId
  }

  becomeUnattached(epoch: number): void {
    this.#leaveRole()
    this.#enterEpoch(epoch, -1)
    this.#role = { kind: 'unattached' }
    this.persist(() => undefined)
    if (this.isVoter) this.#electionTimer(() => this.becomeProspective())
    else this.#arm(this.options.config.quorumRetryBackoffMs, () => this.#askAround())
  }

  /** An observer that knows no leader fetches from any voter; the answer names the leader. */
  #askAround(): void {
    const leaderId = randomPick(this.loop.ports.random, this.voterIds)
    this.#role = { kind: 'follower', following: new Following(this, leaderId) }
    this.following?.start()
  }

  /** A fetch in this epoch was answered, which only its leader does: whoever asked around has found it. */
  answeredBy(leaderId: number): void {
    if (this.leaderId === leaderId) return
    this.leaderId = leaderId
    this.persist(() => undefined)
  }

  becomeFollower(epoch: number, leaderId: number): void {
    this.#leaveRole()
    this.#enterEpoch(epoch, leaderId)
    const following = new Following(this, leaderId)
    this.#role = { kind: 'follower', following }
    this.options.logger('debug', 'quorum follower', { epoch, leaderId })
    this.persist(() => {
      if (this.following === following) following.start()
    })
  }

  /** Asks whether an election could be won before disturbing anybody with a new epoch. */
  becomeProspective(): void {
    if (!this.isVoter) return this.becomeUnattached(this.epoch)
    if (this.voterIds.length === 1) return this.becomeCandidate()
    this.#leaveRole()
    const election = new Election(this, { preVote: true, epoch: this.epoch })
    this.#role = { kind: 'prospective', election }
    this.#electionTimer(() => this.lostElection(election))
    election.start()
  }

  becomeCandidate(): void {
    this.#leaveRole()
    this.#enterEpoch(this.epoch + 1, -1)
    this.votedId = this.options.nodeId
    const election = new Election(this, { preVote: false, epoch: this.epoch })
    this.#role = { kind: 'candidate', election }
    this.persist(() => {
      if (this.#isCurrent(election)) election.start()
    })
    this.#electionTimer(() => this.lostElection(election))
  }

  #isCurrent(election: Election): boolean {
    return (this.#role.kind === 'candidate' || this.#role.kind === 'prospective') && this.#role.election === election
  }

  wonElection(election: Election): void {
    if (!this.#isCurrent(election)) return
    if (election.preVote) this.becomeCandidate()
    else this.#becomeLeader(election.grantedBy)
  }

  lostElection(election: Election): void {
    if (!this.#isCurrent(election)) return
    if (election.preVote && this.leaderId >= 0 && this.leaderId !== this.options.nodeId) {
      return this.becomeFollower(this.epoch, this.leaderId)
    }
    const backoffMs = this.options.config.quorumElectionBackoffMaxMs * this.loop.ports.random.next()
    this.#leaveRole()
    this.#role = { kind: 'unattached' }
    this.#arm(backoffMs, () => this.becomeProspective())
  }

  #becomeLeader(grantedBy: readonly number[]): void {
    this.#leaveRole()
    this.leaderId = this.options.nodeId
    this.persist(() => undefined)
    const leadership = new Leadership(this)
    this.#role = { kind: 'leader', leadership }
    this.options.logger('info', 'quorum leader', { epoch: this.epoch })
    this.log.whenSettled(() => {
      if (this.leadership === leadership) leadership.start(grantedBy)
    })
  }

  /** Never back: what was committed stays committed. What a snapshot holds is, also where the leader does not know it yet. */
  advanceHighWatermark(to: number): void {
    if (to <= this.highWatermark) return
    this.highWatermark = Math.max(to, this.log.logStartOffset)
    this.options.onHighWatermark(this.highWatermark)
  }

  #enterEpoch(epoch: number, leaderId: number): void {
    if (epoch < this.epoch) throw new Error(`quorum epoch would go back from ${this.epoch} to ${epoch}`)
    if (epoch > this.epoch) this.votedId = -1
    this.epoch = epoch
    this.leaderId = leaderId
  }

  #leaveRole(): void {
    if (this.#timer !== undefined) this.loop.cancel(this.#timer)
    this.#timer = undefined
    const role = this.#role
    this.#role = { kind: 'unattached' }
    if (role.kind === 'follower') role.following.stop()
    if (role.kind === 'leader') role.leadership.stop()
  }

  #electionTimer(fire: () => void): void {
    const timeoutMs = this.options.config.quorumElectionTimeoutMs
    this.#arm(timeoutMs * (1 + this.loop.ports.random.next()), fire)
  }

  #arm(delayMs: number, fire: () => void): void {
    if (this.#timer !== undefined) this.loop.cancel(this.#timer)
    this.#timer = this.loop.after(delayMs, fire)
  }
}
