import { describe, expect, it } from 'vitest'
import { randomChance, randomPick, type Random } from '../../../ports/random.ts'
import { apis } from '../../../protocol/apis.ts'
import { errorName } from '../../../protocol/errors.ts'
import { toBigInt } from '../../../protocol/int64.ts'
import { forEachBatch } from '../../../protocol/record-batch.ts'
import { zeroUuid } from '../../../protocol/uuid.ts'
import { nodeName, RoleCluster } from '../../../simulator/role-cluster.testing.ts'
import { allocateProducerIds } from '../controller/topics.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { metadataTopic } from './metadata-topic.ts'
import { parseQuorumState, quorumStateFile } from './quorum-state.ts'
import type { Raft } from './raft.ts'

class Quorum extends RoleCluster {
  constructor(voters: number, seed = 1) {
    super({ seed, roles: Array.from({ length: voters }, () => 'controller') })
  }

  raft(id: number): Raft {
    return this.running.get(id)!.raft!
  }

  /** The node that leads and has committed something of its epoch. */
  untilLed(): number {
    this.until(() => this.controllerId !== undefined, 'an active controller')
    return this.controllerId!
  }

  others(id: number): number[] {
    return this.nodeIds.filter((each) => each !== id)
  }

  cut(id: number, from: readonly number[] = this.others(id)): void {
    for (const other of from) {
      this.world.network.block(nodeName(id), nodeName(other))
      this.world.network.block(nodeName(other), nodeName(id))
    }
  }

  heal(id: number): void {
    for (const other of this.others(id)) {
      this.world.network.unblock(nodeName(id), nodeName(other))
      this.world.network.unblock(nodeName(other), nodeName(id))
    }
  }

  /** Writes something; returns whether it was committed so far. */
  write(id: number): () => boolean | undefined {
    let committed: boolean | undefined
    allocateProducerIds(this.running.get(id)!.controller!, (block) => {
      committed = block !== undefined
    })
    return () => committed
  }

  untilEqual(): void {
    this.until(() => {
      const rafts = [...this.running.values()].map(({ raft }) => raft)
      return new Set(rafts.flatMap((raft) => [raft?.log.logEndOffset, raft?.highWatermark])).size === 1
    }, 'all logs equal and committed')
  }

  /** The first request after a crash may go into a connection that is dead. */
  reconnect(id: number): void {
    this.tryAsk(id, apis.ApiVersions, { clientSoftwareName: 'test', clientSoftwareVersion: '1' }, { port: 9093 })
  }

  vote(id: number, ballot: { readonly candidate: number; readonly epoch: number; readonly lastOffset: number; readonly preVote?: boolean }): string {
    const raft = this.raft(id)
    const partition = {
      partitionIndex: 0,
      replicaEpoch: ballot.epoch,
      replicaId: ballot.candidate,
      lastOffsetEpoch: Math.max(0, raft.log.epochs.latest),
      lastOffset: toBigInt(ballot.lastOffset),
      preVote: ballot.preVote ?? false,
    }
    const body = { clusterId: raft.options.clusterId, voterId: id, topics: [{ topicName: metadataTopic.name, partitions: [partition] }] }
    const [answer] = this.askController(id, apis.Vote, body).topics[0]!.partitions
    if (answer!.errorCode !== 0) return errorName(answer!.errorCode)
    return answer!.voteGranted ? 'granted' : 'refused'
  }
}

/** Base offset, leader epoch and CRC of each batch below `end`. */
function batchesOf(log: PartitionLog, end: number): string[] {
  const batches: string[] = []
  log.read(0, { maxBytes: 1 << 30, endOffset: end, atLeastOne: true }, (bytes) => {
    forEachBatch(bytes, ({ baseOffset, partitionLeaderEpoch, crc }) => batches.push(`${baseOffset} ${partitionLeaderEpoch} ${crc}`))
  })
  return batches
}

describe('a quorum', () => {
  it('elects a leader, who is the one active controller, and all have the same log', () => {
    const quorum = new Quorum(3)
    const leader = quorum.untilLed()
    const committed = quorum.write(leader)
    quorum.until(() => committed() === true, 'committed')
    quorum.untilEqual()
    expect(quorum.others(leader).map((id) => quorum.raft(id).role)).toEqual(['follower', 'follower'])
  })

  it('of one node needs nobody', () => {
    const quorum = new Quorum(1)
    const committed = quorum.write(quorum.untilLed())
    quorum.until(() => committed() === true, 'committed')
  })

  it('goes on without a minority, and not without a majority', () => {
    const quorum = new Quorum(5)
    quorum.kill(quorum.untilLed())
    quorum.pass(1)
    quorum.kill(quorum.untilLed())
    const leader = quorum.untilLed()
    const committed = quorum.write(leader)
    quorum.until(() => committed() === true, 'committed by three of five')
    const lost = [...quorum.running.keys()].find((id) => id !== leader)!
    quorum.kill(lost)
    const hoped = quorum.write(leader)
    quorum.pass(10_000)
    expect(hoped()).toBe(false)
    expect(quorum.controllerId).toBeUndefined()
    quorum.start(lost)
    quorum.untilLed()
  })
})

describe('a leader without a majority', () => {
  it('commits nothing, gives up, and what it wrote is cut when it comes back', () => {
    const quorum = new Quorum(3)
    const old = quorum.untilLed()
    quorum.untilEqual()
    const { highWatermark, epoch } = quorum.raft(old)
    quorum.cut(old)
    const hoped = quorum.write(old)
    quorum.pass(100)
    expect(quorum.raft(old).log.logEndOffset).toBeGreaterThan(highWatermark)
    quorum.pass(3000)
    expect(quorum.raft(old).highWatermark).toBe(highWatermark)
    expect(hoped()).toBe(false)
    expect(quorum.raft(old).role).not.toBe('leader')
    const next = quorum.untilLed()
    expect(quorum.raft(next).epoch).toBeGreaterThan(epoch)
    const committed = quorum.write(next)
    quorum.until(() => committed() === true, 'committed by the other two')
    quorum.heal(old)
    quorum.untilEqual()
    const { log } = quorum.raft(next)
    expect(batchesOf(quorum.raft(old).log, log.logEndOffset)).toEqual(batchesOf(log, log.logEndOffset))
  })
})

describe('a leader that stops on purpose', () => {
  it('is followed at once, without waiting until it has been silent for long', () => {
    const quorum = new Quorum(3)
    const old = quorum.untilLed()
    quorum.untilEqual()
    quorum.running.get(old)!.shutDown(() => undefined)
    quorum.pass(250)
    quorum.kill(old)
    expect(quorum.controllerId).toBeDefined()
  })

  it('cannot end an epoch that is not its own any more', () => {
    const quorum = new Quorum(3)
    const leader = quorum.untilLed()
    quorum.untilEqual()
    const follower = quorum.others(leader)[0]!
    const { epoch: leaderEpoch, options } = quorum.raft(leader)
    const partition = { partitionIndex: 0, leaderId: leader, leaderEpoch: leaderEpoch - 1, preferredCandidates: [{ candidateId: follower, candidateDirectoryId: zeroUuid }] }
    const body = { clusterId: options.clusterId, topics: [{ topicName: metadataTopic.name, partitions: [partition] }] }
    const [answer] = quorum.askController(follower, apis.EndQuorumEpoch, body).topics[0]!.partitions
    expect(answer).toMatchObject({ errorCode: 74, leaderId: leader, leaderEpoch })
    expect(quorum.raft(follower)).toMatchObject({ role: 'follower', epoch: leaderEpoch })
    const inTheOwn = { ...body, topics: [{ topicName: metadataTopic.name, partitions: [{ ...partition, leaderEpoch }] }] }
    quorum.askController(follower, apis.EndQuorumEpoch, inTheOwn)
    expect(quorum.raft(follower).role).not.toBe('follower')
  })
})

describe('pre-votes', () => {
  it('keep a node that was cut off from disturbing anybody when it comes back', () => {
    const quorum = new Quorum(3)
    const leader = quorum.untilLed()
    const { epoch } = quorum.raft(leader)
    const away = quorum.others(leader)[0]!
    quorum.cut(away)
    quorum.pass(10_000)
    expect(quorum.raft(away).epoch).toBe(epoch)
    quorum.heal(away)
    quorum.untilEqual()
    expect(quorum.untilLed()).toBe(leader)
    expect(nodesAt(quorum, epoch)).toEqual([1, 2, 3])
  })

  it('are refused by who leads, and by who hears the leader', () => {
    const quorum = new Quorum(3)
    const leader = quorum.untilLed()
    quorum.untilEqual()
    const { epoch, log } = quorum.raft(leader)
    const [candidate, voter] = quorum.others(leader)
    for (const id of [leader, voter!]) {
      expect(quorum.vote(id, { candidate: candidate!, epoch, lastOffset: log.logEndOffset, preVote: true })).toBe('refused')
    }
  })

  it('are refused to a candidate that lacks something, or is of an old epoch', () => {
    const quorum = loneVoter()
    const { epoch, log } = quorum.raft(1)
    expect(quorum.vote(1, { candidate: 2, epoch, lastOffset: log.logEndOffset - 1, preVote: true })).toBe('refused')
    expect(quorum.vote(1, { candidate: 2, epoch: epoch - 1, lastOffset: 99, preVote: true })).toBe('FENCED_LEADER_EPOCH')
  })

  it('cost no vote: after one, another candidate can still have it', () => {
    const quorum = loneVoter()
    const { epoch } = quorum.raft(1)
    expect(quorum.vote(1, { candidate: 2, epoch, lastOffset: 99, preVote: true })).toBe('granted')
    expect(quorum.vote(1, { candidate: 3, epoch, lastOffset: 99, preVote: true })).toBe('granted')
    expect(quorum.raft(1).epoch).toBe(epoch)
  })
})

function nodesAt(quorum: Quorum, epoch: number): number[] {
  return quorum.nodeIds.filter((id) => quorum.raft(id).epoch === epoch)
}

/** Node 1 of three, with some log, the others gone. */
function loneVoter(): Quorum {
  const quorum = new Quorum(3)
  quorum.untilLed()
  quorum.untilEqual()
  quorum.kill(2)
  quorum.kill(3)
  quorum.until(() => quorum.raft(1).role !== 'follower' && quorum.raft(1).role !== 'leader', 'node 1 alone')
  return quorum
}

describe('a vote', () => {
  it('is given once an epoch, again to the same candidate only', () => {
    const quorum = loneVoter()
    const epoch = quorum.raft(1).epoch + 5
    expect(quorum.vote(1, { candidate: 2, epoch, lastOffset: 99 })).toBe('granted')
    expect(quorum.vote(1, { candidate: 3, epoch, lastOffset: 99 })).toBe('refused')
    expect(quorum.vote(1, { candidate: 2, epoch, lastOffset: 99 })).toBe('granted')
    expect(quorum.vote(1, { candidate: 3, epoch: epoch - 1, lastOffset: 99 })).toBe('FENCED_LEADER_EPOCH')
    expect(quorum.vote(1, { candidate: 3, epoch: epoch + 1, lastOffset: 99 })).toBe('granted')
  })

  it('is not for a candidate that lacks something, or for a stranger', () => {
    const quorum = loneVoter()
    const { epoch, log } = quorum.raft(1)
    expect(quorum.vote(1, { candidate: 2, epoch: epoch + 5, lastOffset: log.logEndOffset - 1 })).toBe('refused')
    expect(quorum.vote(1, { candidate: 9, epoch: epoch + 5, lastOffset: 99 })).toBe('INCONSISTENT_VOTER_SET')
    expect(quorum.vote(1, { candidate: 3, epoch: epoch + 5, lastOffset: log.logEndOffset })).toBe('granted')
  })

  it('is remembered by a node that dies between writing it down and saying so', () => {
    const quorum = loneVoter()
    const epoch = quorum.raft(1).epoch + 5
    const written = (): number | undefined => {
      const state = quorum.world.disk(nodeName(1)).contents(quorumStateFile)
      const { leaderEpoch, votedId } = parseQuorumState(state!)
      return leaderEpoch === epoch ? votedId : undefined
    }
    let answered = false
    const partition = { partitionIndex: 0, replicaEpoch: epoch, replicaId: 2, lastOffsetEpoch: epoch, lastOffset: 99n, voterDirectoryId: zeroUuid }
    const body = {
      clusterId: quorum.raft(1).options.clusterId,
      voterId: 1,
      topics: [{ topicName: metadataTopic.name, partitions: [partition] }],
    }
    quorum.send(1, apis.Vote, body, { version: 2, port: 9093, done: ({ ok }) => (answered = ok) })
    quorum.until(() => written() === 2, 'the vote is on disk')
    expect(answered).toBe(false)
    quorum.kill(1, { powerLoss: true })
    quorum.pass(100)
    expect(answered).toBe(false)
    quorum.start(1)
    quorum.pass(20)
    quorum.reconnect(1)
    expect(quorum.vote(1, { candidate: 3, epoch, lastOffset: 99 })).toBe('refused')
    expect(quorum.vote(1, { candidate: 2, epoch, lastOffset: 99 })).toBe('granted')
  })
})

describe('whatever happens to the nodes and the links between them', () => {
  const seeds = Array.from({ length: 6 }, (_, i) => i + 1)

  function disturb(quorum: Quorum, random: Random): void {
    const id = randomPick(random, quorum.nodeIds)
    const name = nodeName(id)
    const drawn = random.next()
    if (!quorum.world.isRunning(name)) quorum.start(id)
    else if (quorum.world.isPaused(name)) quorum.world.resume(name)
    else if (drawn < 0.3) quorum.kill(id, { powerLoss: randomChance(random, 0.5) })
    else if (drawn < 0.5) quorum.cut(id, [randomPick(random, quorum.others(id))])
    else if (drawn < 0.85) quorum.heal(id)
    else quorum.world.pause(name)
  }

  it.each(seeds)('one leads an epoch, and what is committed stays (seed %i)', (seed) => {
    const quorum = new Quorum(3, seed)
    const random = quorum.world.random('test')
    const leaders = new Map<number, Set<number>>()
    const committed: string[] = []
    const check = (): void => {
      for (const [id, { raft }] of quorum.running) {
        if (raft === undefined) continue
        if (raft.role === 'leader') leaders.set(raft.epoch, (leaders.get(raft.epoch) ?? new Set()).add(id))
        for (const [, ids] of leaders) expect(ids.size).toBe(1)
        const batches = batchesOf(raft.log, raft.highWatermark)
        expect(batches.slice(0, committed.length)).toEqual(committed.slice(0, batches.length))
        committed.push(...batches.slice(committed.length))
      }
    }
    for (let i = 0; i < 30; i++) {
      disturb(quorum, random)
      for (let ms = 0; ms < 1000; ms += 100) {
        quorum.pass(100)
        check()
        for (const [id, { controller }] of quorum.running) if (controller !== undefined) quorum.write(id)
      }
    }
    for (const id of quorum.nodeIds) {
      quorum.heal(id)
      quorum.world.resume(nodeName(id))
      if (!quorum.world.isRunning(nodeName(id))) quorum.start(id)
    }
    quorum.untilLed()
    quorum.untilEqual()
    check()
    expect(committed.length).toBeGreaterThan(5)
  })
})
