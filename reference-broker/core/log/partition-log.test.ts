import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DiskLoop } from '../../../ports/loop.ts'
import { batchOf, join, LogModel, markerOf, plainBatch } from './log-model.testing.ts'
import { MemoryDisk } from './memory-disk.testing.ts'
import { everything, openForTest } from './open-log.testing.ts'
import type { LogConfig, PartitionLog, ReadLimits } from './partition-log.ts'

type Command =
  | { readonly do: 'append'; readonly batches: readonly NewBatch[] }
  | { readonly do: 'read'; readonly at: number; readonly maxBytes: number; readonly end: number; readonly atLeastOne: boolean }
  | { readonly do: 'truncate' | 'truncateFully' | 'deleteRecords'; readonly at: number }
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
  /** Of a batch with a producer. */
  readonly kind: 'plain' | 'transactional' | 'commit' | 'abort'
}

const newBatch = fc.record({
  gap: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(5) }),
  epochStep: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(2) }),
  timestamps: fc.array(fc.nat(1000), { minLength: 1, maxLength: 4 }),
  valueBytes: fc.oneof({ weight: 9, arbitrary: fc.nat(60) }, { weight: 1, arbitrary: fc.integer({ min: 1000, max: 6000 }) }),
  producerId: fc.integer({ min: -1, max: 3 }),
  epochOfProducer: fc.constantFrom(0, 0, 0, 1),
  kind: fc.constantFrom('plain' as const, 'transactional' as const, 'transactional' as const, 'commit' as const, 'abort' as const),
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
  { weight: 1, arbitrary: fc.record({ do: fc.constant('deleteRecords' as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }) },
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
    this.compareTransactions()
    this.readEverywhere()
    this.lookUpEverything()
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
    const { logEndOffset, baseOffset } = this.model
    return Math.floor(baseOffset + fraction * (logEndOffset - baseOffset))
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
      case 'deleteRecords':
        if (this.log.isTruncating) this.settle()
        return this.deleteRecords(this.offset(command.at))
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
        this.model.crash()
        return this.reopen(false)
      case 'stop':
        this.log.close(this.once())
        this.settle()
        return this.reopen(true)
      case 'damageIndexes':
        return this.damageIndexes(command.keptBytes, command.at)
    }
  }

  /** Which segments there are is the log's to know: all that lie below the new start, but never the newest one, go. */
  deleteRecords(offset: number): void {
    this.log.advanceLogStart(offset, this.once())
    this.model.advanceStart(offset, this.log.baseOffset)
    expect(this.log.baseOffset).toBeLessThanOrEqual(this.log.logStartOffset)
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
    const batches = news.map(({ gap, epochStep, timestamps, valueBytes, producerId, epochOfProducer, kind }) => {
      leaderEpoch += epochStep
      const baseOffset = offset + gap
      if (producerId >= 0 && (kind === 'commit' || kind === 'abort')) {
        offset = baseOffset + 1
        const marker = { committed: kind === 'commit', coordinatorEpoch: epochOfProducer }
        return markerOf(marker, { baseOffset, leaderEpoch, producerId, producerEpoch: epochOfProducer })
      }
      offset = baseOffset + timestamps.length
      const spec = { baseOffset, leaderEpoch, timestamps, valueBytes }
      if (producerId < 0) return batchOf(spec)
      const baseSequence = sequences.get(producerId) ?? 0
      sequences.set(producerId, baseSequence + timestamps.length)
      return batchOf({ ...spec, isTransactional: kind === 'transactional', producer: { producerId, producerEpoch: epochOfProducer, baseSequence } })
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

  lookUpEverything(): void {
    const end = this.model.logEndOffset
    for (const timestamp of this.model.timestamps()) {
      this.lookUp(timestamp, end)
      this.lookUp(timestamp + 1, end)
    }
  }

  compare(): void {
    const { log, model } = this
    expect(log.writtenOffset).toBeLessThanOrEqual(log.logEndOffset)
    expect(log.syncedOffset).toBeLessThanOrEqual(log.writtenOffset)
    if (log.isTruncating) return
    expect(log.logStartOffset).toBe(model.logStartOffset)
    expect(log.logEndOffset).toBe(model.logEndOffset)
    expect(log.epochs.entries).toEqual(model.epochEntries())
    this.compareProducers()
    expect(log.sizeBytes()).toBe(model.batches.reduce((sum, { bytes }) => sum + bytes.length, 0))
  }

  /** What deleted batches told may be known or not; everything else is exact. */
  compareProducers(): void {
    const { log, model } = this
    const known = new Map(log.producers.entries().map((entry) => [entry.producerId, entry]))
    const least = model.producers()
    const most = new Map(model.producers(true).map((entry) => [entry.producerId, entry]))
    if (model.deleted.length === 0) expect(log.producers.entries()).toEqual(least)
    for (const entry of least) {
      const { batches, ...rest } = known.get(entry.producerId)!
      const { producerId, producerEpoch, lastTimestamp } = entry
      expect(rest).toMatchObject({ producerId, producerEpoch, lastTimestamp })
      if (entry.batches.length > 0) expect(batches.slice(-entry.batches.length)).toEqual(entry.batches)
    }
    for (const { producerId, batches } of known.values()) {
      if (batches.length > 0) expect(most.get(producerId)!.batches.slice(-batches.length)).toEqual(batches)
    }
  }

  /** Of what was deleted, transactions may be known; else all is exact, for every range and every high watermark. */
  compareTransactions(): void {
    const { log, model } = this
    if (model.deleted.length > 0) return
    const all = model.transactions()
    const firstOf = (some: typeof all): number => Math.min(Infinity, ...some.map(({ firstOffset }) => firstOffset))
    const { transactions } = log
    expect(transactions.firstOpenOffset).toBe(firstOf(all.filter(({ lastOffset }) => lastOffset === Infinity)))
    const step = Math.max(1, Math.floor((model.logEndOffset - model.logStartOffset) / 12))
    for (let from = model.logStartOffset; from <= model.logEndOffset; from += step) {
      const ended = all.filter(({ lastOffset }) => lastOffset >= from && lastOffset < Infinity)
      expect(transactions.firstUnreplicatedOffset(from)).toBe(firstOf(ended))
      for (let to = from + 1; to <= model.logEndOffset + 1; to += step) {
        const aborted = ended.filter(({ firstOffset, aborted }) => aborted && firstOffset < to)
        const told = transactions.abortedBetween(from, to).map(({ producerId, firstOffset }) => `${producerId}@${firstOffset}`)
        expect(told.toSorted()).toEqual(aborted.map(({ producerId, firstOffset }) => `${producerId}@${firstOffset}`).toSorted())
      }
    }
  }

  readEverywhere(): void {
    const { log, model } = this
    for (let offset = this.offset(0); offset <= model.logEndOffset + 1; offset++) {
      for (const endOffset of [model.logEndOffset, offset + 3]) {
        for (const maxBytes of [150, 700]) {
          const limits = { maxBytes, endOffset, atLeastOne: offset % 2 === 0 }
          const done = this.once()
          log.read(offset, limits, (bytes) => {
            this.expectRead(bytes, offset, limits)
            done()
          })
        }
      }
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
      { numRuns: 300 },
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

it('state after a truncation is exact however far back the last snapshot is', () => {
  const disk = new MemoryDisk()
  const { loop, log } = openForTest(disk, { config: { cacheBytes: 0 } })
  const model = new LogModel()
  // 20 MB; every seventh batch has a timestamp larger than all before.
  for (let i = 0; i < 40; i++) {
    const producer = { producerId: i % 3, producerEpoch: 0, baseSequence: Math.floor(i / 3) }
    const timestamps = [(i % 7) * 100 + i]
    const bytes = batchOf({ baseOffset: i, leaderEpoch: 0, timestamps, valueBytes: 500_000, producer })
    model.append([bytes])
    log.append(bytes, () => undefined)
  }
  disk.run(loop)
  disk.recording = true
  for (const offset of [39, 33, 30, 22, 17, 12, 3, 0]) {
    disk.calls.length = 0
    model.truncateTo(offset)
    log.truncateTo(offset, () => undefined)
    disk.run(loop)
    // Two reads to find the place, and one a MiB since the last snapshot.
    expect(disk.calls.filter(({ call }) => call === 'read').length).toBeLessThanOrEqual(8)
    expect(log.logEndOffset).toBe(offset)
    expect(log.producers.entries()).toEqual(model.producers())
    log.offsetOfMaxTimestamp(Infinity, (found) => {
      expect(found).toEqual(offset === 0 ? undefined : model.offsetOfMaxTimestamp(Infinity))
    })
    disk.run(loop)
  }
})

it('a truncation into an old segment after a restart is exact, and is not paid for twice', () => {
  const disk = new MemoryDisk()
  const config = { segmentBytes: 500, cacheBytes: 0 }
  const first = openForTest(disk, { config })
  const model = new LogModel()
  for (let i = 0; i < 30; i++) {
    const producer = { producerId: i % 3, producerEpoch: 0, baseSequence: Math.floor(i / 3) }
    const bytes = batchOf({ baseOffset: i, leaderEpoch: 0, timestamps: [i], valueBytes: 10, producer })
    model.append([bytes])
    first.log.append(bytes, () => undefined)
  }
  first.log.close(() => undefined)
  disk.run(first.loop)

  const { loop, log } = openForTest(disk, { config })
  const oldest = disk.files.find((file) => file.endsWith('.log'))
  const oldestReads = (): number => disk.calls.filter(({ call, file }) => call === 'read' && file === oldest).length
  disk.recording = true
  for (const [offset, mayRead] of [[29, false], [16, true], [14, false], [13, false]] as const) {
    const before = oldestReads()
    model.truncateTo(offset)
    log.truncateTo(offset, () => undefined)
    disk.run(loop)
    expect(log.producers.entries()).toEqual(model.producers())
    expect(oldestReads() > before).toBe(mayRead)
  }
})

it('while a truncation looks for its place, the log already ends there', () => {
  const disk = new MemoryDisk()
  const { loop, log } = openForTest(disk, { config: { cacheBytes: 0 } })
  for (let i = 0; i < 4; i++) log.append(plainBatch(i * 2, 2, i), () => undefined)
  disk.run(loop)
  log.truncateTo(5, () => undefined)
  expect(log.isTruncating).toBe(true)
  expect([log.logEndOffset, log.writtenOffset, log.epochs.latest]).toEqual([5, 5, 2])
  expect(() => log.append(plainBatch(5, 1, 9), () => undefined)).toThrow('append while the log of orders-0 is being truncated')
  let settledAt = -1
  log.whenSettled(() => {
    settledAt = log.logEndOffset
  })
  disk.run(loop)
  expect(settledAt).toBe(4)
})

it('a read that a truncation overtakes tells of the log as it is then', () => {
  const disk = new MemoryDisk()
  const { loop, log } = openForTest(disk, { config: { cacheBytes: 100 } })
  for (let i = 0; i < 4; i++) log.append(plainBatch(i, 1), () => undefined)
  disk.run(loop)
  const served: Uint8Array[] = []
  log.read(0, everything, (bytes) => served.push(bytes))
  expect(served).toEqual([])
  log.truncateTo(3, () => undefined)
  log.whenSettled(() => log.append(plainBatch(3, 2, 1), () => undefined))
  disk.run(loop)
  expect(served.length).toBe(1)
  expect(log.logEndOffset).toBe(5)
  const now = join([...[0, 1, 2].map((i) => plainBatch(i, 1)), plainBatch(3, 2, 1)])
  expect(served[0]).toEqual(now.subarray(0, served[0]!.length))
})

it('what a truncation took is not served from memory, though it came in one piece with what stays', () => {
  const { log } = openForTest(new MemoryDisk())
  log.append(join([plainBatch(0, 1), plainBatch(1, 1), plainBatch(2, 1)]), () => undefined)
  log.truncateTo(1, () => undefined)
  log.append(plainBatch(1, 3, 1), () => undefined)
  let served = new Uint8Array(0)
  log.read(0, everything, (bytes) => {
    served = new Uint8Array(bytes)
  })
  expect(served).toEqual(join([plainBatch(0, 1), plainBatch(1, 3, 1)]))
})

it('a batch within maxBytes is served whole wherever in the read window it begins', () => {
  const disk = new MemoryDisk()
  const { loop, log } = openForTest(disk, { config: { cacheBytes: 0 } })
  const large = batchOf({ baseOffset: 3, leaderEpoch: 0, timestamps: [0], valueBytes: 6000 })
  for (let i = 0; i < 3; i++) log.append(batchOf({ baseOffset: i, leaderEpoch: 0, timestamps: [0], valueBytes: 1000 }), () => undefined)
  log.append(large, () => undefined)
  disk.run(loop)
  for (const [maxBytes, sizeBytes] of [[large.length, large.length], [large.length - 1, 0]] as const) {
    let served = -1
    log.read(3, { maxBytes, endOffset: 4, atLeastOne: false }, (bytes) => {
      served = bytes.length
    })
    disk.run(loop)
    expect(served).toBe(sizeBytes)
  }
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
