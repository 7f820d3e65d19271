import { describe, expect, it } from 'vitest'
import { parseNotation } from '../history/notation.ts'
import { judge } from './judge.ts'
import { judged, leaderChange } from './testing/judged.ts'

const read = 'p5 poll -> ok x[0:v2 1:v1]'

describe('stale-offset-ack', () => {
  it('is an answer at or below an offset that an earlier answer or an earlier poll told, of whatever client', () => {
    const answered = judged(`p0 send x v1 -> ok @1; p1 send x v2 -> ok @0; ${read}`)
    expect(answered.convicts).toEqual(['stale-offset-ack'])
    expect(answered.findings[0]).toMatchObject({ key: 'x', values: ['v2'], offsets: [0, 1], witness: [{ op: 1 }, { op: 2 }, { op: 3 }] })
    expect(answered.findings[0]!.message).toBe(
      'x: v2 was acknowledged at offset 0, though v1 was known at offset 1 before it was sent',
    )
    const polled = judged(`p0 send x v1; p4 poll -> ok x[1:v1]; p1 send x v2 -> ok @0; p0 -> ok @1; ${read}`)
    expect(polled.convicts).toEqual(['stale-offset-ack'])
    expect(polled.findings[0]!.witness.map(({ op }) => op)).toEqual([2, 3, 4])
  })

  it('is an answer at the very offset that was known', () => {
    expect(judged('p0 send x v1 -> ok @0; p1 send x v2 -> ok @0; p5 poll -> ok x[0:v1]; p6 poll -> fail x[0:v2]').convicts).toContain(
      'stale-offset-ack',
    )
  })

  it('is not what became known only after the send had begun, of another key, or by an op that did not end ok', () => {
    const lawful = [
      'p0 send x v1; p1 send x v2; p0 -> ok @1; p1 -> ok @0',
      'p1 send x v2; p0 send x v1 -> ok @1; p1 -> ok @0',
      'p0 send x v1 -> info @1; p1 send x v2 -> ok @0',
      'p0 send x v1; p4 poll -> info TIMED_OUT x[1:v1]; p1 send x v2 -> ok @0; p0 -> ok @1',
      'p0 send x v1 -> fail; p0 send x v2 -> ok @0; p0 send y v1 -> ok @5; p1 send x v1 -> ok @1',
    ]
    for (const history of lawful) expect(judged(`${history}; ${read}; p5 poll -> ok y[5:v1]; p3 send y v1`).convicts, history).toEqual([])
  })

  it('is judged of a send of unknown outcome once a poll proved it, at the offset its answer told', () => {
    const sent = 'p0 send x v1 -> ok @1; p1 send x v2 -> info TIMED_OUT @0'
    expect(judged(`${sent}; ${read}`).convicts).toEqual(['stale-offset-ack'])
    expect(judged(`${sent}; p5 poll -> ok x[1:v1]`).convicts).toEqual([])
  })

  it('is not judged of a value that several ops sent, nor of a send whose beginning is not in the history', () => {
    expect(judged(`p0 send x v1 -> ok @1; p2 send x v2; p1 send x v2 -> ok @0; ${read}`).convicts).toEqual([])
    const ops = parseNotation(`p0 send x v1 -> ok @1; p1 send x v2 -> ok @0; ${read}`)
    expect(judge(ops.filter((_, at) => at !== 2)).findings).toEqual([])
  })

  it('is the broker\'s doing when a broker answered', () => {
    const ops = parseNotation(`p0 send x v1 -> ok @1; p1 send x v2 -> ok @0; ${read}`)
    expect(judge(ops).findings[0]!.blame).toBeUndefined()
    expect(judge(ops.map(op => (op.process === 1 && op.type === 'ok' ? { ...op, node: 2 } : op))).findings[0]!.blame).toBe('broker')
  })

  it('with acks=1 and a leader change is lawful while no poll found what was known', () => {
    const acks = `config {"acks":1}; ${leaderChange}`
    const run = (history: string): string[] => judge(parseNotation(`${acks}; ${history}`)).findings.flatMap(({ anomaly, allowed }) => {
      return anomaly === 'stale-offset-ack' ? [allowed === undefined ? 'convicts' : 'allowed'] : []
    })
    expect(run('p0 send x v1 -> ok @1; p1 send x v2 -> ok @0; p5 poll -> ok x[0:v2]')).toEqual(['allowed'])
    expect(run(`p0 send x v1 -> ok @1; p1 send x v2 -> ok @0; ${read}`)).toEqual(['convicts'])
    expect(run('p0 send x v1 -> ok @1; p4 poll -> ok x[1:v1]; p1 send x v2 -> ok @0; p5 poll -> ok x[0:v2]')).toEqual(['convicts'])
    expect(run('p0 send x v1 -> ok @1; p1 send x v2 -> ok @0; p5 poll -> ok x[0:v2 7:v1]')).toEqual(['allowed'])
  })
})
