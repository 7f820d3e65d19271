import { describe, expect, it } from 'vitest'
import { controlType, encodeControlBatch } from '../../../protocol/control-records.ts'
import { encodeBatch } from '../../../protocol/record-batch-encode.ts'
import { brokerEpoch, LoneReplica, type ReplicaOptions } from '../testing/lone-replica.ts'
import { Shard, type CommitError } from './shard.ts'
import type { LoggedAt, RecordCodec, StateMachine } from './state-machine.ts'

const commitTimeoutMs = 5000

/** Records are words. */
const words: RecordCodec<string> = {
  encode: (word) => ({ key: new TextEncoder().encode(word), value: null }),
  decode: (key) => {
    const word = new TextDecoder().decode(key)
    return word === 'unknown' ? undefined : word
  },
}

/** Tells what happened to it. */
class Diary implements StateMachine<string> {
  readonly entries: string[] = []

  replay(word: string, { offset, producerId }: LoggedAt): void {
    this.entries.push(`${word} at ${offset}${producerId < 0 ? '' : ` of ${producerId}`}`)
  }

  endTransaction(producerId: number, committed: boolean): void {
    this.entries.push(`${producerId} ${committed ? 'commits' : 'aborts'}`)
  }

  begin(): void {
    this.entries.push('begin')
  }

  end(): void {
    this.entries.push('end')
  }
}

const batch = (baseOffset: number, ...keys: readonly string[]): Uint8Array =>
  encodeBatch({ baseOffset, partitionLeaderEpoch: 0, records: keys.map((key) => ({ ...words.encode(key), timestamp: 1 })) })

class Stage {
  readonly replica: LoneReplica
  readonly shard: Shard<string, Diary>

  constructor(options: ReplicaOptions = {}) {
    this.replica = new LoneReplica(options)
    const { partition, loop } = this.replica
    this.shard = new Shard({ partition, loop, codec: words, commitTimeoutMs, newState: () => new Diary() })
    this.shard.load()
  }

  get entries(): readonly string[] {
    return this.shard.state.entries
  }

  /** Both followers have all there is. */
  followersCatchUp(): void {
    const { partition, log } = this.replica
    this.replica.settle()
    for (const id of [2, 3]) partition.followerFetched(id, { brokerEpoch, fetchOffset: log.logEndOffset, logStartOffset: 0 })
  }

  depose(): void {
    const { partition } = this.replica
    partition.update({ ...partition.image, leader: 2, leaderEpoch: 1, partitionEpoch: 1 })
  }

  committed(): CommitError[] {
    const outcomes: CommitError[] = []
    this.shard.whenCommitted((error) => outcomes.push(error))
    return outcomes
  }
}

describe('loading', () => {
  it('reads the whole log in order, passes over what it does not know, and then begins', () => {
    const stage = new Stage({ batches: [batch(0, 'a', 'b'), batch(2, 'unknown'), batch(3, 'c')] })
    expect(stage.entries).toEqual([])
    expect(stage.shard.isLoaded).toBe(false)
    stage.replica.settle()
    expect(stage.entries).toEqual(['a at 0', 'b at 1', 'c at 3', 'begin'])
    expect(stage.shard.isLoaded).toBe(true)
  })

  it('an empty log is loaded at once', () => {
    expect(new Stage().entries).toEqual(['begin'])
  })

  it('what transactions wrote is told apart, and their markers are seen', () => {
    const producer = { producerId: 7, producerEpoch: 0, partitionLeaderEpoch: 0 }
    const inTransaction = (baseOffset: number, key: string): Uint8Array =>
      encodeBatch({ ...producer, baseOffset, isTransactional: true, baseSequence: baseOffset, records: [{ ...words.encode(key), timestamp: 1 }] })
    const marker = (baseOffset: number, type: number): Uint8Array =>
      encodeControlBatch(type, new Uint8Array(6), { ...producer, baseOffset, isTransactional: true, timestamp: 1 })
    const stage = new Stage({
      batches: [inTransaction(0, 'a'), marker(1, controlType.abort), inTransaction(2, 'b'), marker(3, controlType.commit)],
    })
    stage.replica.settle()
    expect(stage.entries).toEqual(['a at 0 of 7', '7 aborts', 'b at 2 of 7', '7 commits', 'begin'])
  })

  it('a leader that is deposed meanwhile never begins', () => {
    const stage = new Stage({ batches: [batch(0, 'a')] })
    stage.depose()
    stage.shard.end()
    stage.replica.settle()
    expect(stage.entries).toEqual([])
  })
})

describe('writing', () => {
  it('moves the state at once, and is committed when all in sync have it', () => {
    const stage = new Stage()
    expect(stage.shard.write(['a', 'b'])).toBe('NONE')
    expect(stage.entries).toEqual(['begin', 'a at 0', 'b at 1'])
    const outcomes = stage.committed()
    stage.replica.settle()
    expect(outcomes).toEqual([])
    stage.followersCatchUp()
    expect(outcomes).toEqual(['NONE'])
    expect(stage.committed(), 'at once, when it is already').toEqual(['NONE'])
  })

  it('what is not committed in time is open, and the state keeps it', () => {
    const stage = new Stage()
    stage.shard.write(['a'])
    const outcomes = stage.committed()
    stage.replica.settle()
    stage.replica.pass(commitTimeoutMs)
    expect(outcomes).toEqual(['COORDINATOR_NOT_AVAILABLE'])
    stage.followersCatchUp()
    expect(outcomes).toEqual(['COORDINATOR_NOT_AVAILABLE'])
    expect(stage.committed()).toEqual(['NONE'])
  })

  it('with too few in sync, or too large, changes nothing', () => {
    const few = new Stage({ image: { inSyncReplicas: [1] }, settings: { 'min.insync.replicas': '2' } })
    expect(few.shard.write(['a'])).toBe('COORDINATOR_NOT_AVAILABLE')
    const small = new Stage({ settings: { 'max.message.bytes': '100' } })
    expect(small.shard.write(['a'.repeat(100)])).toBe('MESSAGE_TOO_LARGE')
    for (const { entries, replica } of [few, small]) {
      expect(entries).toEqual(['begin'])
      expect(replica.log.logEndOffset).toBe(0)
    }
  })

  it('after the leadership nothing is written, and who waits is told', () => {
    const stage = new Stage()
    stage.shard.write(['a'])
    const outcomes = stage.committed()
    stage.depose()
    expect(outcomes).toEqual(['NOT_COORDINATOR'])
    expect(stage.committed()).toEqual(['NOT_COORDINATOR'])
    expect(stage.shard.write(['b'])).toBe('NOT_COORDINATOR')
    expect(stage.entries).toEqual(['begin', 'a at 0'])
  })
})
