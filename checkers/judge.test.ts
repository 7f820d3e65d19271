import { describe, expect, it } from 'vitest'
import { parseNotation } from '../history/notation.ts'
import type { Op } from '../history/op.ts'
import type { Checker } from './checker.ts'
import { judge } from './judge.ts'
import { listedAtMost } from './registry.ts'
import { judged, leaderChange } from './testing/judged.ts'

const good = `
  p0 send x v1 -> ok @0
  p1 poll -> ok x[0:v1]`

const broken: Checker = {
  name: 'broken',
  describes: 'Throws.',
  guarantees: [],
  check: () => {
    throw new Error('division by cucumber')
  },
}

describe('judge', () => {
  it('counts the ops of clients, and what was acknowledged', () => {
    const { valid, ops, acknowledged } = judge(parseNotation(`config {}
      p0 send x v1, x v2 -> ok @0, @1
      p0 send x v3 -> fail NOT_ENOUGH_REPLICAS
      p0 send x v4 -> info TIMED_OUT
      p1 poll -> ok x[0:v1 1:v2]
      p3 poll`))
    expect({ valid, ops, acknowledged }).toEqual({ valid: true, ops: { invoke: 5, ok: 2, fail: 1, info: 1 }, acknowledged: 2 })
  })

  it('calls an empty history unknown', () => {
    expect(judge([])).toMatchObject({ valid: 'unknown', reasons: ['the history is empty'] })
  })

  it('says each way in which nothing was tested', () => {
    const ways: [string, string[]][] = [
      ['p1 poll -> ok', ['nothing was acknowledged']],
      ['p0 send x v1 -> info TIMED_OUT; p1 poll -> ok', ['nothing was acknowledged', 'no send succeeded']],
      ['p0 send x v1 -> ok @0', ['no poll succeeded', 'unseen: no poll succeeded, so nothing can be missed']],
      [`${good}\n p1 assign x -> fail`, ['no assign succeeded']],
      [`${good}\n p1 crash -> info`, []],
      [`${good}\n p1 leave g m1 -> fail NOT_COORDINATOR`, ['no leave succeeded']],
      [`${good}\n p1 leave g m1 -> fail UNKNOWN_MEMBER_ID`, []],
      [`${good}\n phase heal`, ['the run has phases but never reached its final phase', 'nothing succeeded after healing', 'lost-write, unseen: no final read: what was not read yet cannot be told from what is lost']],
      [`config {"floors":{"acknowledged":2,"polled":1}}${good}`, ['too little was tested: acknowledged is 1, its floor 2']],
      [`config {"floors":{"sunshine":2}}${good}`, ['there is no figure "sunshine" to ask a floor of']],
    ]
    for (const [history, reasons] of ways) {
      expect(judged(history), history).toMatchObject({ valid: reasons.length === 0 ? true : 'unknown', reasons })
    }
  })

  it('asks no acknowledgement of sends with acks=0, but that something was read', () => {
    const sent = 'config {"acks":0}\n p0 send x v1 -> info'
    expect(judged(`${sent}\n p1 poll -> ok x[0:v1]`).valid).toBe(true)
    expect(judged(`${sent}\n p1 poll -> ok`).reasons).toEqual(['nothing was acknowledged'])
  })

  it('makes a checker that throws unknown, by name, and lets findings of others convict', () => {
    const lost = parseNotation('p0 send x v1, x v2 -> ok @0, @1\n p1 poll -> ok x[1:v2]')
    expect(judge(parseNotation(good), { checkers: [broken] })).toMatchObject({
      valid: 'unknown',
      reasons: ['broken: the checker itself failed: division by cucumber'],
    })
    const all = judge(lost)
    expect(all.valid).toBe(false)
    expect(all.checkers.map(({ name, findings }) => [name, findings]).filter(([, findings]) => findings !== 0)).toEqual([['lost-write', 1]])
  })

  it('lists what is accepted, by anomaly or by issue, instead of convicting', () => {
    const lost = parseNotation('p0 send x v1, x v2 -> ok @0, @1\n p1 poll -> ok x[1:v2]')
    expect(judge(lost, { accept: ['duplicate'] }).valid).toBe(false)
    const { valid, findings } = judge(lost, { accept: ['lost-write'] })
    expect([valid, findings[0]!.allowed]).toEqual([true, 'accepted: lost-write'])
    const known: Checker = { ...broken, name: 'known', check: () => ({ findings: [{ anomaly: 'known', issue: 'KAFKA-1', guarantees: [], message: '', witness: [] }], unjudged: [] }) }
    expect(judge(parseNotation(good), { checkers: [known] }).valid).toBe(false)
    expect(judge(parseNotation(good), { checkers: [known], accept: ['KAFKA-1'] }).valid).toBe(true)
  })

  it('lists only the first of very many findings, counts the rest, and never hides one that convicts', () => {
    const sends = Array.from({ length: 100 }, (_, at) => `p0 txn send x a${at}, send x b${at} -> ok @${10 * at}, @${10 * at + 2}`)
    const others = Array.from({ length: 100 }, (_, at) => `p1 send x c${at} -> ok @${10 * at + 1}`)
    const unread = judge(parseNotation([...sends, ...others, 'p2 poll -> ok'].join('\n')))
    const counts = new Map(unread.checkers.map(({ name, findings }) => [name, findings]))
    expect([counts.get('int-send-skip'), counts.get('unseen')]).toEqual([100, 300])
    expect(unread.findings.filter(({ anomaly }) => anomaly === 'int-send-skip')).toHaveLength(listedAtMost)
    expect(unread.findings.filter(({ anomaly }) => anomaly === 'unseen')).toHaveLength(listedAtMost)
    expect(unread.findings[0]!.allowed).toBeUndefined()
  })

  it('lists a convicting aspect before many lawful ones of the same anomaly', () => {
    const lines = ['config {"acks":1}', leaderChange]
    for (let at = 0; at < 50; at++) lines.push(`p0 send x a${at} -> ok @${at}`, `p1 send x b${at} -> ok @${at}`)
    const all = Array.from({ length: 50 }, (_, at) => `${at}:b${at}`).join(' ')
    lines.push(`p2 poll -> ok x[${all}]`, 'p3 poll -> ok x[49:a49]')
    const { valid, findings } = judge(parseNotation(lines.join('\n')))
    expect(valid).toBe(false)
    const inconsistent = findings.filter(({ anomaly }) => anomaly === 'inconsistent-offsets')
    expect(inconsistent).toHaveLength(listedAtMost)
    expect(inconsistent[0]).toMatchObject({ offsets: [49] })
    expect(inconsistent.filter(({ allowed }) => allowed === undefined)).toHaveLength(1)
  })

  it('never throws, whatever it is given', () => {
    const op: Op = { index: 0, time: null, process: 0, type: 'ok', f: 'poll', value: null }
    const values = [null, 7, 'text', {}, [null], [7], [{ f: 'poll', polled: 7 }], [{ f: 'poll', polled: [['x']] }], [{ f: 'send' }]]
    for (const value of values) expect(judge([{ ...op, value }]).valid).toBe('unknown')
    expect(judge([null as unknown as Op]).valid).toBe('unknown')
    const odd = { keys: 7, reached: null, target: [], complete: 'yes' }
    expect(judge([...parseNotation(good), { ...op, f: 'final-read', value: odd }]).valid).toBe('unknown')
  })

  it('gives the completion of an op to the client that invoked it', () => {
    const [invoke, done, ...rest] = parseNotation(`p0/c poll -> ok x[0:v1]
      p1/c poll -> ok x[0:v1]
      p2 send x v1 -> info`)
    const { client, ...anonymous } = done!
    expect(client).toBe('c')
    expect(judge([invoke!, anonymous, ...rest]).findings.map(({ anomaly }) => anomaly)).toEqual(['nonmonotonic-poll'])
  })
})
