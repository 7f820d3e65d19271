import { describe, expect, it } from 'vitest'
import { apis } from '../protocol/apis.ts'
import { encodeBatch } from '../protocol/record-batch-encode.ts'
import { brokerEpochFile } from '../reference-broker/core/boot.ts'
import { nodeName, RoleCluster } from './role-cluster.testing.ts'
import type { DiskCall } from './sim-disk.ts'

const seeds = Array.from({ length: 12 }, (_, i) => i + 1)
const broken = 'EIO: i/o error'

/** A broker whose topic is synced before anything is acknowledged, under a stream of records. */
class Stream {
  readonly cluster: RoleCluster
  acknowledged = 0

  constructor(seed: number) {
    this.cluster = new RoleCluster({ roles: ['both'], seed })
    this.cluster.untilUp()
    this.cluster.create('t', { configs: { 'flush.messages': '1' } })
    this.cluster.untilProduced('t', 0)
    this.acknowledged = 1
  }

  #send(): void {
    const { cluster } = this
    const records = encodeBatch({ records: [{ key: null, value: new Uint8Array(3), timestamp: 1 }] })
    const topicData = [{ name: 't', topicId: cluster.topic('t')!.id, partitionData: [{ index: 0, records }] }]
    const done = (answer: { ok: boolean; body?: { responses: readonly { partitionResponses: readonly { errorCode: number }[] }[] } }): void => {
      if (answer.ok && answer.body?.responses[0]?.partitionResponses[0]?.errorCode === 0) this.acknowledged++
    }
    const body = { acks: -1, timeoutMs: 3000, transactionalId: null, topicData }
    cluster.send(1, apis.Produce, body, { version: apis.Produce.versions.max, port: 9092, done: done as never })
  }

  /** The sentence with which the broker stops once this call has failed. */
  untilItFails(call: DiskCall, sends: number): string {
    const { world } = this.cluster
    for (let i = 0; i < 2000 && world.failures.length === 0; i++) {
      if (i === sends) world.disk(nodeName(1)).failNext(call, broken)
      this.#send()
      world.run({ untilMs: world.now() + 4, while: () => world.failures.length === 0 })
    }
    // What is on its way arrives.
    world.run({ untilMs: world.now() + 1000 })
    return String(world.failures[0]?.error)
  }

  /** The broker started again on what is there; where the log of the topic ends. */
  endAfterRestart(): number {
    this.cluster.world.failures.length = 0
    this.cluster.start(1)
    this.cluster.until(() => this.cluster.replica(1, 't', 0)?.isLeading === true, 'leading again')
    return this.cluster.replica(1, 't', 0)!.log.logEndOffset
  }
}

describe.each<DiskCall>(['append', 'sync', 'replace'])('a failed %s', (call) => {
  it('stops the broker with a word that says what failed, and everything acknowledged is still there', () => {
    for (const seed of seeds) {
      const stream = new Stream(seed)
      const word = stream.untilItFails(call, seed * 3)
      expect(word).toMatch(/^Error: node 1 stops: .*(append|sync|write) .*EIO: i\/o error/)
      expect(stream.endAfterRestart()).toBeGreaterThanOrEqual(stream.acknowledged)
      expect(stream.acknowledged).toBeGreaterThan(1)
    }
  })
})

it('what was written and not synced may be gone after a failed sync, so the broker no longer passes for intact', () => {
  for (const call of ['append', 'sync'] as const) {
    const stream = new Stream(1)
    stream.untilItFails(call, 5)
    const remembered = stream.cluster.world.disk(nodeName(1)).contents(brokerEpochFile)
    expect(remembered === undefined).toBe(call === 'sync')
  }
})
