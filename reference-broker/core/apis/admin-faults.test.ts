import { expect, it } from 'vitest'
import { apis } from '../../../protocol/apis.ts'
import { toBigInt, toNumber } from '../../../protocol/int64.ts'
import { randomInt, randomPick } from '../../../ports/random.ts'
import { RoleCluster } from '../../../simulator/role-cluster.testing.ts'

const deeds = ['produce', 'produce', 'produce', 'delete', 'delete', 'elect', 'configure', 'grow', 'kill', 'start', 'start', 'wait'] as const
const replicas = [[1, 2, 3], [2, 3, 1]]

/** Admin requests while brokers come and go, one thing after the other; what was answered is remembered. */
class Trial {
  readonly cluster: RoleCluster
  /** By partition: every replica's log was told to start here at least. */
  readonly deletedTo = new Map<number, number>()
  readonly #random

  constructor(seed: number) {
    this.cluster = new RoleCluster({ roles: ['both', 'both', 'both'], seed, settings: { 'leader.imbalance.check.interval.seconds': '3', 'request.timeout.ms': '3000' } })
    this.#random = this.cluster.world.random('deeds')
    this.cluster.untilUp()
    this.cluster.create('t', { replicas, configs: { 'min.insync.replicas': '2', 'internal.segment.bytes': '400' } })
  }

  /** One replica at a time may have lost what it had not synced: then min.insync.replicas=2 is enough. */
  get #mayLosePower(): boolean {
    return this.cluster.topic('t')?.partitions.every(({ inSyncReplicas }) => inSyncReplicas.length === 3) ?? false
  }

  get #partitions(): number {
    return this.cluster.topic('t')?.partitions.length ?? replicas.length
  }

  do(deed: (typeof deeds)[number]): void {
    const { cluster } = this
    const index = randomInt(this.#random, this.#partitions)
    const at = randomPick(this.#random, [...cluster.running.keys()])
    const resources = (value: string): object[] => [{
      resourceType: 2, resourceName: 't', configs: [{ name: 'min.insync.replicas', configOperation: 0, value }],
    }]
    switch (deed) {
      case 'produce':
        return void cluster.produce('t', index, 1 + randomInt(this.#random, 4))
      case 'delete':
        return this.#delete(index)
      case 'elect':
        return void cluster.tryAsk(at, apis.ElectLeaders, { topicPartitions: null, timeoutMs: 1000 })
      case 'configure':
        return void cluster.tryAsk(at, apis.IncrementalAlterConfigs, {
          resources: resources(String(2 + randomInt(this.#random, 2))) as never, validateOnly: false,
        })
      case 'grow': {
        const topics = [{ name: 't', count: this.#partitions + 1, assignments: [{ brokerIds: [3, 1, 2] }] }]
        return void (this.#partitions < 4 && cluster.tryAsk(at, apis.CreatePartitions, { topics, timeoutMs: 1000, validateOnly: false }))
      }
      case 'kill':
        if (cluster.running.size > 2) cluster.kill(at, { powerLoss: this.#mayLosePower && randomInt(this.#random, 2) === 0 })
        return undefined
      case 'start':
        return this.startAll()
      case 'wait':
        return cluster.pass(randomInt(this.#random, 3000))
    }
  }

  #delete(index: number): void {
    const { cluster } = this
    const leader = cluster.partitionImage('t', index)?.leader ?? -1
    const replica = cluster.running.has(leader) ? cluster.replica(leader, 't', index) : undefined
    if (replica === undefined) return
    const { logStartOffset } = replica.log
    const offset = logStartOffset + randomInt(this.#random, Math.max(1, replica.highWatermark - logStartOffset + 1))
    const topics = [{ name: 't', partitions: [{ partitionIndex: index, offset: toBigInt(offset) }] }]
    const answer = cluster.tryAsk(leader, apis.DeleteRecords, { topics, timeoutMs: 2000 })?.topics[0]!.partitions[0]!
    if (answer?.errorCode !== 0) return
    expect(toNumber(answer.lowWatermark)).toBeGreaterThanOrEqual(offset)
    this.deletedTo.set(index, Math.max(this.deletedTo.get(index) ?? 0, offset))
  }

  startAll(): void {
    for (const id of this.cluster.nodeIds) if (!this.cluster.running.has(id)) this.cluster.start(id)
  }

  run(count: number): void {
    for (let i = 0; i < count; i++) this.do(randomPick(this.#random, deeds))
    this.startAll()
    this.cluster.untilUp()
    const all = Array.from({ length: this.#partitions }, (_, index) => index)
    this.cluster.until(() => all.every((index) => this.cluster.partitionImage('t', index)!.inSyncReplicas.length === 3), 'all in sync')
    for (const index of all) {
      this.cluster.untilProduced('t', index)
      this.cluster.pass(1000)
      const logs = [1, 2, 3].map((id) => this.cluster.replica(id, 't', index)!.log)
      expect(new Set(logs.map(({ logEndOffset }) => logEndOffset)).size).toBe(1)
      for (const log of logs) expect(log.logStartOffset).toBeGreaterThanOrEqual(this.deletedTo.get(index) ?? 0)
    }
  }
}

it('whatever is asked while brokers come and go, invariants hold, the cluster recovers, and what was deleted stays so', () => {
  let deletions = 0
  for (let seed = 1; seed <= 12; seed++) {
    const trial = new Trial(seed)
    trial.run(40)
    deletions += trial.deletedTo.size
  }
  expect(deletions).toBeGreaterThan(12)
})
