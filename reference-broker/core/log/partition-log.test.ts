import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DiskLoop } from '../../../ports/loop.ts'
import { batchOf, join, LogModel, plainBatch } from './log-model.testing.ts'
import { MemoryDisk } from './memory-disk.testing.ts'
import { everything, openForTest } from './open-log.testing.ts'
import type { LogConfig, PartitionLog, ReadLimits } from './partition-log.ts'

type Command =
  | { readonly do: 'append'; readonly batches: readonly NewBatch[] }
  | { readonly do: 'read'; readonly at: number; readonly maxBytes: number; readonly end: number; readonly atLeastOne: boolean }
  | { readonly do: 'truncate' | 'truncateFully'; readonly at: number }
  | { readonly do: 'assignEpoch'; readonly step: number }
  | { readonly do: 'lookUp'; readonly timestamp: number; readonly end: number }
  | { readonly do: 'deliver'; readonly answers: number }
  | { readonly do: 'sync' | 'crash' | 'stop' }
  | { readonly do: 'damageIndexes'; readonly keptBytes: number; readonly at: number }

interface NewBatch {
  readonly gap: number
  readonly epochStep: number
  readonly timestamps: readonly number[]
  readonly valueBytes: number
  readonly producerId: number
  readonly epochOfProducer: number
}

const newBatch = fc.record({
  gap: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(5) }),
  epochStep: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(2) }),
  timestamps: fc.array(fc.nat(1000), { minLength: 1, maxLength: 4 }),
  valueBytes: fc.oneof({ weight: 9, arbitrary: fc.nat(60) }, { weight: 1, arbitrary: fc.integer({ min: 1000, max: 6000 }) }),
  producerId: fc.integer({ min: -1, max: 3 }),
  epochOfProducer: fc.constantFrom(0, 0, 0, 1),
})

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('append' as const), batches: fc.array(newBatch, { minLength: 1, maxLength: 4 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('read' as const),
      at: fc.double({ min: 0, max: 1.1, noNaN: true }),
      maxBytes: fc.oneof(fc.nat(1000), fc.nat(20_000)),
      end: fc.double({ min: 0, max: 1.2, noNaN: true }),
      atLeastOne: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('truncate' as const), at: fc.double({ min: 0, max: 1.1, noNaN: true }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('truncateFully' as const), at: fc.double({ min: 0, max: 2, noNaN: true }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('assignEpoch' as const), step: fc.integer({ min: -1, max: 2 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('lookUp' as const), timestamp: fc.nat(1010), end: fc.double({ min: 0, max: 1.2, noNaN: true }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('deliver' as const), answers: fc.nat(6) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('sync' as const, 'crash' as const, 'stop' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('damageIndexes' as const), keptBytes: fc.nat(60), at: fc.nat(60) }) },
)

const config = fc.record({
  segmentBytes: fc.constantFrom(300, 1500, 10_000),
  segmentMs: fc.constantFrom(300, 1e9),
  indexIntervalBytes: fc.constantFrom(0, 150, 1000),
  segmentIndexBytes: fc.constantFrom(40, 4096),
  cacheBytes: fc.constantFrom(0, 600, 1 << 20),
})

/** Runs commands on a log and on the model, and compares whatever both say. */
class Twins {
  readonly disk = new MemoryDisk()
  readonly config: Partial<LogConfig>
  readonly model = new LogModel()
  loop: DiskLoop
  log: PartitionLog
  /** What each sync has to cover. */
  readonly syncs: { end: number }[] = []
  asked = 0
  answered = 0
  appended = 0
  written = 0

  constructor(config: Partial<LogConfig>) {
    this.config = config
    const { loop, log } = openForTest(this.disk, { config })
    this.loop = loop
    this.log = log
  }

  run(commands: readonly Command[]): void {
    for (const command of commands) {
      this.do(command)
      this.compare()
    }
    this.settle()
    this.compare()
    this.readEverywhere()
    expect(this.answered).toBe(this.asked)
    expect(this.written).toBe(this.appended)
    expect(this.log.writtenOffset).toBe(this.log.logEndOffset)
  }

  /** Counts that `done` is called once. */
  once(done: () => void = () => undefined): () => void {
    this.asked++
    let called = false
    return () => {
      expect(called).toBe(false)
      called = true
      this.answered++
      done()
    }
  }

  lowerSyncs(): void {
    for (const asked of this.syncs) asked.end = Math.min(asked.end, this.model.logEndOffset)
  }

  settle(): void {
    this.disk.run(this.loop)
  }

  offset(fraction: number): number {
    const { logEndOffset, batches, logStartOffset } = this.model
    const first = batches[0]?.header.baseOffset ?? logStartOffset
    return Math.floor(first + fraction * (logEndOffset - first))
  }

  do(command: Command): void {
    switch (command.do) {
      case 'append':
        return this.append(command.batches)
      case 'read': {
        const offset = this.offset(command.at)
        const limits = { maxBytes: command.maxBytes, endOffset: this.offset(command.end), atLeastOne: command.atLeastOne }
        return this.log.read(offset, limits, (bytes) => {
          if (this.log.isTruncating) return
          this.expectRead(bytes, offset, limits)
        })
      }
      case 'truncate': {
        if (this.log.isTruncating) this.settle()
        const offset = this.offset(command.at)
        this.model.truncateTo(offset)
        this.lowerSyncs()
        return this.log.truncateTo(offset, this.once())
      }
      case 'truncateFully': {
        if (this.log.isTruncating) this.settle()
        const offset = this.offset(command.at)
        this.model.startAt(offset)
        this.lowerSyncs()
        return this.log.truncateFullyAndStartAt(offset, this.once())
      }
      case 'assignEpoch': {
        if (this.log.isTruncating) this.settle()
        const epoch = this.model.epochs.latest + command.step
        this.model.epochs.assign(epoch, this.model.logEndOffset)
        return this.log.epochs.assign(epoch, this.log.logEndOffset)
      }
      case 'lookUp':
        return this.lookUp(command.timestamp, this.offset(command.end))
      case 'deliver':
        for (let i = 0; i < command.answers; i++) this.disk.step(this.loop)
        return undefined
      case 'sync': {
        const asked = { end: this.model.logEndOffset }
        this.syncs.push(asked)
        return this.log.sync(this.once(() => expect(this.log.syncedOffset).toBeGreaterThanOrEqual(asked.end)))
      }
      case 'crash':
        this.settle()
        this.model.forgetEmptyEpochs()
        this.model.logStartOffset = Math.min(this.model.logStartOffset, this.model.logEndOffset)
        return this.reopen(false)
      case 'stop':
        this.log.close(this.once())
        this.settle()
        return this.reopen(true)
      case 'damageIndexes':
        return this.damageIndexes(command.keptBytes, command.at)
    }
  }

  /** Deletes, cuts, or changes a byte of every index file. */
  damageIndexes(keptBytes: number, at: number): void {
    for (const file of this.disk.files.filter((each) => each.endsWith('index'))) {
      const bytes = this.disk.contents(file)
      if (at < bytes.length) bytes[at]! ^= 255
      if (keptBytes === 0) this.disk.delete(file)
      else this.disk.put(file, bytes.subarray(0, keptBytes))
    }
  }

  reopen(clean: boolean): void {
    const { loop, log, recovery } = openForTest(this.disk, { config: this.config, cleanShutdown: clean })
    expect(recovery.clean).toBe(clean)
    expect(recovery.cutBytes).toBe(0)
    this.loop = loop
    this.log = log
    expect(log.syncedOffset).toBe(log.logEndOffset)
  }

  append(news: readonly NewBatch[]): void {
    if (this.log.isTruncating) this.settle()
    let offset = this.log.logEndOffset
    let leaderEpoch = Math.max(0, this.log.epochs.latest)
    const sequences = new Map(this.model.producers().map((entry) => [entry.producerId, (entry.batches.at(-1)?.lastSequence ?? -1) + 1]))
    const batches = news.map(({ gap, epochStep, timestamps, valueBytes, producerId, epochOfProducer }) => {
      leaderEpoch += epochStep
      const baseOffset = offset + gap
      offset = baseOffset + timestamps.length
      const spec = { baseOffset, leaderEpoch, timestamps, valueBytes }
      if (producerId < 0) return batchOf(spec)
      const baseSequence = sequences.get(producerId) ?? 0
      sequences.set(producerId, baseSequence + timestamps.length)
      return batchOf({ ...spec, producer: { producerId, producerEpoch: epochOfProducer, baseSequence } })
    })
    this.model.append(batches)
    const number = this.appended++
    const done = this.once(() => {
      expect(this.written).toBe(number)
      this.written++
    })
    this.log.append(join(batches), done)
  }

  /** A prefix of what the model has, and not nothing where the model has something. */
  expectRead(bytes: Uint8Array, offset: number, limits: ReadLimits): void {
    const expected = this.model.read(offset, limits)
    expect(Buffer.compare(bytes, expected.subarray(0, bytes.length))).toBe(0)
    expect(bytes.length === 0).toBe(expected.length === 0)
  }

  lookUp(timestamp: number, end: number): void {
    if (this.log.isTruncating) this.settle()
    const found = this.once()
    const newest = this.once()
    this.log.offsetForTimestamp(timestamp, end, (answer) => {
      found()
      expect(answer).toEqual(this.model.offsetForTimestamp(timestamp, end))
    })
    this.settle()
    this.log.offsetOfMaxTimestamp(end, (answer) => {
      newest()
      expect(answer).toEqual(this.model.offsetOfMaxTimestamp(end))
    })
    this.settle()
  }

  compare(): void {
    const { log, model } = this
    expect(log.writtenOffset).toBeLessThanOrEqual(log.logEndOffset)
    expect(log.syncedOffset).toBeLessThanOrEqual(log.writtenOffset)
    if (log.isTruncating) return
    expect(log.logEndOffset).toBe(model.logEndOffset)
    expect(log.epochs.entries).toEqual(model.epochEntries())
    expect(log.producers.entries()).toEqual(model.producers())
    expect(log.sizeBytes()).toBe(model.batches.reduce((sum, { bytes }) => sum + bytes.length, 0))
  }

  readEverywhere(): void {
    const { log, model } = this
    for (let offset = this.offset(0); offset <= model.logEndOffset + 1; offset++) {
      const limits = { maxBytes: 700, endOffset: model.logEndOffset, atLeastOne: true }
      log.read(offset, limits, this.once())
      log.read(offset, limits, (bytes) => this.expectRead(bytes, offset, limits))
    }
    this.settle()
  }
}

describe('against a list of batches', () => {
  it('appends, reads, truncations and restarts in any order leave the same log', () => {
    fc.assert(
      fc.property(config, fc.array(command, { minLength: 1, maxLength: 60, size: 'max' }), (config, commands) => {
        new Twins(config).run(commands)
      }),
      { numRuns: 400 },
    )
  })
})

it('nothing is in an empty directory but a log that starts at 0', () => {
  const disk = new MemoryDisk()
  const { log, recovery } = openForTest(disk)
  expect([log.logStartOffset, log.logEndOffset, log.syncedOffset, log.epochs.latest]).toEqual([0, 0, 0, -1])
  expect(recovery).toEqual({ scannedBytes: 0, cutBytes: 0, droppedSegments: 0, clean: false })
  expect(disk.files).toEqual([])
})

it('what is in memory is read at once and without the disk', () => {
  const disk = new MemoryDisk()
  const { loop, log } = openForTest(disk, { config: { cacheBytes: 0 } })
  log.append(plainBatch(0, 3), () => undefined)
  log.append(plainBatch(3, 2), () => undefined)
  disk.recording = true
  let bytes = new Uint8Array(0)
  log.read(1, everything, (read) => {
    bytes = new Uint8Array(read)
  })
  expect(bytes).toEqual(join([plainBatch(0, 3), plainBatch(3, 2)]))
  expect(disk.calls).toEqual([])
  disk.run(loop)
  log.read(1, everything, () => undefined)
  expect(disk.calls.map(({ call }) => call)).toEqual(['read'])
})

it('an append below the end of the log is refused', () => {
  const { log } = openForTest(new MemoryDisk())
  log.append(plainBatch(0, 3), () => undefined)
  expect(() => log.append(plainBatch(2, 1), () => undefined)).toThrow('append of offset 2 to a log that ends at 3')
})

it('the log of one partition does not touch that of another whose name begins the same', () => {
  const disk = new MemoryDisk()
  disk.put('orders-01/00000000000000000000.log', plainBatch(0, 1))
  const { loop, log } = openForTest(disk)
  expect(log.logEndOffset).toBe(0)
  log.append(plainBatch(0, 1), () => undefined)
  log.remove(() => undefined)
  disk.run(loop)
  expect(disk.files).toEqual(['orders-01/00000000000000000000.log'])
})
