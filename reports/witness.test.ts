import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Finding } from '../checkers/verdict.ts'
import type { Op, PolledRecord } from '../history/op.ts'
import { lookupIn } from './scenario-history.ts'
import { hostileFinding, hostileOps } from './testing/arbitraries.ts'
import { describeOp, findingPlace, witnessLines, witnessText } from './witness.ts'

const base = { index: 0, time: 342_000_000, process: 3 } as const
const sent: Op = {
  ...base, client: 'producer-1', type: 'ok', f: 'send', value: [{ f: 'send', key: 'orders-3', value: 'v17', offset: 4 }],
}

describe('the story of a finding', () => {
  test('an op at hand is told with time, process, client, key, value and offset', () => {
    const finding: Finding = { anomaly: 'lost-write', guarantees: [], message: '', witness: [{ op: 0, shows: 'acknowledged' }] }
    const [line] = witnessLines(finding, lookupIn([sent]))
    expect(witnessText(line!)).toBe('#0  0.342 s  process 3 (producer-1)  ok send orders-3: v17 at offset 4  — acknowledged')
  })

  test('an op that is not at hand leaves what it shows', () => {
    const finding: Finding = { anomaly: 'lost-write', guarantees: [], message: '', witness: [{ op: 7, shows: 'acknowledged' }] }
    expect(witnessLines(finding, lookupIn([sent])).map(witnessText)).toEqual(['#7  acknowledged'])
  })

  test('an error is told with its code and whether it is definite', () => {
    const error = { code: 'TIMED_OUT', definite: false, message: 'no answer' }
    const op: Op = { ...base, type: 'info', f: 'send', value: [{ f: 'send', key: 1, value: 2 }], attempts: 2, node: 3, error }
    expect(describeOp(op)).toBe('info send 1: 2, node 3, 2 attempts, TIMED_OUT (indefinite): no answer')
  })

  test('of a long poll the records around the offsets in question are shown', () => {
    const records = Array.from({ length: 500 }, (_, offset): PolledRecord => [offset, `v${offset}`])
    const op: Op = { ...base, type: 'ok', f: 'poll', value: [{ f: 'poll', polled: [['a', [[0, 'x']]], ['b', records]] }] }
    expect(describeOp(op, { key: 'b', offsets: [300] })).toBe(
      'ok poll b: … 296:v296 297:v297 298:v298 299:v299 300:v300 301:v301 302:v302 303:v303 … (500 records) and 1 more key',
    )
  })

  test('of a long transaction the sends in question are shown', () => {
    const value = Array.from({ length: 50 }, (_, at) => ({ f: 'send', key: 'a', value: at, offset: at }))
    const op: Op = { ...base, type: 'ok', f: 'txn', value }
    expect(describeOp(op, { key: 'a', values: [42] })).toBe('ok txn a: 42 at offset 42 and 49 more micro-ops')
  })

  test('faults, observations and phases are told in words', () => {
    const kill = { action: 'evidence', id: 1, targets: [2], inForce: true }
    expect(describeOp({ ...base, process: 'nemesis', type: 'info', f: 'kill', value: kill })).toBe('kill evidence 2 in force')
    const seen = [{ key: 'a', leader: 1, leaderEpoch: 4, inSyncReplicas: [1, 2] }]
    expect(describeOp({ ...base, process: 'observer', type: 'info', f: 'observe', node: 2, value: seen })).toBe(
      'observe a: leader 1 leaderEpoch 4 in sync 1,2, node 2',
    )
    expect(describeOp({ ...base, process: 'harness', type: 'info', f: 'phase', value: 'heal' })).toBe('phase heal')
  })

  test('the place of a finding names key, offsets and values, long lists cut short', () => {
    const offsets = Array.from({ length: 40 }, (_, at) => at)
    const place = findingPlace({ anomaly: '', guarantees: [], message: '', witness: [], key: 0, offsets, values: ['v'] })
    expect(place).toEqual(['key 0', `offsets ${offsets.slice(0, 16).join(', ')} and 24 more`, 'values v'])
  })

  test('any op of any history can be told', () => {
    fc.assert(
      fc.property(hostileOps, hostileFinding, (ops, finding) => {
        for (const op of ops) expect(describeOp(op, finding)).toContain(op.f)
        expect(witnessLines(finding, lookupIn(ops))).toHaveLength(finding.witness.length)
      }),
    )
  })
})
