import { describe, expect, it } from 'vitest'
import { readConsumerOutput, readProducerOutput } from './perf-output.ts'

const summary = '250000 records sent, 7169.281064 records/sec (7.00 MB/sec), 3829.58 ms avg latency, 5634.00 ms max latency, '
  + '4060 ms 50th, 5010 ms 95th, 5316 ms 99th, 5496 ms 99.9th.'
const steady = '200000 steady state records sent, 7030.371204 records/sec (6.87 MB/sec), 3796.57 ms avg latency, 5091.00 ms max latency, '
  + '4042 ms 50th, 4873 ms 95th, 5033 ms 99th, 5070 ms 99.9th.'
const progress = '48930 records sent, 9782.1 records/sec (9.55 MB/sec), 3822.1 ms avg latency, 5091.0 ms max latency.'

describe('what ProducerPerformance prints', () => {
  it('is read from the steady state, when there is one', () => {
    const text = ['Warmup first 50000 records. Steady state results will print after the complete test summary.', progress, 'In steady state.', progress, summary, steady, ''].join('\n')
    expect(readProducerOutput(text)).toEqual({
      records: 200_000, recordsPerSecond: 7030.371204, averageMs: 3796.57, maxMs: 5091, p50Ms: 4042, p95Ms: 4873, p99Ms: 5033, p999Ms: 5070,
    })
  })

  it('is read from the summary, when nothing was set apart', () => {
    expect(readProducerOutput(`${progress}\r\n${summary}\r\n`)).toMatchObject({ records: 250_000, p99Ms: 5316 })
  })

  it('is nothing before there is a summary', () => {
    expect(readProducerOutput(`${progress}\nIn steady state.\n`)).toBeUndefined()
    expect(readProducerOutput('')).toBeUndefined()
  })
})

describe('what ConsumerPerformance prints', () => {
  const header = 'start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec'
  const row = '2026-11-20 19:59:17:007, 2026-11-20 19:59:20:860, 244.1406, 63.3638, 250000, 64884.5056, 1175, 2678, 91.1653, 93353.2487'

  it('is read by its header', () => {
    expect(readConsumerOutput(`${header}\n${row}\n`)).toEqual({ records: 250_000, fetchMs: 2678, recordsPerSecond: 93353.2487 })
  })

  it('is nothing without its row, or with a row that is no figures', () => {
    expect(readConsumerOutput(`WARNING: Exiting before consuming the expected number of messages\n${header}\n`)).toBeUndefined()
    expect(readConsumerOutput(`${header}\n${row.replace('2678', 'NaN')}\n`)).toBeUndefined()
    expect(readConsumerOutput(`${header}\n${row.slice(0, -20)}\n`)).toBeUndefined()
    expect(readConsumerOutput('')).toBeUndefined()
  })
})
