/**
 * Three members of a client library share twelve partitions of three broker processes while ten thousand records are sent, and
 * their coordinator is killed three times: in mid-stream, while it has an answer to a join in hand, and while it has one to
 * a commit. In the end everything acknowledged was processed, everything is committed, and no partition was long without an
 * owner as the coordinators tell it.
 */
import type { Producer } from 'kafkajs'
import { expect, vi } from 'vitest'
import type { ApiName } from '../../protocol/apis.ts'
import type { WorkloadClient } from '../../workloads/client/client.ts'
import { partitionOfKey } from '../../reference-broker/core/coordinator/key-partition.ts'
import type { LiveCluster } from './live-cluster.testing.ts'

export interface GroupTrialSetup {
  readonly cluster: LiveCluster
  readonly producer: Producer
  readonly topic: string
  readonly group: string
  readonly protocol: 'classic' | 'consumer'
  /** Starts a member, which tells values it has worked on until it is stopped in good order. */
  readonly startMember: (clientId: string, processed: (value: string) => void) => Promise<GroupTrialMember>
}

export interface GroupTrialMember {
  stop(): Promise<unknown>
  /** Of a program that has ended by itself: its last words. */
  ended?(): string | undefined
}

export const partitions = 12
const members = 3
const total = 10_000
const aheadMost = 1000
const offsetsPartitions = 50
/** A session of six seconds, a fail-over, and a machine that has other things to do. */
export const unownedBoundMs = 30_000
const watchEveryMs = 100
const patience = { timeout: 90_000, interval: 20 }
const trialPatience = { timeout: 300_000, interval: 20 }

/** When each partition was last seen without an owner, by the words of coordinators. */
class OwnerWatch {
  longestMs = 0
  readonly #client: WorkloadClient
  readonly #setup: GroupTrialSetup
  readonly #unownedSince = new Map<number, number>()
  #isClosed = false

  constructor(setup: GroupTrialSetup) {
    this.#setup = setup
    this.#client = setup.cluster.client('owner-watch')
    this.#ask()
  }

  #ask(): void {
    const { group, protocol, topic, cluster: { loop } } = this.#setup
    this.#client.admin.describeGroup(group, protocol, 1000, (result) => {
      if (this.#isClosed) return
      if (result.ok && result.value.members.length > 0) {
        const owned = result.value.members.flatMap((member) => member.partitions).filter((each) => each.topic === topic)
        this.#saw(new Set(owned.map(({ partition }) => partition)), loop.now())
      }
      loop.after(watchEveryMs, () => this.#ask())
    })
  }

  #saw(owned: ReadonlySet<number>, nowMs: number): void {
    for (let partition = 0; partition < partitions; partition++) {
      const since = this.#unownedSince.get(partition) ?? nowMs
      this.longestMs = Math.max(this.longestMs, nowMs - since)
      if (owned.has(partition)) this.#unownedSince.delete(partition)
      else this.#unownedSince.set(partition, since)
    }
  }

  close(): void {
    this.#isClosed = true
    this.#client.close()
  }
}

export class GroupTrial {
  readonly #setup: GroupTrialSetup
  readonly #processed = new Set<string>()
  readonly #members: GroupTrialMember[] = []
  /** So many may be sent by now: what is to happen in mid-stream must not be outrun. */
  #sentMost = 2500
  #isDone = false

  constructor(setup: GroupTrialSetup) {
    this.#setup = setup
  }

  async run(): Promise<void> {
    const { cluster, topic, group } = this.#setup
    await cluster.createTopic(topic, { partitions })
    for (let at = 0; at < members; at++) await this.#start(`member-${at}`)
    const watch = new OwnerWatch(this.#setup)
    const [acknowledged] = await Promise.all([this.#produce(), this.#disturb()])
    await vi.waitFor(() => expect(acknowledged.filter((value) => !this.#processed.has(value))).toEqual([]), patience)
    await vi.waitFor(async () => expect(await this.#committed()).toEqual(await this.#ends()), patience)
    watch.close()
    expect(acknowledged.length, group).toBe(total)
    expect(watch.longestMs).toBeLessThan(unownedBoundMs)
    expect(this.#members.flatMap((member) => member.ended?.() ?? [])).toEqual([])
    expect(cluster.unexpectedExits).toEqual([])
  }

  async close(): Promise<void> {
    this.#isDone = true
    await Promise.allSettled(this.#members.map((member) => member.stop()))
  }

  async #start(clientId: string): Promise<void> {
    const member = await this.#setup.startMember(clientId, (value) => this.#processed.add(value))
    if (this.#isDone) await member.stop()
    else this.#members.push(member)
  }

  /** One partition a request: of a request to several leaders kafkajs forgets to repeat what moves from a dead one to another. */
  async #produce(): Promise<string[]> {
    const { producer, topic } = this.#setup
    const acknowledged: string[] = []
    for (let at = 0; at < total; at += 100) {
      const values = Array.from({ length: 100 }, (_, i) => `${topic}-${at + i}`)
      const messages = values.map((value, i) => ({ value, partition: (at + i) % partitions }))
      await Promise.all(Array.from({ length: partitions }, (_, partition) =>
        producer.send({ topic, acks: -1, messages: messages.filter((message) => message.partition === partition) })))
      acknowledged.push(...values)
      await vi.waitFor(() => expect(this.#processed.size).toBeGreaterThan(at - aheadMost), patience)
      await vi.waitFor(() => expect(this.#sentMost).toBeGreaterThan(at + 100), trialPatience)
    }
    return acknowledged
  }

  #reaches(count: number): Promise<void> {
    return vi.waitFor(() => expect(this.#processed.size).toBeGreaterThan(count), patience)
  }

  async #disturb(): Promise<void> {
    const join: ApiName = this.#setup.protocol === 'classic' ? 'JoinGroup' : 'ConsumerGroupHeartbeat'
    await this.#reaches(1000)
    await this.#dies(await this.#coordinator(), 5000)
    const [first] = this.#members.splice(0, 1)
    await first!.stop()
    const joining = this.#answerInHand(join, 'joiner')
    await this.#start('joiner')
    await this.#dies(await joining, 7000)
    const committing = this.#answerInHand('OffsetCommit')
    this.#sentMost = 8000
    await this.#dies(await committing, total + 1)
  }

  async #coordinator(): Promise<number> {
    const { cluster, group } = this.#setup
    return (await cluster.partition('__consumer_offsets', partitionOfKey(group, offsetsPartitions))).leader
  }

  /** Who has answered such a request of the group, an answer that does not get through. */
  async #answerInHand(api: ApiName, client?: string): Promise<number> {
    const { rules } = this.#setup.cluster
    const from = rules.record.length
    const match = { api, of: 'answer' as const, error: 'NONE' as const, ...(client !== undefined && { client }) }
    rules.setRules([{ name: 'in hand', match, act: { do: 'hold' } }])
    const held = () => rules.record.slice(from).find(({ did }) => did === 'held')
    await vi.waitFor(() => expect(held(), `an answer to ${api}`).toBeDefined(), patience)
    rules.setRules([])
    return held()!.node
  }

  /** The group must go on without it, with what may be sent from now on. */
  async #dies(node: number, sentMost: number): Promise<void> {
    const { cluster } = this.#setup
    await cluster.kill(node)
    try {
      const before = this.#processed.size
      expect(before, 'it was killed in mid-stream').toBeLessThan(total)
      this.#sentMost = sentMost
      await this.#reaches(Math.min(before + aheadMost, sentMost - aheadMost))
      expect(await this.#coordinator()).not.toBe(node)
    } finally {
      await cluster.restart(node)
    }
  }

  async #ends(): Promise<number[]> {
    const { cluster, topic } = this.#setup
    return Promise.all(Array.from({ length: partitions }, (_, index) => cluster.end(topic, index)))
  }

  /** By partition. */
  #committed(): Promise<number[]> {
    const { cluster, topic, group } = this.#setup
    const client = cluster.client('committed')
    const asked = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
    return new Promise((done, fail) => client.admin.fetchOffsets(group, asked, patience.timeout, (result) => {
      client.close()
      if (result.ok) done(result.value.map(({ offset }) => offset))
      else fail(new Error(result.error.code))
    }))
  }
}
