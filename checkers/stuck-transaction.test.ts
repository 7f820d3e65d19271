import { describe, expect, it } from 'vitest'
import { judged } from './testing/judged.ts'

const start = `config {"recoveryMs":5000,"transactionTimeoutMs":10000}
  0s p0 txn send x v1 -> ok @0
  p3 txn send x v3 -> info TIMED_OUT @2
  p1 poll -> ok x[0:v1]
  1s phase heal
  p2 txn send y v2 -> ok @0`
const good = 'phase final; p9/final-1 poll -> ok x[0:v1] y[0:v2]; p9/final-1 final-read -> ok x:4/4 y:2/2'

function convicts(middle: string, end: string = good): readonly string[] {
  return judged(`${start}\n${middle}\n${end}`).convicts
}

describe('stuck-transaction', () => {
  it('is a last stable offset that stood still too long below the high watermark', () => {
    const { findings } = judged(`${start}
      2s observe 1 x leaderEpoch 5 lastStableOffset 2 highWatermark 3
      9s observe 1 x leaderEpoch 5 lastStableOffset 2 highWatermark 4
      17s observe 1 x leaderEpoch 5 lastStableOffset 2 highWatermark 5
      ${good}`)
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ anomaly: 'stuck-transaction', key: 'x', offsets: [2, 5], blame: 'broker' })
    expect(findings[0]!.witness.map(({ shows }) => shows)).toEqual([
      'every fault was told to end',
      'broker 1, leader under leaderEpoch 5, told lastStableOffset 2',
      'broker 1, leader under leaderEpoch 5, told lastStableOffset 2',
    ])
  })

  it('is not one that moved, that all had reached, that stood for less, before healing, or as a former leader says', () => {
    const stood = (first: string, second: string): readonly string[] => convicts(`2s observe 1 x ${first}\n17s observe ${second}`)
    expect(stood('leaderEpoch 5 lastStableOffset 2 highWatermark 3', '1 x leaderEpoch 5 lastStableOffset 2 highWatermark 3')).toEqual(['stuck-transaction'])
    expect(stood('leaderEpoch 5 lastStableOffset 2 highWatermark 3', '1 x leaderEpoch 5 lastStableOffset 3 highWatermark 4')).toEqual([])
    expect(stood('leaderEpoch 5 lastStableOffset 2 highWatermark 2', '1 x leaderEpoch 5 lastStableOffset 2 highWatermark 3')).toEqual([])
    expect(stood('leaderEpoch 5 lastStableOffset 3 highWatermark 4', '2 x leaderEpoch 4 lastStableOffset 3 highWatermark 4')).toEqual([])
    expect(convicts('2s observe 1 x lastStableOffset 2 highWatermark 3\n16s observe 1 x lastStableOffset 2 highWatermark 3')).toEqual([])
    const early = start.replace('1s phase heal', 'observe 1 x lastStableOffset 2 highWatermark 3\n1s phase heal')
    expect(judged(`${early}\n15s observe 1 x lastStableOffset 2 highWatermark 3\n${good}`).convicts).toEqual([])
  })

  it('is a final reader that stands, after that time, where a transaction without end may lie', () => {
    const end = (time: string, reached: number, extra = ''): string => `phase final; p9/final-1 poll -> ok x[0:v1${extra}] y[0:v2]\n${time} p9/final-1 final-read -> info x:${reached}/5 y:2/2`
    expect(convicts('', end('17s', 2))).toEqual(['stuck-transaction'])
    expect(convicts('', end('15s', 2))).toEqual([])
    expect(convicts('p4 txn send x v4 -> ok @2', end('17s', 2))).toEqual(['stuck'])
    const uncommitted = 'p9/final-1 assign {"keys":["x","y"],"isolation":"read_uncommitted"} -> ok'
    expect(convicts(uncommitted, end('17s', 2))).not.toContain('stuck-transaction')
  })

  it('is not said of a machine that was too slow', () => {
    const { convicts, reasons } = judged(`${start}
      2s observe 1 x lastStableOffset 2 highWatermark 3
      harness starved
      17s observe 1 x lastStableOffset 2 highWatermark 3
      ${good}`)
    expect(convicts).toEqual([])
    expect(reasons.join()).toContain('too slow to say that a transaction is stuck')
  })

  it('waits as long as Kafka does where the configuration says nothing', () => {
    const plain = start.replace(/^config.*$/m, '')
    const stood = (from: string, to: string): string => `${plain}\n${from} observe 1 x lastStableOffset 2 highWatermark 3\n${to} observe 1 x lastStableOffset 2 highWatermark 3\n${good}`
    expect(judged(stood('2s', '71s')).convicts).toEqual([])
    expect(judged(stood('2s', '72s')).convicts).toEqual(['stuck-transaction'])
  })
})
