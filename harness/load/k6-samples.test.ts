import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SampleReader } from './k6-samples.ts'
import { PackedRequests } from './packed-requests.ts'

const originMs = Date.UTC(2026, 0, 1)

function point(metric: string, ms: number, value: number, metadata?: object): string {
  const time = `${new Date(originMs + ms).toISOString().slice(0, -1)}123456Z`
  return JSON.stringify({ metric, type: 'Point', data: { time, value, tags: {}, ...(metadata && { metadata }) } })
}

it('samples become requests, counters and seconds of the run', () => {
  const reader = new SampleReader(originMs)
  reader.add(JSON.stringify({ type: 'Metric', data: { name: 'records_acked' }, metric: 'records_acked' }))
  for (const [at, ms] of [10, 20, 30, 40].entries()) {
    reader.add(point('records_sent', 2000 + at, 2))
    reader.add(point('produce_time', 2100 + at, ms))
    reader.add(point('records_acked', 2100 + at, at === 3 ? 1 : 2, { request: `steady.${at}`, outcomes: at === 3 ? '10' : '11' }))
  }
  reader.add(point('dropped_iterations', 3500, 1))
  reader.add('{"metric":"records_acked","type":"Point","data":{"ti')
  reader.add(point('vus', 3500, 7))
  const { requests, ...others } = reader.done()
  expect({ requests: [...requests], ...others }).toEqual({
    requests: [0, 1, 2, 3].map((at) => ({ request: `steady.${at}`, outcomes: at === 3 ? '10' : '11' })),
    counters: { records_sent: 8, records_acked: 7, dropped_iterations: 1 },
    seconds: [
      { t: 2, requests: 4, acknowledged: 7, notAcknowledged: 1, dropped: 0, p50Ms: 20, p99Ms: 40, maxMs: 40 },
      { t: 3, requests: 0, acknowledged: 0, notAcknowledged: 0, dropped: 1, p50Ms: null, p99Ms: null, maxMs: null },
    ],
  })
})

it('requests come out of their columns as they went in, however they are named', () => {
  const request = fc.oneof(
    fc.tuple(fc.constantFrom('steady', 'spike', 'a.b'), fc.nat()).map(([scenario, number]) => `${scenario}.${number}`),
    fc.constantFrom('steady', 'steady.', 'steady.007', '.5', 'steady.99999999999999'),
  )
  const outcomes = fc.array(fc.constantFrom('1', '0', '?'), { maxLength: 12 }).map((each) => each.join(''))
  fc.assert(fc.property(fc.array(fc.record({ request, outcomes })), (given) => {
    const packed = new PackedRequests()
    for (const each of given) packed.push(each.request, each.outcomes)
    const sorted = (list: readonly { readonly request: string; readonly outcomes: string }[]): string[] => list.map((each) => `${each.request} ${each.outcomes}`).sort()
    expect(sorted([...packed])).toEqual(sorted(given))
  }))
})
