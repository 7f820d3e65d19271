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

  /** Then a leader may come from the eligible replicas, which may know of less that was deleted. */
  readonly #powerLoss: boolean

  constructor(seed: number, powerLoss: boolean) {
    this.#powerLoss = powerLoss
    this.cluster = new RoleCluster({ roles: ['both', 'both', 'both'], seed, settings: { 'leader.imbalance.check.interval.seconds': '3', 'request.timeout.ms': '3000' } })
    this.#random = this.cluster.world.random('deeds')
    this.cluster.untilUp()
    this.cluster.create('t', { replicas, configs: { 'min.insync.replicas': powerLoss ? '2' : '1', 'internal.segment.bytes': '400' } })
  }

  /** One replica at a time may have lost what it had not synced: then min.insync.replicas=2 is enough. */
  #kill(id: number): void {
    const wantsPowerLoss = this.#powerLoss && randomInt(this.#random, 2) === 0
    if (wantsPowerLoss) this.cluster.pass(3000)
    const all = this.cluster.topic('t')?.partitions.every(({ inSyncReplicas }) => inSyncReplicas.length === 3)
    this.cluster.kill(id, { powerLoss: wantsPowerLoss && all === true })
  }

  get #partitions(): number {
    return this.cluster.topic('t')?.partitions.length ?? replicas.length
  }

  do(deed: (typeof deeds)[number]): void {
    const { cluster } = this
    const index = randomInt(this.#random, this.#partitions)
    const at = randomPick(this.#random, [...cluster.running.keys()])
    switch (deed) {
      case 'produce':
        return void cluster.produce('t', index, 1 + randomInt(this.#random, 4))
      case 'delete':
        return this.#delete(index)
      case 'elect':
        return void cluster.tryAsk(at, apis.ElectLeaders, { topicPartitions: null, timeoutMs: 1000 })
      case 'configure':
        return this.#configure(at)
      case 'grow': {
        const topics = [{ name: 't', count: this.#partitions + 1, assignments: [{ brokerIds: [3, 1, 2] }] }]
        return void (this.#partitions < 4 && cluster.tryAsk(at, apis.CreatePartitions, { topics, timeoutMs: 1000, validateOnly: false }))
      }
      case 'kill':
        if (cluster.running.size > 2) this.#kill(at)
        return undefined
      case 'start':
        return this.startAll()
      case 'wait':
        return cluster.pass(randomInt(this.#random, 3000))
    }
  }

  #configure(at: number): void {
    const configs = this.#powerLoss
      ? [{ name: 'min.insync.replicas', configOperation: 0, value: String(2 + randomInt(this.#random, 2)) }]
      : [{ name: 'internal.segment.bytes', configOperation: 0, value: String(200 + randomInt(this.#random, 400)) }]
    const resources = [{ resourceType: 2, resourceName: 't', configs }]
    this.cluster.tryAsk(at, apis.IncrementalAlterConfigs, { resources, validateOnly: false })
  }

  #delete(index: number): void {
    const { cluster } = this
    const leader = cluster.partitionImage('t', index)?.leader ?? -1
    const replica = cluster.running.has(leader) ? cluster.replica(leader, 't', index) : undefined
    if (replica === undefined) return
    const { logStartOffset } = replica.log
    const offset = logStartOffset + randomInt(this.#random, Math.max(1, replica.highWatermark - logStartOffset + 1))
    const topics = [{ name: 't', partitions: [{ partitionIndex: index, offset: toBigInt(offset) }] }]
    const answer = cluster.tryAsk(leader, apis.DeleteRecords, { topics, timeoutMs: 2000 })?.topics[0]?.partitions[0]
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
      const extents = (): string[] => [1, 2, 3].map((id) => {
        const log = this.cluster.replica(id, 't', index)?.log
        if (log === undefined) return `not on ${id} yet`
        return this.#powerLoss ? `to ${log.logEndOffset}` : `${log.logStartOffset} to ${log.logEndOffset}`
      })
      this.cluster.until(() => new Set(extents()).size === 1, 'replicas that agree')
    }
  }

  get starts(): number[] {
    return Array.from({ length: this.#partitions }, (_, index) => this.cluster.replica(1, 't', index)!.log.logStartOffset)
  }
}

it('whatever is asked while brokers crash, invariants hold, the cluster recovers, and what was deleted stays so', () => {
  let deletions = 0
  for (let seed = 1; seed <= 10; seed++) {
    const trial = new Trial(seed, false)
    trial.run(40)
    for (const [index, offset] of trial.deletedTo) expect(trial.starts[index]).toBeGreaterThanOrEqual(offset)
    deletions += trial.deletedTo.size
  }
  expect(deletions).toBeGreaterThan(10)
})

it('the same while they lose power, one at a time, and the minimum of in-sync replicas changes', () => {
  for (let seed = 1; seed <= 10; seed++) new Trial(seed, true).run(40)
})
