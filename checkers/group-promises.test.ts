import { describe, expect, it } from 'vitest'
import type { NewOp } from '../history/op.ts'
import { parseNotation } from '../history/notation.ts'
import { judge } from './judge.ts'
import { judged } from './testing/judged.ts'

/** Only what the anomaly is about. */
function isFound(anomaly: string, history: string): boolean {
  return judged(history).convicts.includes(anomaly)
}

const groups = (more: string): string => `config {"rebalanceBoundMs":5000,"groups":[{"group":"g",${more}}]}`

describe('static-rebalance', () => {
  const config = groups('"sessionTimeoutMs":3000,"cooperative":false')
  const begun = '0s p0 send x v1 -> ok @0; p1/a join g classic/range x as i1 -> ok m1@1; p2/b join g classic/range x -> ok m2@1; p1/a assigned g m1@1 x:0; p2/b assigned g m2@1; p1/a poll -> ok x[0:v1]'
  const died = '1s p1/a crash -> info'
  const asked = '2s p3/c join g classic/range x as i1'
  const followed = 'p2/b revoked g m2@1; p2/b join g classic/range x; p3 -> ok m3@2; p2 -> ok m2@2'
  const story = (...parts: readonly string[]): string => [config, ...parts].join('\n')
  const blames = (...parts: readonly string[]): boolean => isFound('static-rebalance', story(...parts))

  it('is a rebalance for which there was no other cause', () => {
    expect(blames(begun, died, asked, followed)).toBe(true)
    expect(judged(story(begun, died, asked, followed)).findings[0]!.message)
      .toBe('group g went from generation 1 to 2 because i1 was back, within its session')
  })

  it('is none when the generation stays', () => {
    expect(blames(begun, died, asked, 'p3 -> ok m3@1')).toBe(false)
  })

  it.each([
    ['the session was over', [begun, died, asked.replace('2s', '3.5s'), followed]],
    ['the session began long before', [begun, '2.9s p1/a crash -> info', asked.replace('2s', '3.1s'), followed]],
    ['it left', [begun, '1s p1/a leave g m1 -> ok', asked, followed]],
    ['it wants something else', [begun, died, asked.replace(' x as', ' x y as'), followed]],
    ['it speaks another protocol', [begun, died, asked.replace('range', 'sticky'), followed]],
    ['another came', [begun, died, '1.5s p4/d join g classic/range x', asked, followed, 'p4 -> ok m4@2']],
    ['another left', [begun, '0.5s p4/d join g classic/range x -> ok m4@1; p4/d assigned g m4@1; p4/d leave g m4 -> ok', died, asked, followed]],
    ['another died a session ago', [begun, 'p4/d join g classic/range x -> ok m4@1; p4/d assigned g m4@1; p4/d crash -> info', died, asked, followed]],
    ['another asked first', [begun, died, '1.5s p2/b revoked g m2@1; p2/b join g classic/range x', asked, 'p3 -> ok m3@2; p2 -> ok m2@2']],
    ['another wants something else', [begun, died, asked, followed.replace('range x;', 'range x y;')]],
    ['another had been thrown out', [begun, died, asked, 'p3 -> ok m3@2; p2/b lost g m2 for UNKNOWN_MEMBER_ID; p2/b join g classic/range x -> ok m5@3']],
    ['another was not there yet', [begun.replace('; p2/b assigned g m2@1', ''), died, asked, followed]],
    ['a partition was added', [begun, 'p9 grow {"topic":"x","partitions":2}', died, asked, followed]],
    ['nobody knows how long sessions are', ['config {"groups":[{"group":"g"}]}', begun, died, asked, followed]],
  ])('is none when %s', (_what, parts) => {
    const [first] = parts
    const text = first!.startsWith('config') ? parts.join('\n') : story(...parts)
    expect(isFound('static-rebalance', text)).toBe(false)
  })

  it('is none under a fault', () => {
    const fault = '0.5s nemesis kill {"id":1,"targets":[1]}'
    expect(blames(begun, fault, died, asked, followed)).toBe(false)
  })

  it('counts the session from the last heartbeat', () => {
    const late = ['5s p1/a crash -> info', '6s p3/c join g classic/range x as i1', followed]
    expect(blames(begun, ...late)).toBe(false)
    expect(blames(begun, '4.9s p1/a heard g m1 4.8s', ...late)).toBe(true)
  })
})

describe('wrong-start', () => {
  const earliest = groups('"resetPolicy":"earliest"')
  const latest = groups('"resetPolicy":"latest"')
  const sent = 'p0 send x v1, x v2 -> ok @0, @1'
  const begins = (at: number): string => `p1/a join g -> ok m1@1; p1/a assigned g m1@1 x:${at}`
  const blames = (...parts: readonly string[]): boolean => isFound('wrong-start', parts.join('\n'))

  it('follows auto.offset.reset where nothing is committed', () => {
    expect(blames(earliest, sent, begins(0))).toBe(false)
    expect(blames(earliest, sent, begins(1))).toBe(true)
    expect(blames(latest, sent, begins(2))).toBe(false)
    expect(blames(latest, sent, begins(1))).toBe(true)
    const cut = 'nemesis isolate {"id":1,"action":"start","targets":[1]}'
    expect(blames(latest, `0s ${cut}`, `1s ${sent}`, `2s ${begins(1)}`)).toBe(false)
    expect(blames(latest, `0s ${sent}`, `1s ${cut}`, `2s ${begins(1)}`)).toBe(true)
    expect(blames(groups('"resetPolicy":"none"'), sent, begins(0))).toBe(true)
  })

  it('says nothing where the policy is not known, or the record may have come later', () => {
    expect(blames(sent, begins(1))).toBe(false)
    expect(blames(earliest, begins(0), sent)).toBe(false)
    expect(blames(latest, 'p0 send x v1', begins(0), 'p0 -> ok @0')).toBe(false)
    expect(blames(earliest, 'p0 send x v1 -> info TIMED_OUT', begins(1))).toBe(false)
  })

  it('says nothing of a log that has lost its beginning', () => {
    expect(blames(earliest, sent, 'observe 1 x logStartOffset 1', begins(1))).toBe(false)
  })

  it('is an offset that nobody of the group wrote, nor the policy led to', () => {
    const commits = 'p2/b commit g m2@1 x:1'
    expect(blames(earliest, sent, `${commits} -> ok`, begins(1))).toBe(false)
    expect(blames(earliest, sent, `${commits} -> ok`, begins(2))).toBe(true)
    expect(blames(latest, sent, `${commits} -> ok`, begins(2))).toBe(false)
    expect(blames(earliest, sent, `${commits} -> ok`, begins(0))).toBe(false)
    expect(blames(earliest, sent, `${commits} -> info TIMED_OUT`, begins(1))).toBe(false)
    expect(blames(sent, `${commits} -> ok`, begins(2))).toBe(false)
    expect(blames(earliest, sent, `${commits} -> ok`, 'p3/c commit g m3@1 x:2', begins(2))).toBe(false)
    expect(blames(earliest, sent, `${commits} -> ok`, 'p3/c commit g m3@1 x:2 -> fail ILLEGAL_GENERATION', begins(2))).toBe(true)
  })

  it('is a replay that does not come, unless somebody has committed since', () => {
    const reset = 'p9 reset-offsets g x:0'
    const commits = 'p2/b commit g m2@1 x:2'
    expect(blames(sent, `${commits} -> ok`, `${reset} -> ok`, begins(2))).toBe(true)
    expect(blames(sent, `${commits} -> ok`, `${reset} -> ok`, begins(0))).toBe(false)
    expect(blames(sent, `${commits} -> info TIMED_OUT`, `${reset} -> ok`, begins(2))).toBe(false)
    expect(blames(sent, `${commits} -> ok`, reset, begins(2))).toBe(false)
    expect(blames(sent, `${reset} -> ok`, `${commits} -> ok`, begins(2))).toBe(false)
    expect(blames(sent, 'nemesis isolate {"id":1}', `${commits} -> ok`, `${reset} -> ok by 1`, `${begins(2)} by 2`)).toBe(false)
    expect(blames(sent, `${commits} -> ok`, `${reset} -> ok by 1`, `${begins(2)} by 1`)).toBe(true)
  })
})

describe('undrained-lag of a group that may stand still', () => {
  const stood = (config: string, sent: string, ...more: readonly string[]): boolean => isFound('undrained-lag', [
    `config {"rebalanceBoundMs":5000${config}}`,
    `0s ${sent}; p1/a join g classic/range x -> ok m1@1; p1/a assigned g m1@1 x:0; p1/a poll -> ok x[0:v1]; p1/a process g m1@1 x 0..0 -> ok; p1/a commit g m1@1 x:1 -> ok`,
    ...more,
  ].join('\n'))
  const looks = (...times: readonly string[]): string => times.map((time) => `${time} p9 offsets g x -> ok x:1`).join('; ')
  const sent = 'p0 send x v1, x v2 -> ok @0, @1'

  it('because its member has paused the partition, for as long as it has', () => {
    const end = '20s p1/a leave g m1 -> ok'
    expect(stood('', sent, looks('1s', '7s'), end)).toBe(true)
    expect(stood('', sent, 'p1/a paused g m1@1 x', looks('1s', '7s'), end)).toBe(false)
    expect(stood('', sent, 'p1/a paused g m1@1 y', looks('1s', '7s'), end)).toBe(true)
    const goesOn = (until: string): string => `p1/a paused g m1@1 x; ${looks('1s')}; 3s p1/a paused g m1@1 -; ${looks(until)}`
    expect(stood('', sent, goesOn('7s'), end)).toBe(false)
    expect(stood('', sent, goesOn('9s'), end)).toBe(true)
  })

  it('because a transaction may be open that holds back what is committed, until it was ended at the latest', () => {
    const open = 'p0 txn send x v1 -> ok @0; p3/dead txn send x v3 -> info TIMED_OUT @2; p0 txn send x v4 -> ok @3'
    const config = ',"transactional":true,"transactionTimeoutMs":60000,"recoveryMs":5000'
    const end = '99s p1/a leave g m1 -> ok'
    expect(stood(config, open, looks('1s', '20s'), end)).toBe(false)
    expect(stood(config, open, looks('66s', '72s'), end)).toBe(true)
  })

  it('because the record was lost, which acks=1 allows when the leader changes', () => {
    const lost = `observe 1 x; p0 send x v1 -> ok @0; p0 send x v2 -> ok @1; observe 2 x leaderEpoch 1`
    expect(stood(',"acks":1', lost, looks('1s', '7s'), '8s p1/a leave g m1 -> ok')).toBe(false)
  })
})

describe('undrained-lag', () => {
  const config = 'config {"rebalanceBoundMs":5000}'
  const begun = '0s p0 send x v1, x v2 -> ok @0, @1; p1/a join g classic/range x -> ok m1@1; p1/a assigned g m1@1 x:0; p1/a poll -> ok x[0:v1 1:v2]; p1/a process g m1@1 x 0..1 -> ok'
  const looks = (first: string, second: string): string => `1s p9 offsets g x -> ok x:${first}; 7s p9 offsets g x -> ok x:${second}; 8s p1/a leave g m1 -> ok`
  const blames = (...parts: readonly string[]): boolean => isFound('undrained-lag', [config, ...parts].join('\n'))

  it('is a committed offset that stands still below the end', () => {
    expect(blames(begun, looks('-1', '-1'))).toBe(true)
    expect(blames(begun, 'p1/a commit g m1@1 x:1 -> ok', looks('1', '1'))).toBe(true)
    expect(blames(begun, 'p1/a commit g m1@1 x:2 -> ok', looks('2', '2'))).toBe(false)
    expect(blames(begun, looks('-1', '1'))).toBe(false)
  })

  it('says nothing while records still come, members do, or nobody owns the partition', () => {
    expect(blames(begun, looks('-1', '-1').replace('7s', '6.5s p0 send x v3 -> ok @2; 7s'))).toBe(false)
    expect(blames(begun, looks('-1', '-1').replace('7s', '5s p2/b join g classic/range x -> ok m2@2; p2/b assigned g m2@2; 7s'))).toBe(false)
    expect(blames(begun, '0.5s p1/a revoked g m1@1 x', looks('-1', '-1'))).toBe(false)
  })

  it('says nothing of a group that begins at the end, before it has committed', () => {
    const latest = (...parts: readonly string[]): boolean => isFound('undrained-lag', [groups('"resetPolicy":"latest"'), ...parts].join('\n'))
    expect(latest(begun, looks('-1', '-1'))).toBe(false)
    expect(latest(begun, 'p1/a commit g m1@1 x:1 -> ok', looks('1', '1'))).toBe(true)
  })

  it('leaves a group that was set back behind its own commit to lost-commit', () => {
    expect(blames(begun, 'p1/a commit g m1@1 x:2 -> ok', looks('1', '1'))).toBe(false)
    expect(blames(begun, 'p1/a commit g m1@1 x:2 -> info TIMED_OUT', looks('1', '1'))).toBe(true)
    const between = (commit: string): string => looks('1', '1').replace('7s', `3s p1/a ${commit}; 7s`)
    expect(blames(begun, between('commit g m1@1 x:2 -> ok'))).toBe(false)
    expect(blames(begun, between('commit g m1@1 x:1 -> ok'))).toBe(true)
  })

  it('says nothing of a group that tells of no work, or met what it cannot process', () => {
    expect(blames(begun.replace('; p1/a process g m1@1 x 0..1 -> ok', ''), looks('-1', '-1'))).toBe(false)
    expect(blames(begun.replace('0..1 -> ok', '0..1 -> fail 0'), looks('-1', '-1'))).toBe(false)
  })
})

describe('overfull-poll', () => {
  it('counts the records of all partitions, of members of the group only', () => {
    const config = groups('"maxPollRecords":2')
    const sent = 'p0 send x v1, x v2, y v3 -> ok @0, @1, @0'
    const polled = 'poll -> ok x[0:v1 1:v2] y[0:v3]'
    expect(isFound('overfull-poll', `${config}\n${sent}\np1/a join g x y -> ok m1@1; p1/a ${polled}`)).toBe(true)
    expect(isFound('overfull-poll', `${config}\n${sent}\np1/a join g x y -> ok m1@1; p2/b ${polled}`)).toBe(false)
    expect(isFound('overfull-poll', `${config}\n${sent}\np1/a join g x y -> ok m1@1; p1/a poll -> ok x[0:v1 1:v2]`)).toBe(false)
    expect(isFound('overfull-poll', `${sent}\np1/a join g x y -> ok m1@1; p1/a ${polled}`)).toBe(false)
  })
})

describe('overfull-poll of what is paused', () => {
  const keys = ['x']
  /** The mark `paused` takes the place of `nap`. */
  function isBlamed(history: string): boolean {
    const ops = parseNotation(history).map((op) => {
      const { process, client } = op
      const paused: NewOp = { process, ...(client !== undefined && { client }), type: 'info', f: 'paused', value: { group: 'g', memberId: 'm1', generation: 1, keys } }
      return op.f === 'nap' ? { ...op, ...paused } : op
    })
    return judge(ops).findings.some(({ anomaly, aspect }) => anomaly === 'overfull-poll' && aspect === 'paused')
  }
  const begun = 'p0 send x v1, y v2 -> ok @0, @0; p1/a join g x y -> ok m1@1; p1/a assigned g m1@1 x:0 y:0'

  it('is a record of a partition that was paused before the member asked', () => {
    expect(isBlamed(`${begun}; p1/a nap {}; p1/a poll -> ok x[0:v1]`)).toBe(true)
    expect(isBlamed(`${begun}; p1/a nap {}; p1/a poll -> ok y[0:v2]`)).toBe(false)
    expect(isBlamed(`${begun}; p1/a poll; p2/a nap {}; p1 -> ok x[0:v1]`)).toBe(false)
    expect(isBlamed(`${begun}; p2/b nap {}; p1/a poll -> ok x[0:v1]`)).toBe(false)
  })

  it('is none of a partition that was given anew', () => {
    expect(isBlamed(`${begun}; p1/a nap {}; p1/a assigned g m1@2 x:0; p1/a poll -> ok x[0:v1]`)).toBe(false)
    expect(isBlamed(`${begun}; p1/a nap {}; p1/a assigned g m1@2 + y:0; p1/a poll -> ok x[0:v1]`)).toBe(true)
    expect(isBlamed(`${begun}; p1/a nap {}; p1/a poll; p1/a assigned g m1@2 x:0; p1 -> ok x[0:v1]`)).toBe(false)
  })
})

describe('unbalanced-assignment', () => {
  const config = groups('"topics":["t"]')
  const joins = 'p0 send t-0 v1 -> ok @0; p1/a poll -> ok t-0[0:v1]; p1/a join g consumer/uniform t -> ok m1@1; p2/b join g consumer/uniform t -> ok m2@2'
  const blames = (first: string, ...parts: readonly string[]): boolean => isFound('unbalanced-assignment', [first, ...parts].join('\n'))

  it('is told by the coordinator of a KIP-848 group that it calls stable', () => {
    expect(blames(config, joins, 'group g Stable 2 m1=t-0,t-1 m2=')).toBe(true)
    expect(blames(config, joins, 'group g Stable 2 m1=t-0,t-1 m2=t-2')).toBe(false)
    expect(blames(config, joins, 'group g Reconciling 2 m1=t-0,t-1 m2=')).toBe(false)
    expect(blames(groups('"topics":["t","u"]'), joins, 'group g Stable 2 m1=t-0,t-1 m2=')).toBe(false)
    expect(blames(config, joins, 'group g Stable 2 m1=t-0,t-1 m3=')).toBe(false)
  })
})

describe('what a group does lawfully', () => {
  const convicts = (...history: readonly string[]): readonly string[] => judged(history.join('\n')).convicts

  it('is given topics that its members came to want without joining anew (group-crosstalk)', () => {
    const story = (...more: readonly string[]): readonly string[] => convicts(
      '0s p0 send t-0 v1, u-0 v2 -> ok @0, @0; p1/a join g consumer/uniform t -> ok m1@1; p1/a assigned g m1@1 + t-0:0',
      'p2/b join h consumer/uniform u -> ok m2@1; p2/b assigned h m2@1 + u-0:0', ...more,
      'p1/a assigned g m1@2 + u-0:0; p8 poll -> ok t-0[0:v1] u-0[0:v2]',
    )
    expect(story('p1/a subscribed g m1@1 t u')).toEqual([])
    expect(story()).toEqual(['group-crosstalk'])
  })

  it('begins by the policy when its offset was deleted, and with acks=1 at an end that may lie behind what was acknowledged (wrong-start)', () => {
    const reset = (to: number): readonly string[] => convicts(
      'config {"groups":[{"group":"g","resetPolicy":"latest","delivery":"at-least-once"}]}', '0s p1/a join g -> ok m1@1; p1/a assigned g m1@1 x:0; p0 send x v1, x v2 -> ok @0, @1; p1/a poll -> ok x[0:v1 1:v2]',
      `p1/a commit g m1@1 x:2 -> ok; p9 reset-offsets g x:${to} -> ok; p2/b join g -> ok m2@2; p2/b assigned g m2@2 x:2`,
    )
    expect(reset(-1)).toEqual([])
    expect(reset(1)).toContain('wrong-start')
    const began = (acks: number): readonly string[] => convicts(
      `config {"acks":${acks},"groups":[{"group":"g","resetPolicy":"latest"}]}`, '0s p0 send x v1 -> ok @0; p1/a join g -> ok m1@1; p1/a assigned g m1@1 x:0; p1/a poll -> ok x[0:v1]',
    )
    expect(began(1)).toEqual([])
    expect(began(-1)).toEqual(['wrong-start'])
  })

  it('hears of an epoch member by member where both protocols are in it (unfenced-zombie)', () => {
    const story = (protocol: string): readonly string[] => convicts(
      '0s p0 send t-0 v1, t-1 v2 -> ok @0, @0; p1/a join g classic/range t -> ok m1@1; p1/a assigned g m1@1 t-0:0',
      `p2/b join g ${protocol}/range t -> ok m2@2; p2/b assigned g m2@2 + t-1:0; p1/a poll -> ok t-0[0:v1]; p1/a commit g m1@1 t-0:1 -> ok; p8 poll -> ok t-0[0:v1] t-1[0:v2]`,
    )
    expect(story('consumer')).toEqual([])
    expect(story('classic')).toContain('unfenced-zombie')
  })

  it.each(['UNRELEASED_INSTANCE_ID', 'GROUP_MAX_SIZE_REACHED'])('refuses who asks to join with %s (stuck-rebalance)', (error) => {
    const story = (code: string): readonly string[] => convicts(
      'config {"rebalanceBoundMs":5000,"groups":[{"group":"g","sessionTimeoutMs":2000}]}', '0s p0 send x v1 -> ok @0; p1/a join g classic/range x -> ok m1@1; p1/a assigned g m1@1 x:0; p1/a poll -> ok x[0:v1]',
      `1s p2/b join g classic/range x as i1 -> fail ${code}; 9s p1/a poll -> ok`,
    )
    expect(story(error)).toEqual([])
    expect(story('REBALANCE_IN_PROGRESS')).toEqual(['stuck-rebalance'])
  })

  it('has no member left that could get past what it failed at, or has got through it (blocked-partition)', () => {
    const story = (...more: readonly string[]): readonly string[] => convicts(
      'config {"rebalanceBoundMs":5000,"groups":[{"group":"g","sessionTimeoutMs":2000,"delivery":"at-least-once"}],"deadLetters":[{"group":"g","topic":"d","blocksForMs":2000}]}',
      '0s p0 send x v1 -> ok @0; p1/a join g classic/range x -> ok m1@1; p1/a assigned g m1@1 x:0; p1/a poll -> ok x[0:v1]; 1s p1/a process g m1@1 x 0..0 -> fail 0', ...more, '15s p8 poll -> ok x[0:v1]',
    )
    expect(story()).toEqual(['blocked-partition'])
    expect(story('2s p1/a leave g m1 -> ok')).toEqual([])
    expect(story('2s p1/a process g m1@1 x 0..0 -> ok')).toEqual([])
    const another = (joinsAt: number): readonly string[] => ['2s p1/a leave g m1 -> ok', `${joinsAt}s p2/b join g classic/range x -> ok m2@2; p2/b assigned g m2@2 x:0`]
    expect(story(...another(7))).toEqual(['blocked-partition'])
    expect(story(...another(9))).toEqual([])
  })
})
