import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DiskLoop } from '../../../ports/loop.ts'
import { calmDisk } from '../../../simulator/sim-disk.ts'
import { calmNetwork } from '../../../simulator/sim-wire.ts'
import { World } from '../../../simulator/world.ts'
import { batchOf, roomyConfig, soundLogDecisions } from './log-model.testing.ts'
import { openLog, type LogConfig, type PartitionLog } from './partition-log.ts'

const dir = 'orders-0'

type Command =
  | { readonly do: 'append'; readonly records: number; readonly valueBytes: number }
  | { readonly do: 'truncate' | 'truncateFully' | 'deleteRecords'; readonly at: number }
  | { readonly do: 'sync' | 'stop' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'crash'; readonly powerLoss: boolean }

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 9, arbitrary: fc.record({ do: fc.constant('append' as const), records: fc.integer({ min: 1, max: 4 }), valueBytes: fc.nat(80) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('truncate' as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('truncateFully' as const), at: fc.double({ min: 0, max: 2, noNaN: true }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('deleteRecords' as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('sync' as const, 'sync' as const, 'sync' as const, 'stop' as const) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.double({ min: 0, max: 2, noNaN: true }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('crash' as const), powerLoss: fc.boolean() }) },
)

interface Batch {
  readonly bytes: Uint8Array
  readonly baseOffset: number
  readonly endOffset: number
}

/** One log on a simulated machine, and all the logs it may have after a crash. */
class Machine {
  readonly world: World
  readonly config: LogConfig
  log!: PartitionLog
  opened = false
  leaderEpoch = 0
  batches: Batch[] = []
  /** Contents from before truncations and crashes: until it is overwritten, a crash may bring any of it back. */
  older: Batch[][] = []
  /** The start of the log is durably at least here, and was never asked to be beyond that. */
  startAtLeast = 0
  startAtMost = 0

  constructor(seed: number, config: Partial<LogConfig>) {
    this.config = { ...roomyConfig, ...config }
    this.world = new World({ seed, network: calmNetwork, disk: calmDisk })
    this.world.addNode('machine', (ports) => {
      const loop = new DiskLoop(ports)
      openLog(loop, dir, { config: this.config, decisions: soundLogDecisions, cleanShutdown: true }, (opened) => {
        if (!opened.ok) throw new Error(opened.reason)
        this.log = opened.log
        this.opened = true
      })
      return loop
    })
    this.untilOpen()
  }

  untilOpen(): void {
    this.world.run({ while: () => !this.opened })
    if (this.world.failures[0] !== undefined) throw this.world.failures[0].error
    expect(this.opened).toBe(true)
  }

  restart(): void {
    this.opened = false
    this.world.start('machine')
    this.untilOpen()
  }

  settled(): PartitionLog {
    this.world.run({ while: () => this.log.isTruncating })
    return this.log
  }

  do(command: Command): void {
    switch (command.do) {
      case 'append': {
        const log = this.settled()
        const baseOffset = log.logEndOffset
        const { records, valueBytes } = command
        const timestamps = Array.from({ length: records }, () => this.batches.length)
        const bytes = batchOf({ baseOffset, leaderEpoch: this.leaderEpoch, timestamps, valueBytes })
        this.batches.push({ bytes, baseOffset, endOffset: baseOffset + records })
        return log.append(bytes, () => undefined)
      }
      case 'truncate': {
        const log = this.settled()
        const offset = Math.floor(this.batches.length * command.at)
        const endOffset = this.batches[offset]?.baseOffset
        if (endOffset === undefined) return undefined
        this.older.push(this.batches)
        this.batches = this.batches.slice(0, offset)
        this.leaderEpoch++
        this.startAtLeast = Math.min(this.startAtLeast, endOffset)
        return log.truncateTo(endOffset, () => undefined)
      }
      case 'truncateFully': {
        const log = this.settled()
        const offset = Math.floor(log.logEndOffset * command.at)
        this.older.push(this.batches)
        this.batches = []
        this.leaderEpoch++
        this.startAtLeast = Math.min(this.startAtLeast, offset)
        this.startAtMost = Math.max(this.startAtMost, offset)
        return log.truncateFullyAndStartAt(offset, () => undefined)
      }
      case 'deleteRecords': {
        const log = this.settled()
        const offset = Math.floor(log.logEndOffset * command.at)
        this.startAtMost = Math.max(this.startAtMost, offset)
        const life = this.leaderEpoch
        return log.advanceLogStart(offset, () => {
          if (this.leaderEpoch === life) this.startAtLeast = Math.max(this.startAtLeast, offset)
        })
      }
      case 'sync':
        return this.settled().sync(() => undefined)
      case 'wait':
        return this.world.run({ untilMs: this.world.now() + command.ms })
      case 'stop':
        return this.stop()
      case 'crash':
        return this.crash(command.powerLoss)
    }
  }

  stop(): void {
    let closed = false
    this.log.close(() => {
      closed = true
    })
    this.world.run({ while: () => !closed })
    const { logEndOffset, logStartOffset } = this.log
    this.world.crash('machine')
    this.restart()
    expect([this.log.logStartOffset, this.log.logEndOffset]).toEqual([logStartOffset, logEndOffset])
    const { baseOffset } = this.log
    expect(this.recovered()).toEqual(this.batches.filter((batch) => batch.endOffset > baseOffset))
    this.batches = this.recovered()
    this.startAtLeast = logStartOffset
  }

  crash(powerLoss: boolean): void {
    const { writtenOffset, syncedOffset } = this.log
    this.world.crash('machine', { powerLoss })
    this.restart()
    const { logStartOffset } = this.log
    expect(logStartOffset).toBeGreaterThanOrEqual(this.startAtLeast)
    expect(logStartOffset).toBeLessThanOrEqual(this.startAtMost)
    const live = (batches: readonly Batch[]): Batch[] => batches.filter(({ endOffset }) => endOffset > logStartOffset)
    const found = this.recovered()
    const kept = live(this.batches).filter(({ endOffset }) => endOffset <= (powerLoss ? syncedOffset : writtenOffset))
    expect(live(found).slice(0, kept.length)).toEqual(kept)
    expect([this.batches, ...this.older].some((batches) => isBeginningOf(live(batches), live(found)))).toBe(true)
    this.older = [this.batches, ...this.older]
    this.batches = found
    this.startAtLeast = logStartOffset
    this.leaderEpoch++
  }

  recovered(): Batch[] {
    const found: Batch[] = []
    const { log } = this
    for (let offset = log.baseOffset; offset < log.logEndOffset; offset = found.at(-1)!.endOffset) {
      let bytes: Uint8Array | undefined
      log.read(offset, { maxBytes: 0, endOffset: log.logEndOffset, atLeastOne: true }, (read) => {
        bytes = read
      })
      this.world.run({ while: () => bytes === undefined })
      const records = new DataView(bytes!.buffer, bytes!.byteOffset).getInt32(57)
      found.push({ bytes: bytes!, baseOffset: offset, endOffset: offset + records })
    }
    return found
  }
}

function isBeginningOf(batches: readonly Batch[], found: readonly Batch[]): boolean {
  return found.every((batch, i) => Buffer.compare(batch.bytes, batches[i]?.bytes ?? new Uint8Array(0)) === 0)
}

describe('on a machine that crashes', () => {
  it('what was written survives the process, what was synced survives the power, and nothing else appears', () => {
    const config = fc.record({ segmentBytes: fc.constantFrom(300, 1000, 1 << 20), cacheBytes: fc.constantFrom(0, 1 << 20) })
    fc.assert(
      fc.property(fc.nat(), config, fc.array(command, { minLength: 5, maxLength: 60, size: 'max' }), (seed, config, commands) => {
        const machine = new Machine(seed, config)
        for (const command of commands) machine.do(command)
        expect(machine.world.failures).toEqual([])
        machine.crash(true)
      }),
      { numRuns: 200 },
    )
  })
})
