import { describe, expect, it } from 'vitest'
import { parseNotation } from '../history/notation.ts'
import type { Op } from '../history/op.ts'
import { judge } from './judge.ts'
import { judged, leaderChange } from './testing/judged.ts'

const read = 'p5 poll -> ok x[0:v2 1:v1]'

describe('nonmonotonic-send', () => {
  it('is a later send at or before an earlier, acknowledged one', () => {
    const { convicts, findings } = judged(`
      p0 send x v1 -> ok @1
      p0 send x v2 -> ok @0
      ${read}`)
    expect(convicts).toEqual(['nonmonotonic-send', 'stale-offset-ack'])
    expect(findings[0]).toMatchObject({ values: ['v1', 'v2'], offsets: [1, 0], witness: [{ op: 1 }, { op: 3 }] })
  })

  it('is not the order between two producers, or two keys', () => {
    expect(judged(`
      p0 send x v1
      p1 send x v2 -> ok @0
      p0 -> ok @1
      p0 send y v3 -> ok @0
      p5 poll -> ok x[0:v2 1:v1] y[0:v3]`).valid).toBe(true)
  })

  it('follows a client through its processes in the order of invocation, not of answers', () => {
    const bad = `
      p0/c send x v1
      p1/c send x v2
      p1 -> ok @0
      p0 -> ok @1
      ${read}`
    expect(judged(bad).convicts).toEqual(['nonmonotonic-send'])
    expect(judged(`
      p0/c send x v2
      p1/c send x v1
      p1 -> ok @1
      p0 -> ok @0
      ${read}`).valid).toBe(true)
  })

  it('needs an acknowledged earlier send: one of unknown outcome may land late', () => {
    expect(judged(`
      p0/c send x v1 -> info TIMED_OUT
      p1/c send x v2 -> ok @0
      ${read}`).valid).toBe(true)
  })

  it('takes a proven later send of unknown outcome, at the place polls saw it', () => {
    expect(judged(`
      p0/c send x v1 -> ok @1
      p1/c send x v2 -> info TIMED_OUT
      ${read}`).convicts).toEqual(['nonmonotonic-send'])
    expect(judged(`
      p0/c send x v1 -> ok @1
      p1/c send x v2 -> info TIMED_OUT
      p5 poll -> ok x[1:v1]
      p6 poll -> fail x[0:v2]`).valid).toBe(true)
  })

  it('is not forgotten over an assign, which says nothing of a producer', () => {
    expect(judged(`
      p0 send x v1 -> ok @1
      p0 assign y -> ok
      p0 send x v2 -> ok @0
      ${read}`).convicts).toEqual(['nonmonotonic-send', 'stale-offset-ack'])
  })

  it('without idempotence is lawful in flight together, and not one after the other', () => {
    expect(judged(`config {"idempotence":false}
      p0/c send x v1
      p1/c send x v2
      p1 -> ok @0
      p0 -> ok @1
      ${read}`).allowed).toEqual(['nonmonotonic-send'])
    expect(judged(`config {"idempotence":false}
      p0/c send x v1 -> ok @1
      p1/c send x v2 -> ok @0
      ${read}`).convicts).toEqual(['nonmonotonic-send', 'stale-offset-ack'])
  })

  it('is the broker\'s doing where brokers answered one after the other', () => {
    const nodes = (notation: string): Op[] => parseNotation(notation).map(op => (op.type === 'ok' ? { ...op, node: 2 } : op))
    const blames = (notation: string): unknown[] => {
      return judge(nodes(notation)).findings.flatMap(({ anomaly, blame }) => (anomaly === 'nonmonotonic-send' ? [blame] : []))
    }
    expect(blames(`p0 send x v1 -> ok @1; p0 send x v2 -> ok @0; ${read}`)).toEqual(['broker'])
    expect(blames(`p0/c send x v1; p1/c send x v2; p1 -> ok @0; p0 -> ok @1; ${read}`)).toEqual([undefined])
    expect(judged(`p0 send x v1 -> ok @1; p0 send x v2 -> ok @0; ${read}`).findings[0]!.blame).toBeUndefined()
  })

  it('with acks=1 and a leader change is lawful when the earlier record was lost', () => {
    expect(judged(`config {"acks":1}
      ${leaderChange}
      p0 send x v1 -> ok @1
      p0 send x v2 -> ok @0
      p5 poll -> ok x[0:v2]`).allowed).toEqual(['nonmonotonic-send', 'stale-offset-ack', 'unseen'])
    expect(judged(`config {"acks":1}
      ${leaderChange}
      p0 send x v1 -> ok @1
      p0 send x v2 -> ok @0
      ${read}`).convicts).toEqual(['nonmonotonic-send', 'stale-offset-ack'])
  })
})
