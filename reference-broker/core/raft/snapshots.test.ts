/** Snapshots between nodes: a start that does not replay history, and what becomes of those who were away while it was deleted. */
import { describe, expect, it } from 'vitest'
import { randomChance, randomPick } from '../../../ports/random.ts'
import { apis } from '../../../protocol/apis.ts'
import type { FetchSnapshotRequestInput, FetchSnapshotResponse } from '../../../protocol/apis/59-fetch-snapshot.ts'
import { errorName } from '../../../protocol/errors.ts'
import { toBigInt, toNumber } from '../../../protocol/int64.ts'
import { nodeName, RoleCluster, type RoleClusterOptions } from '../../../simulator/role-cluster.testing.ts'
import { readSnapshot } from '../metadata/snapshot.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import type { StoredSnapshot } from '../metadata/snapshot-files.ts'
import { metadataTopic } from './metadata-topic.ts'
import type { Raft } from './raft.ts'

const between = 'metadata.log.max.record.bytes.between.snapshots'
const pieces = 'controller.quorum.fetch.snapshot.max.bytes'

class Cluster extends RoleCluster {
  constructor(options: RoleClusterOptions) {
    super(options)
    this.until(() => this.controllerId !== undefined, 'an active controller')
    this.untilUp()
  }

  raft(id: number): Raft {
    return this.running.get(id)!.raft!
  }

  snapshot(id: number): StoredSnapshot | undefined {
    return this.raft(id).options.snapshots.newest
  }

  /** `changes` changes of a topic's settings, a few in a batch. */
  configure(topic: string, changes: number): void {
    const topicId = this.topic(topic)!.id
    let committed = 0
    let asked = 0
    while (asked < changes) {
      const { controller } = this.running.get(this.controllerId!)!
      const records = Array.from({ length: Math.min(20, changes - asked) }, (_, i): MetadataRecord => {
        return { kind: 'topic-configs', topicId, configs: [{ name: 'retention.ms', value: String(asked + i) }] }
      })
      asked += records.length
      controller!.propose(records, () => (committed = asked))
      this.until(() => committed === asked, 'committed')
    }
  }

  untilEqual(): void {
    this.until(() => {
      const nodes = [...this.running.values()]
      return nodes.every(({ raft }) => raft !== undefined) &&
        new Set(nodes.flatMap(({ raft, image }) => [raft!.log.logEndOffset, raft!.highWatermark, image!.endOffset])).size === 1
    }, 'all logs and images equal')
  }

  metadataBytes(id: number): number {
    const files = this.world.disk(nodeName(id)).entries(`${metadataTopic.dir}/`)
    return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  }

  /** Kills a node, lets so much happen that the others delete what it would go on from, and starts it again. */
  away(id: number, meanwhile: () => void): void {
    const end = this.raft(id).log.logEndOffset
    this.kill(id)
    meanwhile()
    expect(this.snapshot(this.controllerId!)!.endOffset).toBeGreaterThan(end)
    this.start(id)
    this.untilUp()
    this.untilEqual()
    expect(this.raft(id).log.logStartOffset).toBeGreaterThan(end)
  }
}

describe('a start', () => {
  /** Records of snapshot and log that a node goes through at its start after 10,000 changes, and bytes of both on its disk. */
  function afterManyChanges(bytesBetweenSnapshots: string): { records: number; sizeBytes: number } {
    const cluster = new Cluster({ roles: ['both'], settings: { [between]: bytesBetweenSnapshots } })
    cluster.create('t', {})
    cluster.configure('t', 10_000)
    cluster.kill(1)
    const sizeBytes = cluster.metadataBytes(1)
    cluster.start(1)
    cluster.until(() => cluster.running.get(1)?.raft !== undefined, 'started')
    const { log, options } = cluster.raft(1)
    const { newest } = options.snapshots
    const bytes = newest === undefined ? undefined : cluster.world.disk(nodeName(1)).contents(fileOf(newest))
    const read = newest === undefined ? undefined : readSnapshot(bytes!, newest)
    const inSnapshot = read?.ok === true ? read.snapshot.recordsCount : 0
    cluster.untilEqual()
    expect(cluster.topic('t')!.configs.get('retention.ms')).toBe('9999')
    return { records: log.logEndOffset - log.logStartOffset + inSnapshot, sizeBytes }
  }

  it('replays what was changed since the last snapshot, and not all that ever was', () => {
    const bounded = afterManyChanges('20000')
    expect(bounded.records).toBeLessThan(1000)
    expect(bounded.sizeBytes).toBeLessThan(100_000)
    const whole = afterManyChanges('20971520')
    expect(whole.records).toBeGreaterThan(10_000)
    expect(whole.sizeBytes).toBeGreaterThan(400_000)
  })

  it('comes from a snapshot also when one is due by time alone', () => {
    const cluster = new Cluster({ roles: ['both'], settings: { 'metadata.log.max.snapshot.interval.ms': '20000' } })
    cluster.create('before', {})
    expect(cluster.snapshot(1)).toBeUndefined()
    cluster.pass(30_000)
    cluster.create('after', {})
    cluster.until(() => cluster.snapshot(1) !== undefined, 'a snapshot')
    cluster.kill(1)
    cluster.start(1)
    cluster.untilUp()
    expect([...cluster.running.get(1)!.image!.topicsByName.keys()]).toEqual(['before', 'after'])
    expect(cluster.raft(1).log.logStartOffset).toBeGreaterThan(0)
  })
})

function fileOf({ endOffset, epoch }: StoredSnapshot): string {
  return `${metadataTopic.dir}/${String(endOffset).padStart(20, '0')}-${String(epoch).padStart(10, '0')}.checkpoint`
}

describe('who was away while the log was deleted', () => {
  const settings = { [between]: '1000', [pieces]: '150' }

  it('goes on from a snapshot: a voter', () => {
    const cluster = new Cluster({ roles: ['both', 'both', 'both'], settings })
    cluster.create('t', {})
    const voter = cluster.nodeIds.find((id) => id !== cluster.controllerId)!
    cluster.away(voter, () => cluster.configure('t', 200))
    const others = cluster.nodeIds.filter((id) => id !== voter)
    expect(cluster.running.get(voter)!.image!.topicsByName.get('t')!.configs.get('retention.ms')).toBe('199')
    // And counts: with one of the others gone it is needed to commit anything.
    cluster.kill(others.find((id) => id !== cluster.controllerId)!)
    cluster.configure('t', 1)
  })

  it('goes on from a snapshot: an observer, with the partitions it has now and without those it had', () => {
    const cluster = new Cluster({ roles: ['controller', 'broker', 'broker'], settings })
    cluster.create('gone', { replicas: [[3]] })
    cluster.create('kept', { replicas: [[2, 3], [3, 2]] })
    cluster.untilProduced('kept', 0)
    const gone = cluster.topic('gone')!.id
    const cut = (): void => {
      cluster.world.network.block(nodeName(1), nodeName(3))
      cluster.world.network.block(nodeName(3), nodeName(1))
    }
    const end = cluster.raft(3).log.logEndOffset
    const { leaderEpoch } = cluster.replica(3, 'kept', 1)!.image
    cut()
    cluster.until(() => !cluster.running.get(2)!.image!.isLive(3), 'fenced')
    cluster.ask(2, apis.DeleteTopics, { topics: [{ name: 'gone', topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }], timeoutMs: 10_000 })
    const made = { name: 'made', numPartitions: -1, replicationFactor: -1, assignments: [{ partitionIndex: 0, brokerIds: [2] }], configs: [] }
    cluster.ask(2, apis.CreateTopics, { topics: [made], timeoutMs: 10_000 })
    cluster.configure('kept', 200)
    expect(cluster.replica(3, 'kept', 1)!.image.leaderEpoch).toBe(leaderEpoch)
    expect(cluster.running.get(3)!.replicas!.get(gone, 0)).toBeDefined()
    cluster.world.network.unblock(nodeName(1), nodeName(3))
    cluster.world.network.unblock(nodeName(3), nodeName(1))
    cluster.untilUp()
    cluster.untilEqual()
    expect(cluster.raft(3).log.logStartOffset).toBeGreaterThan(end)
    expect(cluster.running.get(3)!.replicas!.get(gone, 0)).toBeUndefined()
    cluster.until(() => cluster.world.disk(nodeName(3)).entries('gone-0').length === 0, 'its files are removed')
    expect(cluster.running.get(3)!.image!.topicsByName.has('made')).toBe(true)
    expect(cluster.replica(3, 'kept', 1)!.image.leaderEpoch).toBeGreaterThan(leaderEpoch)
    cluster.until(() => cluster.partitionImage('kept', 1)!.inSyncReplicas.length === 2, 'in sync again')
  })

  it('goes on when the snapshot it copies is replaced by a newer one meanwhile', () => {
    const cluster = new Cluster({ roles: ['controller', 'controller', 'controller', 'broker'], settings: { [between]: '300', [pieces]: '1' } })
    cluster.create('t', {})
    const voter = cluster.controllerIds.find((id) => id !== cluster.controllerId)!
    cluster.away(voter, () => cluster.configure('t', 60))
    cluster.kill(voter)
    cluster.configure('t', 60)
    cluster.start(voter)
    for (let i = 0; i < 20; i++) {
      cluster.pass(20)
      cluster.configure('t', 20)
    }
    cluster.untilEqual()
  })

  it('and died while it took the snapshot over, takes it over again', () => {
    for (let ms = 0; ms < 40; ms += 2) {
      const cluster = new Cluster({ roles: ['controller', 'controller', 'controller', 'broker'], settings, seed: ms + 1 })
      cluster.create('t', {})
      const voter = cluster.controllerIds.find((id) => id !== cluster.controllerId)!
      cluster.away(voter, () => {
        cluster.configure('t', 60)
        cluster.start(voter)
        cluster.pass(ms)
        cluster.kill(voter, { powerLoss: ms % 4 === 0 })
      })
    }
  })
})

describe('snapshots and elections', () => {
  const seeds = [1, 2, 3, 4]

  it.each(seeds)('whatever happens, all nodes know the same cluster at the same offset (seed %i)', (seed) => {
    const roles = ['both', 'controller', 'controller', 'broker'] as const
    const cluster = new Cluster({ roles, seed, settings: { [between]: '200', [pieces]: '100' } })
    const random = cluster.world.random('test')
    cluster.create('t', { replicas: [[1, 4]] })
    for (let i = 0; i < 40; i++) {
      const id = randomPick(random, cluster.nodeIds)
      const other = randomPick(random, cluster.nodeIds)
      if (!cluster.running.has(id)) cluster.start(id)
      else if (randomChance(random, 0.4)) cluster.kill(id, { powerLoss: randomChance(random, 0.5) })
      else if (randomChance(random, 0.5)) cluster.world.network.block(nodeName(id), nodeName(other))
      else cluster.world.network.unblock(nodeName(id), nodeName(other))
      cluster.pass(700)
      const topicId = cluster.topic('t')?.id
      for (const { controller } of cluster.running.values()) {
        if (topicId === undefined || controller?.image.topicsById.has(topicId) !== true) continue
        for (let n = 0; n < 3; n++) controller.propose([{ kind: 'topic-configs', topicId, configs: [{ name: 'retention.ms', value: String(i) }] }], () => undefined)
      }
    }
    for (const id of cluster.nodeIds) {
      for (const other of cluster.nodeIds) cluster.world.network.unblock(nodeName(id), nodeName(other))
      if (!cluster.running.has(id)) cluster.start(id)
    }
    cluster.untilUp()
    cluster.untilEqual()
    expect(cluster.nodeIds.every((id) => cluster.raft(id).log.logStartOffset > 0)).toBe(true)
  })
})

describe('FetchSnapshot', () => {
  const cluster = new Cluster({ roles: ['both', 'both', 'both'], settings: { [between]: '500' } })
  cluster.create('t', {})
  cluster.configure('t', 40)
  cluster.untilEqual()
  cluster.pass(100)
  const leader = cluster.controllerId!
  const { epoch } = cluster.raft(leader)
  const snapshot = cluster.snapshot(leader)!

  interface Ask {
    readonly node?: number
    readonly epoch?: number
    readonly endOffset?: number
    readonly snapshotEpoch?: number
    readonly position?: number
    readonly maxBytes?: number
    readonly clusterId?: string
    readonly topic?: string
    readonly partitions?: number
    readonly version?: number
  }

  function ask(asked: Ask = {}): FetchSnapshotResponse {
    const partition = {
      partition: 0,
      currentLeaderEpoch: asked.epoch ?? epoch,
      snapshotId: { endOffset: toBigInt(asked.endOffset ?? snapshot.endOffset), epoch: asked.snapshotEpoch ?? snapshot.epoch },
      position: toBigInt(asked.position ?? 0),
    }
    const body: FetchSnapshotRequestInput = {
      clusterId: asked.clusterId ?? null,
      maxBytes: asked.maxBytes ?? 1 << 20,
      topics: [{ name: asked.topic ?? metadataTopic.name, partitions: Array.from({ length: asked.partitions ?? 1 }, () => partition) }],
    }
    return cluster.ask(asked.node ?? leader, apis.FetchSnapshot, body, { port: 9093, version: asked.version ?? 1 })
  }

  function error(asked: Ask): string {
    const answer = ask(asked)
    return errorName(answer.topics[0]?.partitions[0]?.errorCode ?? answer.errorCode)
  }

  it('gives the newest snapshot in pieces, at every version', () => {
    for (const version of [0, 1]) {
      const parts: Uint8Array[] = []
      for (let position = 0; position < snapshot.sizeBytes; position += 100) {
        const piece = ask({ position, maxBytes: 100, version }).topics[0]!.partitions[0]!
        expect(piece).toMatchObject({ errorCode: 0, currentLeader: { leaderId: leader, leaderEpoch: epoch } })
        expect([toNumber(piece.size), toNumber(piece.position)]).toEqual([snapshot.sizeBytes, position])
        parts.push(piece.unalignedRecords)
      }
      const read = readSnapshot(new Uint8Array(Buffer.concat(parts)), snapshot)
      expect(read.ok && read.snapshot.image.topicsByName.has('t')).toBe(true)
    }
  })

  it('says why it gives nothing', () => {
    const follower = cluster.nodeIds.find((id) => id !== leader)!
    expect(error({ endOffset: snapshot.endOffset - 1 })).toBe('SNAPSHOT_NOT_FOUND')
    expect(error({ snapshotEpoch: snapshot.epoch + 1 })).toBe('SNAPSHOT_NOT_FOUND')
    expect(error({ position: snapshot.sizeBytes })).toBe('POSITION_OUT_OF_RANGE')
    expect(error({ position: -1 })).toBe('POSITION_OUT_OF_RANGE')
    expect(error({ epoch: epoch + 1 })).toBe('UNKNOWN_LEADER_EPOCH')
    expect(error({ epoch: epoch - 1 })).toBe('FENCED_LEADER_EPOCH')
    expect(error({ node: follower })).toBe('NOT_LEADER_OR_FOLLOWER')
    expect(ask({ node: follower }).topics[0]!.partitions[0]!.currentLeader).toEqual({ leaderId: leader, leaderEpoch: epoch })
    expect(error({ topic: 't' })).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(error({ clusterId: 'another' })).toBe('INCONSISTENT_CLUSTER_ID')
    expect(error({ partitions: 0 })).toBe('INVALID_REQUEST')
    expect(error({ partitions: 2 })).toBe('INVALID_REQUEST')
  })

  it('is where a fetch from below the start of the log is sent', () => {
    const fetch = (fetchOffset: number, lastFetchedEpoch: number): unknown => {
      const partition = { partition: 0, currentLeaderEpoch: epoch, fetchOffset: toBigInt(fetchOffset), lastFetchedEpoch, partitionMaxBytes: 1 << 20 }
      const body = { maxWaitMs: 0, minBytes: 0, topics: [{ topicId: metadataTopic.id, partitions: [partition] }], forgottenTopicsData: [] }
      const [answer] = cluster.askController(leader, apis.Fetch, body).responses[0]!.partitions
      expect(answer!.errorCode).toBe(0)
      if (answer!.snapshotId.epoch >= 0) return toNumber(answer!.snapshotId.endOffset)
      return answer!.divergingEpoch.epoch >= 0 ? 'diverging' : 'records'
    }
    const { endOffset } = snapshot
    expect(fetch(0, -1)).toBe(endOffset)
    expect(fetch(endOffset - 1, snapshot.epoch)).toBe(endOffset)
    expect(fetch(endOffset, snapshot.epoch - 1)).toBe(endOffset)
    expect(fetch(endOffset + 1, snapshot.epoch - 1)).toBe(endOffset)
    expect(fetch(endOffset, snapshot.epoch)).toBe('records')
    expect(fetch(cluster.raft(leader).log.logEndOffset + 1, snapshot.epoch)).toBe('diverging')
  })
})
