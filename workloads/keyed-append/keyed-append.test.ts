import { describe, expect, test } from 'vitest'
import type { FinalRead } from '../../history/final-read.ts'
import type { MicroOp, Op, Polled, PollMicroOp, SendMicroOp } from '../../history/op.ts'
import { isMark } from '../../history/open-ops.ts'
import { Recorder } from '../../history/recorder.ts'
import { checkValue } from '../../history/value-checksum.ts'
import { errorCode } from '../../protocol/errors.ts'
import { TestCluster } from '../testing/cluster.testing.ts'
import { TestWorld } from '../testing/world.testing.ts'
import { clusterDefaults } from '../client/defaults.ts'
import { partitionOfKey } from '../client/partitioner.ts'
import { WireClient } from '../client/wire-client.ts'
import type { RunningWorkload } from '../workload.ts'
import { keyedAppend } from './keyed-append.ts'
import type { KeyedAppendOptions } from './options.ts'

const options: KeyedAppendOptions = {
  producers: 2,
  consumers: 2,
  recordsPerSecond: 200,
  recordKeysPerPartition: 8,
  openSendsPerProducer: 50,
  acks: -1,
  idempotence: true,
  isolation: 'read_uncommitted',
  lingerMs: 5,
  batchSizeBytes: 4096,
  maxInFlight: 5,
  valueSizeBytes: { min: 10, max: 100 },
  compression: 'none',
  deliveryTimeoutMs: 5000,
  maxRecordsPerPoll: 500,
  replaceConsumerMs: 3000,
}

class Stage {
  readonly world: TestWorld
  readonly cluster: TestCluster
  readonly recorder: Recorder
  readonly running: RunningWorkload
  readMs = 0

  constructor(more: Partial<KeyedAppendOptions> = {}, seed = 1) {
    this.world = new TestWorld(seed)
    this.cluster = new TestCluster(this.world, { topics: { a: 2, b: 1 } })
    this.recorder = new Recorder(() => this.world.nowMs)
    const bootstrap = [{ host: 'b0', port: 9092 }, { host: 'b1', port: 9092 }]
    let process = 0
    this.running = keyedAppend({ ...options, ...more }).start({
      loop: this.world.client(),
      random: this.world.random,
      recorder: this.recorder,
      makeClient: (clientId) => new WireClient(this.world.client(), { ...clusterDefaults, bootstrap, clientId }),
      topics: [{ name: 'a', partitions: 2 }, { name: 'b', partitions: 1 }],
      nextProcess: () => process++,
    })
  }

  get ops(): readonly Op[] {
    return this.recorder.ops
  }

  /** Milliseconds until everything open had ended. */
  stop(): number {
    const before = this.world.nowMs
    let stopped = false
    this.running.stop(() => {
      stopped = true
    })
    expect(this.world.runUntil(() => stopped, 60_000)).toBe(true)
    return this.world.nowMs - before
  }

  read(limitMs = 30_000): boolean {
    const ends: boolean[] = []
    const before = this.world.nowMs
    this.running.finalReads(this.world.nowMs + limitMs, (complete) => ends.push(complete))
    expect(this.world.runUntil(() => ends.length > 0, 60_000)).toBe(true)
    this.readMs = this.world.nowMs - before
    this.world.runFor(5000)
    expect(ends).toHaveLength(1)
    return ends[0]!
  }

  finalRead(): FinalRead & { type: string } {
    const op = this.ops.findLast(({ f }) => f === 'final-read')!
    return { ...(op.value as FinalRead), type: op.type }
  }
}

const micros = (op: Op): readonly MicroOp[] => op.value as readonly MicroOp[]
const sendOf = (op: Op): SendMicroOp => micros(op)[0] as SendMicroOp
const polledOf = (op: Op): readonly Polled[] => (micros(op)[0] as PollMicroOp).polled!
const sends = (ops: readonly Op[], type: Op['type']): Op[] => ops.filter((op) => op.f === 'send' && op.type === type)
const polls = (ops: readonly Op[]): Op[] => ops.filter((op) => op.f === 'poll' && op.type === 'ok')

/** A process has one op open at a time, and none after an info. */
function expectWellFormed(ops: readonly Op[]): void {
  const open = new Map<Op['process'], Op>()
  const over = new Set<Op['process']>()
  for (const op of ops) {
    expect(over.has(op.process)).toBe(false)
    const before = open.get(op.process)
    if (op.type === 'invoke') {
      expect(before).toBeUndefined()
      open.set(op.process, op)
    } else if (!isMark(op, before?.f)) {
      expect(before?.f).toBe(op.f)
      expect(before?.client).toBe(op.client)
      open.delete(op.process)
      if (op.type === 'info') over.add(op.process)
    }
  }
  expect([...open.values()]).toEqual([])
}

function expectReadAsWritten(stage: Stage): void {
  const logs = new Map(['a-0', 'a-1', 'b-0'].map((key) => {
    const [topic, partition] = key.split('-')
    return [key, stage.cluster.log(topic!, Number(partition)).values().map((value) => value.replace(/\.+$/, ''))]
  }))
  for (const op of sends(stage.ops, 'ok')) {
    const { key, value, offset } = sendOf(op)
    if (offset !== undefined) expect(logs.get(String(key))![offset]).toBe(value)
  }
  const next = new Map<string, number>()
  for (const op of polls(stage.ops)) {
    for (const [key, records] of polledOf(op)) {
      for (const [offset, value] of records) {
        expect(logs.get(String(key))![offset]).toBe(value)
        const reader = `${op.process} ${key}`
        expect(offset).toBe(next.get(reader) ?? offset)
        next.set(reader, offset + 1)
      }
    }
  }
}

describe('on a healthy cluster', () => {
  const stage = new Stage()
  stage.world.runFor(10_000)
  const stopMs = stage.stop()
  const complete = stage.read()
  stage.running.close()
  stage.world.runFor(20_000)

  test('records well-formed ops, all sends ok, and ends in time', () => {
    expectWellFormed(stage.ops)
    expect(sends(stage.ops, 'ok').length).toBeGreaterThan(1800)
    expect(sends(stage.ops, 'ok').length).toBeLessThan(2200)
    expect([...sends(stage.ops, 'fail'), ...sends(stage.ops, 'info')]).toEqual([])
    expect(stopMs).toBeLessThan(1000)
    expect(complete).toBe(true)
  })

  test('reads what was written, each reader without gap or repetition', () => {
    expectReadAsWritten(stage)
  })

  test('sends unique values that check, under several record keys a partition, each where it belongs', () => {
    const values = sends(stage.ops, 'invoke').map((op) => sendOf(op).value)
    expect(new Set(values).size).toBe(values.length)
    expect(values.every((value) => checkValue(value))).toBe(true)
    const recordKeys = new Map<string, Map<string, number>>()
    for (const op of polls(stage.ops)) {
      for (const [key, records] of polledOf(op)) {
        const counts = recordKeys.get(String(key)) ?? new Map<string, number>()
        recordKeys.set(String(key), counts)
        for (const [, , meta] of records) counts.set(meta!.recordKey!, (counts.get(meta!.recordKey!) ?? 0) + 1)
      }
    }
    for (const [key, counts] of recordKeys) {
      expect(counts.size).toBe(8)
      expect(Math.max(...counts.values())).toBeGreaterThan(4 * Math.min(...counts.values()))
      const partitions = key.startsWith('a') ? 2 : 1
      const utf8 = new TextEncoder()
      for (const recordKey of counts.keys()) {
        expect(`${key.slice(0, 2)}${partitionOfKey(utf8.encode(recordKey), partitions)}`).toBe(key)
      }
    }
  })

  test('keeps one producer in the order of its invokes', () => {
    for (const client of ['producer-0', 'producer-1']) {
      const sequences = sends(stage.ops, 'invoke')
        .filter((op) => op.client === client)
        .map((op) => Number(String(sendOf(op).value).split('-')[1]))
      expect(sequences.length).toBeGreaterThan(500)
      expect(sequences).toEqual(sequences.map((_, at) => at))
    }
  })

  test('replaces consumers: a crash, another process, another client, an assign', () => {
    const crashes = stage.ops.filter(({ f }) => f === 'crash')
    expect(crashes.length).toBeGreaterThanOrEqual(4)
    expect(crashes.every(({ type }) => type === 'info')).toBe(true)
    const assigns = stage.ops.filter(({ f, type }) => f === 'assign' && type === 'ok')
    expect(assigns.length).toBe(2 + crashes.length + 1)
    expect(new Set(assigns.map(({ client }) => client)).size).toBe(assigns.length)
    expect(new Set(assigns.map(({ process }) => process)).size).toBe(assigns.length)
    expect(stage.running.figures()).toMatchObject({ consumersReplaced: crashes.length, skippedSends: 0 })
    const firstOffsets = new Map<Op['process'], number>()
    for (const op of polls(stage.ops)) {
      const start = polledOf(op)[0]?.[1][0]?.[0]
      if (start !== undefined && !firstOffsets.has(op.process)) firstOffsets.set(op.process, start)
    }
    const starts = assigns.slice(2, -1).map(({ process }) => firstOffsets.get(process)!)
    expect(starts).toContain(0)
    expect(Math.max(...starts)).toBeGreaterThan(100)
  })

  test('reads everything at the end by a fresh client, and says how far', () => {
    const { type, keys, reached, target } = stage.finalRead()
    expect(type).toBe('ok')
    expect(keys).toEqual(['a-0', 'a-1', 'b-0'])
    expect(reached).toEqual(target)
    const final = polls(stage.ops).filter(({ client }) => client === 'final-1')
    const count = final.flatMap((op) => polledOf(op)).reduce((sum, [, records]) => sum + records.length, 0)
    expect(count).toBe(sends(stage.ops, 'ok').length)
  })

  test('sends and records nothing after its end', () => {
    expect(stage.ops.at(-1)!.f).toBe('final-read')
  })
})

test('the same seed records the same history', () => {
  const run = (seed: number): readonly Op[] => {
    const stage = new Stage({}, seed)
    stage.cluster.onProduce = ({ header }) => (header.baseSequence % 7 === 3 ? { end: 'cut', append: true } : undefined)
    stage.world.runFor(3000)
    stage.stop()
    stage.read()
    return stage.ops
  }
  expect(run(4)).toEqual(run(4))
  expect(run(4)).not.toEqual(run(5))
})

test('leaders that move and answers that get lost leave a history that is still true', () => {
  const stage = new Stage({}, 9)
  let calls = 0
  stage.cluster.onProduce = () => {
    calls++
    if (calls % 11 === 0) return { append: true, end: 'cut' }
    if (calls % 17 === 0) return { end: 'silent' }
    return calls % 13 === 0 ? { error: errorCode.NOT_ENOUGH_REPLICAS } : undefined
  }
  for (let i = 0; i < 20; i++) {
    stage.world.runFor(500)
    stage.cluster.log('a', i % 2).moveTo(i % 3)
  }
  stage.cluster.onProduce = () => undefined
  expect(stage.stop()).toBeLessThan(5100)
  expect(stage.read()).toBe(true)
  expectWellFormed(stage.ops)
  expectReadAsWritten(stage)
})

describe('when brokers do not answer', () => {
  test('sends end as info within the delivery timeout, go on under new processes, and what does not fit is counted', () => {
    const stage = new Stage({ openSendsPerProducer: 20, deliveryTimeoutMs: 3000 })
    stage.world.runFor(1000)
    stage.cluster.onProduce = () => ({ append: true, end: 'silent' })
    stage.world.runFor(5000)
    expect(stage.running.figures()['skippedSends']).toBeGreaterThan(100)
    const infos = sends(stage.ops, 'info')
    expect(infos.length).toBeGreaterThan(20)
    for (const op of infos) {
      expect(op.error).toMatchObject({ definite: false })
      expect(op.attempts).toBeGreaterThan(0)
    }
    expect(stage.stop()).toBeLessThan(3100)
    expectWellFormed(stage.ops)
  })

  test('the final reading ends at its deadline, incomplete', () => {
    const stage = new Stage()
    stage.world.runFor(1000)
    stage.stop()
    for (const node of [0, 1, 2]) stage.cluster.stop(node)
    expect(stage.read(3000)).toBe(false)
    expect(stage.finalRead()).toMatchObject({ type: 'info', complete: false })
    expectWellFormed(stage.ops)
  })
})

test('acknowledged offsets beyond the end are waited for; then the log that is there counts as read', () => {
  const stage = new Stage()
  stage.world.runFor(2000)
  stage.stop()
  const log = stage.cluster.log('a', 0)
  log.truncateTo(log.batches[log.batches.length - 2]!.header.baseOffset)
  log.moveTo(1)
  expect(stage.read(4000)).toBe(true)
  expect(stage.readMs).toBeGreaterThanOrEqual(4000)
  expect(stage.finalRead().reached['a-0']).toBe(log.endOffset)
})

test('an end that comes late is waited for', () => {
  const stage = new Stage()
  stage.world.runFor(2000)
  stage.stop()
  const log = stage.cluster.log('a', 0)
  log.highWatermark = 5
  stage.world.schedule(2000, () => {
    log.highWatermark = undefined
  })
  expect(stage.read()).toBe(true)
  expect(stage.readMs).toBeGreaterThan(2000)
  expect(stage.readMs).toBeLessThan(4000)
  expect(stage.finalRead()).toMatchObject({ type: 'ok', complete: true })
  expect(stage.finalRead().target['a-0']).toBe(log.endOffset)
})

test('acks 0 ends every send as info', () => {
  const stage = new Stage({ acks: 0, idempotence: false })
  stage.world.runFor(2000)
  stage.stop()
  expect(sends(stage.ops, 'info').length).toBeGreaterThan(300)
  expect([...sends(stage.ops, 'ok'), ...sends(stage.ops, 'fail')]).toEqual([])
  expectWellFormed(stage.ops)
})
