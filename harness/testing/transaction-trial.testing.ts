/**
 * What transactions of a client go through that is not ours: three broker processes of ours, of which the coordinator and the leaders
 * die in turn, five times, in mid-stream. Each comes back, and is in sync again before the next one dies.
 */
import { expect, vi } from 'vitest'
import { partitionOfKey } from '../../reference-broker/core/coordinator/key-partition.ts'
import { consumerDefaults } from '../../workloads/client/defaults.ts'
import type { LiveCluster } from './live-cluster.testing.ts'

/** Each transaction writes to all of them. */
export const partitions = 3
const statePartitions = 50
const stateTopic = '__transaction_state'
export const patience = { timeout: 60_000, interval: 20 }

export interface Stream {
  readonly cluster: LiveCluster
  readonly topic: string
  readonly transactionalId: string
  /** How far the client is, of how much. */
  readonly progress: () => Promise<number> | number
  readonly total: number
}

/** Of this partition of the topic, or who coordinates. */
type Victim = 'coordinator' | number

const victims: readonly Victim[] = ['coordinator', 0, 'coordinator', 1, 'coordinator']

/** Resolves when all have died and come back; fails when the client is at its end before. */
export async function fiveDeaths(stream: Stream): Promise<void> {
  const { cluster, topic, total, progress } = stream
  const step = total / (victims.length + 1)
  const reaches = (mark: number): Promise<void> => vi.waitFor(async () => expect(await progress()).toBeGreaterThan(mark), patience)
  for (const [at, victim] of victims.entries()) {
    await reaches(step * (at + 0.5))
    const node = await nodeOf(stream, victim)
    await cluster.kill(node)
    const before = await progress()
    expect(before, 'it was killed in mid-stream').toBeLessThan(total)
    await reaches(before + step / 4)
    await cluster.restart(node)
    await vi.waitFor(async () => {
      for (let index = 0; index < partitions; index++) expect((await cluster.partition(topic, index)).inSyncReplicas).toContain(node)
      expect((await coordinatorPartition(stream)).inSyncReplicas).toContain(node)
    }, patience)
  }
}

async function nodeOf(stream: Stream, victim: Victim): Promise<number> {
  const { leader } = await (victim === 'coordinator' ? coordinatorPartition(stream) : stream.cluster.partition(stream.topic, victim))
  return leader
}

function coordinatorPartition({ cluster, transactionalId }: Stream): ReturnType<LiveCluster['partition']> {
  return cluster.partition(stateTopic, partitionOfKey(transactionalId, statePartitions))
}

const text = new TextDecoder()

/** All values that a reader of what is committed finds by now, where every transaction has ended. */
export async function readCommitted(cluster: LiveCluster, topic: string): Promise<string[]> {
  const indexes = Array.from({ length: partitions }, (_, index) => index)
  const ends = await Promise.all(indexes.map((index) => cluster.end(topic, index)))
  const client = cluster.client('reader')
  const consumer = client.consumer({ ...consumerDefaults, isolation: 'read_committed' })
  const all: string[] = []
  consumer.assign(indexes.map((partition) => ({ topic, partition, start: 'beginning' as const })))
  const isRead = (): boolean => indexes.every((index) => (consumer.position(topic, index)?.offset ?? 0) >= ends[index]!)
  const poll = (): Promise<void> => new Promise((done) => consumer.poll(1000, 500, (polled) => {
    all.push(...polled.flatMap(({ records }) => records.map(({ value }) => text.decode(value!))))
    done()
  }))
  const deadlineMs = performance.now() + patience.timeout
  while (!isRead() && performance.now() < deadlineMs) await poll()
  client.close()
  expect(isRead(), 'everything is read').toBe(true)
  return all
}
