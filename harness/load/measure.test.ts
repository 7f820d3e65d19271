import { describe, expect, it } from 'vitest'
import type { Op } from '../../history/op.ts'
import { measure } from './measure.ts'
import { calmObjectives, judgeObjectives, missed, objectivesUnderFaults } from './objectives.ts'

let index = 0
function send(type: Op['type'], ms: number, value: string, client = 'gateway'): Op {
  return { index: index++, time: ms * 1e6, process: 1, type, f: 'send', value: [{ f: 'send', key: 'k', value }], client }
}
function poll(ms: number, values: readonly string[], client = 'consumer-0-0'): Op {
  const polled = [['k', values.map((value, offset) => [offset, value])]]
  return { index: index++, time: ms * 1e6, process: 2, type: 'ok', f: 'poll', value: [{ f: 'poll', polled }], client }
}

const ofGateway = { isOurs: (client: string): boolean => client === 'gateway' }

describe('a history measured', () => {
  const ops = [
    send('invoke', 0, 'a'), send('invoke', 100, 'b'), send('ok', 10, 'a'), send('ok', 140, 'b'), send('invoke', 500, 'c'), send('info', 600, 'c'),
    send('invoke', 0, 'other', 'producer-0'), send('ok', 900, 'other', 'producer-0'),
    poll(210, ['a']), poll(240, ['a', 'b']), poll(5000, ['a', 'b', 'c'], 'final-1'),
  ]

  it('has latencies from the send to its acknowledgement, and to the first reading, of one client', () => {
    const { produce, endToEnd } = measure(ops, ofGateway)
    expect(produce).toMatchObject({ count: 2, maxMs: expect.closeTo(40, 0), p50Ms: expect.closeTo(10, 0) })
    expect(endToEnd).toMatchObject({ count: 2, maxMs: expect.closeTo(210, 0), p50Ms: expect.closeTo(140, 0) })
  })

  it('has latencies from when a record was due, where that is told', () => {
    const { produce } = measure(ops, { ...ofGateway, dueNs: (value) => (value === 'a' ? 0 : 50e6) })
    expect(produce).toMatchObject({ p50Ms: expect.closeTo(10, 0), maxMs: expect.closeTo(90, 0) })
  })

  it('has rates, the most that was not yet read, and when that was over', () => {
    const { offeredPerSecond, acknowledgedPerSecond, backlogMax, drainMs } = measure(ops, ofGateway)
    expect({ offeredPerSecond, acknowledgedPerSecond, backlogMax, drainMs }).toEqual({ offeredPerSecond: 6, acknowledgedPerSecond: 4, backlogMax: 2, drainMs: 100 })
    expect(measure(ops.slice(0, -2), ofGateway).drainMs).toBeNull()
  })

  it('without a record has nothing to tell', () => {
    expect(measure([], ofGateway)).toMatchObject({ produce: { count: 0, p99Ms: null }, offeredPerSecond: 0, backlogMax: 0, drainMs: null })
  })

  it('misses an objective that it exceeds, and one that it could not measure', () => {
    const verdict = { acknowledged: 2 }
    const judged = judgeObjectives({ ...calmObjectives, produceP99Ms: 39 }, measure(ops, ofGateway), { verdict, anomalies: { 'lost-write': 2, unseen: 3 }, summary: { 'http_req_failed.rate': 0, 'iterations.count': 300, 'dropped_iterations.count': 1 } })
    expect(judged.map(({ name, measured, isMet }) => [name, measured === null ? null : Math.round(measured), isMet])).toEqual([
      ['produceP99Ms', 40, false], ['endToEndP99Ms', 210, true], ['longestStallMs', null, false], ['lost', 3, false], ['duplicated', 0, true], ['failedShare', 0, true], ['droppedShare', 0, true],
    ])
    expect(missed(judged).map(({ anomaly }) => anomaly)).toEqual(['slo-missed', 'slo-missed', 'slo-missed'])
  })

  it('has no recovery to miss when nothing was healed', () => {
    const [, recovery] = judgeObjectives(objectivesUnderFaults(1000), measure(ops, ofGateway), { verdict: { acknowledged: 2 }, anomalies: {} })
    expect(recovery).toMatchObject({ name: 'recoveryMs', measured: null, isMet: true })
  })
})
