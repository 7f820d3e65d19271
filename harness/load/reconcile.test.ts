import { describe, expect, it } from 'vitest'
import type { Op, OpType } from '../../history/op.ts'
import type { K6Samples } from './k6-samples.ts'
import { valueOf } from '../../workloads/k6/values.ts'
import { reconcile } from './reconcile.ts'

/** Sends of one request, one op pair a record; `open` has no completion. */
function sends(request: string, ends: readonly (OpType | 'open')[]): Op[] {
  return ends.flatMap((end, place): Op[] => {
    const value = [{ f: 'send', key: 'orders-0', value: valueOf(request.split('.')[0]!, Number(request.split('.')[1]), place) }]
    const common = { time: 0, process: place, f: 'send', value, client: 'gateway' }
    const invoke: Op = { index: 0, type: 'invoke', ...common }
    return end === 'open' ? [invoke] : [invoke, { index: 0, type: end, ...common }]
  }).map((op, index) => ({ ...op, index }))
}

function samplesOf(outcomes: Readonly<Record<string, string>>): K6Samples {
  const all = Object.values(outcomes).join('')
  return {
    requests: Object.entries(outcomes).map(([request, each]) => ({ request, outcomes: each })),
    seconds: [],
    counters: { records_acked: all.split('1').length - 1, records_sent: all.length },
  }
}

function reconciled(ops: readonly Op[], outcomes: Readonly<Record<string, string>>, isCut = false): [string, readonly unknown[] | undefined][] {
  const samples = samplesOf(outcomes)
  const summary = { 'records_acked.count': samples.counters['records_acked']!, 'records_sent.count': samples.counters['records_sent']! }
  const { findings } = reconcile(ops, { samples, summary, isCut })
  expect(findings.every(({ blame }) => blame === 'harness')).toBe(true)
  return findings.map(({ anomaly, values }) => [anomaly, values])
}

describe('what k6 was told and what the history has', () => {
  it('agree when each acknowledgement has its ok, and everything else has none', () => {
    const ops = sends('steady.0', ['ok', 'ok', 'fail', 'info'])
    expect(reconciled(ops, { 'steady.0': '1100' })).toEqual([])
  })

  it.each(['fail', 'info', 'open'] as const)('an acknowledgement of a send that is %s is found', (end) => {
    expect(reconciled(sends('steady.3', ['ok', end]), { 'steady.3': '11' })).toEqual([['unbacked-ack', ['steady.3-1']]])
  })

  it('an acknowledgement of a record that was never sent is found', () => {
    expect(reconciled([], { 'steady.3': '1' })).toEqual([['unbacked-ack', ['steady.3-0']]])
  })

  it('an ok of which k6 was told otherwise is found', () => {
    expect(reconciled(sends('spike.7', ['ok', 'ok']), { 'spike.7': '10' })).toEqual([['unreported-ack', ['spike.7-1']]])
  })

  it('an ok of which k6 was told nothing is found, unless k6 was cut short', () => {
    const ops = sends('spike.8', ['ok'])
    expect(reconciled(ops, {})).toEqual([['unreported-ack', ['spike.8-0']]])
    expect(reconciled(ops, {}, true)).toEqual([])
  })

  it('a request without an answer tells nothing', () => {
    expect(reconciled(sends('spike.9', ['ok', 'info', 'fail']), { 'spike.9': '???' })).toEqual([])
  })

  it('one wrong in each direction do not cancel out', () => {
    const ops = [...sends('steady.1', ['ok']), ...sends('steady.2', ['fail'])]
    expect(reconciled(ops, { 'steady.1': '0', 'steady.2': '1' }).map(([anomaly]) => anomaly)).toEqual(['unbacked-ack', 'unreported-ack'])
  })

  it('counters that the samples do not bear out are found', () => {
    const samples = samplesOf({ 'steady.0': '1' })
    const { findings } = reconcile(sends('steady.0', ['ok']), { samples, summary: { 'records_acked.count': 2, 'records_sent.count': 1 }, isCut: false })
    expect(findings.map(({ anomaly }) => anomaly)).toEqual(['miscounted'])
  })
})
