import { describe, expect, it } from 'vitest'
import { HistoryError } from './history-error.ts'
import { parseNotation } from './notation.ts'
import type { Op } from './op.ts'

function brief(notation: string): unknown[] {
  return parseNotation(notation).map(({ process, type, f, value }) => [process, type, f, value])
}

describe('the notation', () => {
  it('writes an op from invocation to completion on one line, or apart', () => {
    const whole = brief('p0 send x v1 -> ok @0')
    expect(whole).toEqual([
      [0, 'invoke', 'send', [{ f: 'send', key: 'x', value: 'v1' }]],
      [0, 'ok', 'send', [{ f: 'send', key: 'x', value: 'v1', offset: 0 }]],
    ])
    expect(brief('p0 send x v1\n  p0 -> ok @0')).toEqual(whole)
    expect(brief('p0 send x v1; p0 -> ok @0  # and so on')).toEqual(whole)
  })

  it('writes several micro-ops, and results that are missing', () => {
    expect(brief('p0 txn send x 1, poll, send 7 v2 -> info @?, x[0:1 ?:2] y[3:a:b]')[1]).toEqual([
      0,
      'info',
      'txn',
      [{ f: 'send', key: 'x', value: 1 }, { f: 'poll', polled: [['x', [[0, 1], [-1, 2]]], ['y', [[3, 'a:b']]]] }, { f: 'send', key: 7, value: 'v2' }],
    ])
    expect(parseNotation('p0 txn send x 1, offsets g y:7 3:0 -> ok @2')[1]!.value).toEqual([
      { f: 'send', key: 'x', value: 1, offset: 2 },
      { f: 'offsets', group: 'g', offsets: [['y', 7], [3, 0]] },
    ])
    expect(brief('p0 txn send x 1, poll -> fail')[1]).toEqual([0, 'fail', 'txn', [{ f: 'send', key: 'x', value: 1 }, { f: 'poll' }]])
    expect(brief('p0 poll -> ok')[1]).toEqual([0, 'ok', 'poll', [{ f: 'poll', polled: [] }]])
  })

  it('keeps the client of an op, and the error of its end', () => {
    const [invoke, done] = parseNotation('p3/c1 poll\np3 -> fail NOT_ENOUGH_REPLICAS')
    expect([invoke!.client, done!.client]).toEqual(['c1', 'c1'])
    expect(done!.error).toEqual({ code: 'NOT_ENOUGH_REPLICAS', definite: true })
    expect(parseNotation('p3 poll -> info TIMED_OUT x[0:1]')[1]).toMatchObject({ error: { code: 'TIMED_OUT', definite: false }, value: [{ polled: [['x', [[0, 1]]]] }] })
  })

  it('writes assigning, crashing and final reads', () => {
    expect(brief('p0 assign x 1 -> ok')[1]).toEqual([0, 'ok', 'assign', ['x', 1]])
    expect(brief('p0 assign x from beginning -> ok')[1]).toEqual([0, 'ok', 'assign', { keys: ['x'], seek: 'beginning' }])
    expect(brief('p0 crash -> info')).toEqual([[0, 'invoke', 'crash', null], [0, 'info', 'crash', null]])
    expect(brief('p0/final-1 final-read -> info x:3/4 y:5/5')).toEqual([
      [0, 'info', 'final-read', { keys: ['x', 'y'], reached: { x: 3, y: 5 }, target: { x: 4, y: 5 }, complete: false }],
    ])
  })

  it('writes what harness, observer and nemesis say', () => {
    expect(brief('config {"acks":1}\nphase heal\nobserve []\nnemesis kill {"id":1}\nharness starved\nobserver quorum {"leader":3}')).toEqual([
      ['harness', 'info', 'config', { acks: 1 }],
      ['harness', 'info', 'phase', 'heal'],
      ['observer', 'info', 'observe', []],
      ['nemesis', 'info', 'kill', { id: 1 }],
      ['harness', 'info', 'starved', null],
      ['observer', 'info', 'quorum', { leader: 3 }],
    ])
  })

  it('writes what is known of a polled record beside its value, and under which leaderEpoch it was served', () => {
    const told = [['x', [[0, 'v1', { leaderEpoch: 4 }], [1, 'v2', { leaderEpoch: 5, recordKey: 'bob' }], [2, 'v3', { recordKey: '' }]], 6]]
    expect(brief('p0 poll -> ok x@6[0:v1@4 1:v2@5/bob 2:v3/]')[1]).toEqual([0, 'ok', 'poll', [{ f: 'poll', polled: told }]])
  })

  it('writes what a broker said of a key, and when it was asked', () => {
    const [, plain, full] = parseNotation('phase heal\nobserve 2 x\nobserve 3 7 leader 1 leaderEpoch 5 inSyncReplicas 1,3 logStartOffset 2 highWatermark 9')
    expect(plain).toMatchObject({ process: 'observer', f: 'observe', node: 2, value: [{ key: 'x', leader: 2, leaderEpoch: 0, inSyncReplicas: [2] }] })
    expect(full).toMatchObject({ node: 3, value: [{ key: 7, leader: 1, leaderEpoch: 5, inSyncReplicas: [1, 3], logStartOffset: 2, highWatermark: 9, since: 2 }] })
    expect(parseNotation('observe 2 [{"key":"x"}]')[0]).toMatchObject({ node: 2, value: [{ key: 'x' }] })
    expect(parseNotation('observe 2 x highWatermark 9 since 0')[0]!.value).toMatchObject([{ since: 0 }])
    expect(parseNotation('observe 2 x logEndOffset 9')[0]!.value).toEqual([
      { key: 'x', leader: 2, leaderEpoch: 0, inSyncReplicas: [2], logEndOffset: 9 },
    ])
    expect(parseNotation('observe 2 x lastStableOffset 7')[0]!.value).toMatchObject([{ lastStableOffset: 7, since: 0 }])
  })

  it('counts ops from 0, and carries time on', () => {
    const ops: Op[] = parseNotation('phase faults\n1.5s p0 poll\np1 poll\n2500ms phase end')
    expect(ops.map(({ index, time }) => [index, time])).toEqual([[0, null], [1, 1.5e9], [2, 1.5e9], [3, 2.5e9]])
  })

  it.each([
    ['q0 poll', 'a line begins with pN, config, phase, observe, group, observer, harness or nemesis, not "q0"'],
    ['p0 send x', 'a send is written "KEY VALUE", not "x"'],
    ['p0 poll x', 'a poll asks nothing, found "x"'],
    ['p0 txn offsets g', 'offsets are written "offsets GROUP KEY:OFFSET …", not "offsets g"'],
    ['p0 txn offsets g x', 'an offset of a group is written KEY:OFFSET, not "x"'],
    ['p0 txn offsets g x:1 -> ok @1', 'offsets have no result, found "@1"'],
    ['p0 txn x v1', 'a txn is written "send KEY VALUE, poll, …", not "x v1"'],
    ['p0 poll -> done', 'after -> comes ok, fail or info, not "done"'],
    ['p0 -> ok', 'process 0 has no op open'],
    ['p0 send x v1 -> ok 7', 'what a send returned is written @OFFSET, not "7"'],
    ['p0 send x v1 -> ok @x', 'an offset is digits or ?, not "x"'],
    ['p0 send x v1 -> ok @1, @2', '2 results for 1 micro-ops'],
    ['p0 poll -> ok x', 'what a poll returned is written KEY[OFFSET:VALUE …], not "x"'],
    ['p0 poll -> ok x[7]', 'a polled record is written OFFSET:VALUE, not "7"'],
    ['p0 final-read -> ok x', 'a final read is written KEY:REACHED/TARGET, not "x"'],
    ['config', 'expected JSON, found nothing'],
    ['nemesis', 'a nemesis line names its fault'],
    ['nemesis kill', 'expected JSON, found nothing'],
    ['harness', 'a harness line names its op'],
    ['observe', 'expected JSON, found nothing'],
    ['observe 2', 'an observation is written "NODE KEY", not "2"'],
    ['observe 2 x leader', 'an observation has NAME VALUE after its key, not "leader "'],
    ['observe 2 x weather 7', 'an observation has NAME VALUE after its key, not "weather 7"'],
    ['2s p0 poll\n1s p1 poll', 'time goes backwards'],
  ])('refuses %j', (notation, sentence) => {
    const line = notation.split('\n').length
    expect(() => parseNotation(notation)).toThrow(new HistoryError(line, sentence))
  })
})

describe('the notation of consumer groups', () => {
  it('writes what a member asks and is answered', () => {
    expect(brief('p0 join g consumer/uniform x y as i1 -> ok m1@3')[1]).toEqual([
      0, 'ok', 'join', { group: 'g', protocol: 'consumer', assignor: 'uniform', topics: ['x', 'y'], instanceId: 'i1', memberId: 'm1', generation: 3 },
    ])
    expect(brief('p0 join g')).toEqual([[0, 'invoke', 'join', { group: 'g', protocol: 'classic', assignor: 'range', topics: [] }]])
    const work = { group: 'g', memberId: 'm1', generation: 3, key: 'x', offsets: [0, 4] }
    expect(brief('p0 process g m1@3 x 0..4 -> ok; p0 process g m1@3 x 0..4 -> info 2; p0 process g m1@3 x 0..4 -> fail 3').filter((_, at) => at % 2 === 1))
      .toEqual([[0, 'ok', 'process', work], [0, 'info', 'process', { ...work, done: 2 }], [0, 'fail', 'process', { ...work, poison: 3 }]])
    expect(brief('p0 leave g m1 -> ok')[1]).toEqual([0, 'ok', 'leave', { group: 'g', memberId: 'm1' }])
  })

  it('writes offsets committed, asked for and set back, and who answered', () => {
    const [, committed] = parseNotation('p0 commit g m1@3 x:5 7:0 -> fail ILLEGAL_GENERATION by 2')
    expect(committed).toMatchObject({ node: 2, error: { code: 'ILLEGAL_GENERATION' }, value: { group: 'g', memberId: 'm1', generation: 3, offsets: [['x', 5], [7, 0]] } })
    expect(brief('p0 commit g - x:5')[0]).toEqual([0, 'invoke', 'commit', { group: 'g', memberId: '', generation: -1, offsets: [['x', 5]] }])
    expect(brief('p0 offsets g x -> ok x:-1 by 2')).toEqual([[0, 'invoke', 'offsets', { group: 'g', keys: ['x'] }], [0, 'ok', 'offsets', { group: 'g', offsets: [['x', -1]] }]])
    expect(brief('p0 reset-offsets g x:0 -> ok')[1]).toEqual([0, 'ok', 'reset-offsets', { group: 'g', offsets: [['x', 0]] }])
  })

  it('writes marks, which complete nothing, and what the observer was told', () => {
    const ops = parseNotation('p0/a poll; p0 assigned g m1@3 + x:4 y; p0 revoked g m1@3 x; p0 lost g m1 y for FENCED; p0 heard g m1 1.5s; p0 -> ok')
    expect(ops.map(({ type, f, client }) => [type, f, client])).toEqual([
      ['invoke', 'poll', 'a'], ['info', 'assigned', 'a'], ['info', 'revoked', 'a'], ['info', 'lost', 'a'], ['info', 'heard', 'a'], ['ok', 'poll', 'a'],
    ])
    expect(ops.slice(1, 5).map(({ value }) => value)).toEqual([
      { group: 'g', memberId: 'm1', generation: 3, keys: ['x', 'y'], starts: [['x', 4]], incremental: true },
      { group: 'g', memberId: 'm1', generation: 3, keys: ['x'] },
      { group: 'g', memberId: 'm1', keys: ['y'], reason: 'FENCED' },
      { group: 'g', memberId: 'm1', sentAt: 1.5e9 },
    ])
    expect(brief('group g Stable 3 m1=x,y m2=')[0]).toEqual([
      'observer', 'info', 'group-state', { group: 'g', state: 'Stable', generation: 3, members: [{ memberId: 'm1', keys: ['x', 'y'] }, { memberId: 'm2', keys: [] }] },
    ])
  })

  it.each(['p0 commit g m1 x:5', 'p0 commit g m1@1 x', 'p0 join g other/range', 'p0 process g m1@1 x 4', 'p0 heard g m1', 'p0 revoked g', 'group g Stable'])(
    'refuses %s', (text) => expect(() => parseNotation(text)).toThrow(HistoryError),
  )
})
