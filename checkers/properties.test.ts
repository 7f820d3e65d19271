/**
 * Laws over whole histories: what is right is never convicted, and what was spoilt always is, by the right
 * name.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Key, MicroOp, Observation, Op, PolledRecord, Value } from '../history/op.ts'
import { parseHistory, renderOp } from '../history/jsonl.ts'
import { buildHistoryIndex } from './history-index.ts'
import { judge } from './judge.ts'
import { drawFrom, modelHistory } from './testing/model-history.ts'

type Mutable<T> = { -readonly [P in keyof T]: T[P] }
type MutableSend = Mutable<Extract<MicroOp, { f: 'send' }>>
type MutablePoll = { f: 'poll'; polled?: [Key, PolledRecord[]][] }

interface Sent {
  readonly op: Op
  readonly send: MutableSend
}

const world = fc.record({
  seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  steps: fc.integer({ min: 40, max: 400 }),
  phases: fc.boolean(),
  brokers: fc.boolean(),
  baseOffset: fc.constantFrom(0, 7, 2 ** 53 - 100_000),
  keys: fc.constantFrom<readonly Key[]>(['x'], ['x', 'y', 'z'], [1, 2]),
})
type World = typeof world extends fc.Arbitrary<infer T> ? T : never

function historyOf({ seed, ...options }: World): Op[] {
  return modelHistory({ draw: drawFrom(seed), ...options })
}

/** A copy whose micro-ops may be changed. */
function spoilable({ seed, ...options }: World): Op[] {
  return parseHistory(modelHistory({ draw: drawFrom(seed), ...options }).map(renderOp))
}

function micros(op: Op): (MutableSend | MutablePoll)[] {
  return op.f === 'send' || op.f === 'poll' || op.f === 'txn' ? (op.value as (MutableSend | MutablePoll)[]) : []
}

function acknowledged(ops: readonly Op[]): Sent[] {
  return ops
    .filter(({ type }) => type === 'ok')
    .flatMap(op => micros(op).flatMap(micro => (micro.f === 'send' ? [{ op, send: micro }] : [])))
}

function runs(ops: readonly Op[]): { op: Op; key: Key; records: PolledRecord[] }[] {
  return ops.flatMap(op =>
    micros(op).flatMap(micro => {
      return micro.f === 'poll' ? (micro.polled ?? []).map(([key, records]) => ({ op, key, records })) : []
    }),
  )
}

function pick<T>(list: readonly T[], choice: number): T | undefined {
  return list[choice % Math.max(1, list.length)]
}

function anomalies(ops: readonly Op[]): string[] {
  return judge(ops).findings.map(({ anomaly }) => anomaly)
}

const choice = fc.nat(10_000)
const runsOf = { numRuns: 150 }

describe('a right history', () => {
  it('is valid, whatever lawful things happened in it', () => {
    fc.assert(
      fc.property(world, world => {
        const { valid, reasons, findings } = judge(historyOf(world))
        expect({ valid, reasons, convicts: findings.filter(({ allowed }) => !allowed) }).toEqual({ valid: true, reasons: [], convicts: [] })
      }),
      { numRuns: 400 },
    )
  })

  it('is judged the same after a journey through JSON', () => {
    fc.assert(
      fc.property(world, world => {
        expect(judge(spoilable(world))).toEqual(judge(historyOf(world)))
      }),
      runsOf,
    )
  })

  it('stays valid when everything open at its end is never completed', () => {
    const ops = historyOf({ seed: 5, steps: 200, phases: false, brokers: true, baseOffset: 0, keys: ['x'] })
    const open: Op = { ...ops[0]!, index: ops.length, process: 9999, type: 'invoke', f: 'send', value: [{ f: 'send', key: 'x', value: 'never answered' }] }
    expect(judge([...ops, open]).valid).toBe(true)
  })
})

describe('a spoilt history is convicted', () => {
  it('of lost-write or unseen when an acknowledged record vanishes from all reads', () => {
    fc.assert(
      fc.property(world, choice, (world, choice) => {
        const ops = spoilable(world)
        const chosen = pick(acknowledged(ops), choice)
        fc.pre(chosen !== undefined)
        const { send } = chosen
        const beyond = runs(ops).some(({ key, records }) => key === send.key && records.some(([offset]) => offset > send.offset!))
        for (const { key, records } of runs(ops)) {
          if (key !== send.key) continue
          const at = records.findIndex(([, value]) => value === send.value)
          if (at !== -1) records.splice(at, 1)
        }
        expect(anomalies(ops)).toContain(beyond ? 'lost-write' : 'unseen')
      }),
      runsOf,
    )
  })

  it('of vanished-read when a final consumer leaves out what others read', () => {
    fc.assert(
      fc.property(world, choice, (world, choice) => {
        const ops = spoilable({ ...world, phases: true })
        const isFinal = ({ client }: Op): boolean => client?.startsWith('final') === true
        const read = runs(ops).filter(({ op }) => !isFinal(op)).flatMap(({ key, records }) => records.map(([, value]) => ({ key, value })))
        const gone = pick(read, choice)
        fc.pre(gone !== undefined)
        for (const { op, key, records } of runs(ops)) {
          const at = records.findIndex(([, value]) => isFinal(op) && key === gone.key && value === gone.value)
          if (at !== -1) records.splice(at, 1)
        }
        expect(anomalies(ops)).toContain('vanished-read')
      }),
      runsOf,
    )
  })

  it('of leader-epoch-regression when a poll tells another leaderEpoch of a record', () => {
    fc.assert(
      fc.property(world, choice, choice, (world, first, second) => {
        const ops = spoilable({ ...world, brokers: true })
        const run = pick(runs(ops), first)
        fc.pre(run !== undefined)
        const at = second % run.records.length
        const [offset, value, meta] = run.records[at]!
        run.records[at] = [offset, value, { ...meta, leaderEpoch: meta!.leaderEpoch! + 1 }]
        const others = runs(ops).filter(({ key, records }) => key === run.key && records.some(([other]) => other >= offset))
        fc.pre(others.length > 1)
        expect(anomalies(ops)).toContain('leader-epoch-regression')
      }),
      runsOf,
    )
  })

  it('of read-beyond-high-watermark or high-watermark-regression when a leader tells less than was read', () => {
    fc.assert(
      fc.property(world, choice, choice, (world, first, second) => {
        const ops = spoilable({ ...world, brokers: true })
        const told = ops.filter(({ f }) => f === 'observe')
        const one = pick(told, first)
        fc.pre(one !== undefined)
        const [said] = one.value as Observation[]
        const read = runs(ops).filter(({ op, key }) => op.index < said!.since! && key === said!.key)
        const served = read.flatMap(({ op, key, records }) => servedUnder(op, key, said!.leaderEpoch) ? records : [])
        fc.pre(served.length > 0)
        const offset = pick(served, second)![0]
        Object.assign(said!, { highWatermark: offset })
        const found = anomalies(ops).filter(name => name === 'read-beyond-high-watermark' || name === 'high-watermark-regression')
        expect(found).not.toEqual([])
      }),
      runsOf,
    )
  })

  it('of duplicate when a record is read at a second offset', () => {
    fc.assert(
      fc.property(world, choice, choice, (world, first, second) => {
        const ops = spoilable(world)
        const record = pick(runs(ops).flatMap(({ key, records }) => (key === world.keys[0] ? records : [])), first)
        const target = pick(runs(ops).filter(({ key }) => key === world.keys[0]), second)
        fc.pre(record !== undefined && target !== undefined)
        const [, value] = record
        target.records.push([target.records.at(-1)![0] + 50_000, value])
        expect(anomalies(ops)).toContain('duplicate')
      }),
      runsOf,
    )
  })

  it('of int-nonmonotonic-poll when two records of a poll change places', () => {
    fc.assert(
      fc.property(world, choice, (world, choice) => {
        const ops = spoilable(world)
        const run = pick(runs(ops).filter(({ records }) => records.length > 1), choice)
        fc.pre(run !== undefined)
        run.records.splice(0, 2, run.records[1]!, run.records[0]!)
        expect(anomalies(ops)).toContain('int-nonmonotonic-poll')
      }),
      runsOf,
    )
  })

  it('of inconsistent-offsets when two values change offsets for one reader', () => {
    fc.assert(
      fc.property(world, choice, (world, choice) => {
        const ops = spoilable(world)
        const run = pick(runs(ops).filter(({ records }) => records.length > 1), choice)
        fc.pre(run !== undefined)
        const [first, second] = run.records
        run.records.splice(0, 2, [first![0], second![1]], [second![0], first![1]])
        expect(anomalies(ops)).toContain('inconsistent-offsets')
      }),
      runsOf,
    )
  })

  it('of phantom-record when a value is altered', () => {
    fc.assert(
      fc.property(world, choice, (world, choice) => {
        const ops = spoilable(world)
        const run = pick(runs(ops), choice)
        fc.pre(run !== undefined)
        const { records } = run
        records[0] = [records[0]![0], `${records[0]![1]}?`]
        expect(anomalies(ops)).toContain('phantom-record')
      }),
      runsOf,
    )
  })

  it('of int-poll-skip when a poll leaves a record out', () => {
    fc.assert(
      fc.property(world, choice, (world, choice) => {
        const ops = spoilable(world)
        const run = pick(runs(ops).filter(({ records }) => records.length > 2), choice)
        fc.pre(run !== undefined)
        run.records.splice(1, 1)
        expect(anomalies(ops)).toContain('int-poll-skip')
      }),
      runsOf,
    )
  })

  it('of nonmonotonic-send, or inside an op int-nonmonotonic-send, when two of one client trade places', () => {
    fc.assert(
      fc.property(world, choice, choice, (world, first, second) => {
        const ops = spoilable(world)
        const sent = acknowledged(ops).filter(({ op }) => op.client !== undefined)
        const one = pick(sent, first)
        fc.pre(one !== undefined)
        const same = sent.filter(({ op, send }) => op.client === one.op.client && op.process !== one.op.process && send.key === one.send.key)
        const other = pick(same, second)
        fc.pre(other !== undefined)
        trade(ops, one.send, other.send)
        expect(anomalies(ops).filter(name => name.endsWith('nonmonotonic-send'))).not.toEqual([])
      }),
      runsOf,
    )
  })
})

function servedUnder({ value }: Op, key: Key, leaderEpoch: number): boolean {
  return (value as MicroOp[]).some(micro => {
    return micro.f === 'poll' && (micro.polled ?? []).some(([read, , served]) => read === key && served !== undefined && served <= leaderEpoch)
  })
}

function trade(ops: readonly Op[], one: MutableSend, other: MutableSend): void {
  const swapped = new Map<Value, Value>([
    [one.value, other.value],
    [other.value, one.value],
  ])
  const offset = one.offset!
  one.offset = other.offset!
  other.offset = offset
  for (const { records } of runs(ops)) {
    for (const [at, [offset, value]] of records.entries()) records[at] = [offset, swapped.get(value) ?? value]
  }
}

describe('the index', () => {
  it('has one place for each offset that holds something, however far apart offsets are', () => {
    const send = (value: number, offset: number): Op[] => [
      { index: 0, time: null, process: value, type: 'invoke', f: 'send', value: [{ f: 'send', key: 'x', value }] },
      { index: 0, time: null, process: value, type: 'ok', f: 'send', value: [{ f: 'send', key: 'x', value, offset }] },
    ]
    const far = Number.MAX_SAFE_INTEGER
    const { log } = buildHistoryIndex([...send(1, 0), ...send(2, 10 ** 12), ...send(3, far)])
    expect([...log.offset]).toEqual([0, 10 ** 12, far])
    expect([...log.firstPlace]).toEqual([0, 1, 2])
  })

  it('sees holes of any size as holes: a history is judged the same with its offsets stretched', () => {
    fc.assert(
      fc.property(world, choice, (world, choice) => {
        const stretch = (offset: number): number => offset * 1_000_003
        const near = spoilable({ ...world, brokers: false, baseOffset: 0 })
        const far = spoilable({ ...world, brokers: false, baseOffset: 0 })
        for (const ops of [near, far]) pick(runs(ops), choice)!.records.reverse()
        for (const { records } of runs(far)) {
          for (const [at, [offset, value]] of records.entries()) records[at] = [stretch(offset), value]
        }
        for (const op of far) for (const micro of micros(op)) if (micro.f === 'send' && micro.offset !== undefined) micro.offset = stretch(micro.offset)
        for (const op of far) if (op.f === 'final-read') stretchFinal(op, stretch)
        expect(anomalies(far)).toEqual(anomalies(near))
      }),
      runsOf,
    )
  })
})

function stretchFinal(op: Op, stretch: (offset: number) => number): void {
  const { reached, target } = op.value as { reached: Record<string, number>; target: Record<string, number> }
  for (const ends of [reached, target]) for (const key of Object.keys(ends)) ends[key] = stretch(ends[key]!)
}
