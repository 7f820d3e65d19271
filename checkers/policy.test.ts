import { describe, expect, it } from 'vitest'
import type { RunConfig } from '../history/op.ts'
import { allowance, policy } from './policy.ts'
import { checkers } from './registry.ts'
import { judged, leaderChange } from './testing/judged.ts'

const names = checkers.map(({ name }) => name)
const always = ['int-send-skip', 'G0']

/** What of all that is looked for is allowed; the two that always are, left out. */
function allowed(config: RunConfig | undefined, aspect?: string, disturbed = true): string[] {
  return names.filter(name => !always.includes(name) && allowance({ config, disturbed }, name, aspect) !== undefined)
}

describe('the policy table', () => {
  it('allows nothing but int-send-skip and G0 without a configuration, or with one at its strictest', () => {
    for (const config of [undefined, {}, { acks: -1, idempotence: true, isolation: 'read_committed', uncleanLeaderElection: false } as const]) {
      expect(allowed(config)).toEqual([])
      for (const name of always) expect(allowance({ config, disturbed: true }, name)).toContain('nothing isolates')
    }
  })

  it('allows what each configuration gives up, and no more', () => {
    expect(allowed({ acks: 1 })).toEqual(['lost-write', 'unseen', 'skipped-record', 'undrained-lag'])
    expect(allowed({ acks: 1 }, 'lost')).toEqual([
      'lost-write', 'unseen', 'poll-skip', 'int-poll-skip', 'nonmonotonic-send', 'int-nonmonotonic-send', 'skipped-record', 'undrained-lag',
    ])
    expect(allowed({ acks: 1 }, 'acknowledged')).toEqual([
      'lost-write', 'inconsistent-offsets', 'unseen', 'stale-offset-ack', 'skipped-record', 'undrained-lag',
    ])
    expect(allowed({ acks: 0 })).toEqual(allowed({ acks: 1 }))
    expect(allowed({ idempotence: false })).toEqual(['duplicate', 'int-nonmonotonic-send'])
    expect(allowed({ idempotence: false }, 'pipelined')).toContain('nonmonotonic-send')
    expect(allowed({ isolation: 'read_uncommitted' })).toEqual([])
    expect(allowed({}, 'uncommitted')).toEqual(['G1a', 'G1c', 'precommitted-read'])
    expect(allowed({}, 'subscribed')).toEqual(['poll-skip', 'nonmonotonic-poll'])
    expect(allowed({}, 'at-most-once')).toEqual(['skipped-record', 'lost-dead-letter'])
    expect(allowed({}, 'at-least-once')).toEqual(['reprocessed-record'])
    expect(allowed({}, 'exactly-once')).toEqual([])
    expect(allowed({ delivery: 'at-least-once' }, 'repeated')).toEqual(['exactly-once-violation'])
    expect(allowed({ delivery: 'at-most-once' }, 'missing')).toEqual(['exactly-once-violation'])
    expect(allowed({ delivery: 'exactly-once' }, 'repeated')).toEqual([])
    for (const aspect of ['ww', 'ww-process', 'ww-realtime']) expect(allowed({}, aspect)).toEqual(['G1c'])
    for (const aspect of ['process', 'realtime']) expect(allowed({}, aspect)).toEqual([])
    expect(allowed({}, 'grown')).toEqual(['key-moved'])
  })

  it('excuses no loss with acks=1 in a run in which nothing happened that loses records', () => {
    expect(allowed({ acks: 1 }, 'lost', false)).toEqual([])
    expect(allowed({ acks: 0 }, 'lost', false)).toEqual(allowed({ acks: 0 }, 'lost'))
    const lost = 'p0 send x v1, x v2 -> ok @0, @1; p1 poll -> ok x@1[1:v2@1]'
    const inForce = 'nemesis kill {"action":"start","id":1}; nemesis kill {"action":"evidence","id":1,"inForce":true,"evidence":"gone"}'
    const run = (happened: string): string[] => [...judged(`config {"acks":1}\n${happened}\n${lost}`).convicts]
    expect(run('')).toEqual(['lost-write'])
    expect(run('nemesis kill {"action":"start","id":1}')).toEqual(['lost-write'])
    expect(run('observe 1 x; observe 1 x leaderEpoch 1')).toEqual(['lost-write'])
    for (const excuse of [inForce, 'nemesis start-partition "majority"', leaderChange, 'p2 poll -> ok y[0:a@1 1:b@2]; p3 send y a, y b']) {
      expect(run(excuse), excuse).toEqual([])
    }
  })

  it('never allows made-up records, or what no loss explains', () => {
    const everything: RunConfig = {
      acks: 0, idempotence: false, isolation: 'read_uncommitted', uncleanLeaderElection: true, beyondPromises: 'all replicas lost power',
    }
    const lawful = (aspect: string): string[] => [...allowed(everything, aspect), ...always]
    const never = (aspect: string): string[] => names.filter(name => !lawful(aspect).includes(name))
    const transactional = ['precommitted-read', 'zombie-write', 'lso-regression']
    const leaders = ['two-leaders', 'high-watermark-regression', 'read-beyond-high-watermark', 'log-start-regression']
    const groups = ['double-owner', 'orphan-partition', 'unfenced-zombie', 'lost-dead-letter', 'false-dead-letter', 'blocked-partition', 'overfull-poll', 'static-rebalance', 'stuck-rebalance', 'unbalanced-assignment', 'group-crosstalk', 'repeated-side-effect']
    for (const aspect of ['', 'lost', 'pipelined', 'subscribed', 'acknowledged']) {
      expect(never(aspect)).toEqual(['phantom-record', 'key-moved', ...leaders, ...groups, ...transactional, 'stuck'])
    }
    expect(never('other-leader')).toEqual([
      'phantom-record', 'key-moved', 'two-leaders', 'log-start-regression', ...groups, ...transactional, 'stuck',
    ])
  })

  it('lets an unclean election cut off the end of a transaction: what was aborted is open again, and may be ended by the next', () => {
    const aborted = '0s observe 1 x leaderEpoch 0; p0 txn send x v1 -> fail ABORTED @0'
    const again = 'observe 2 x leaderEpoch 1; p0 txn send x v2 -> ok @1; p1 poll -> ok x[0:v1 1:v2]'
    expect(judged(`config {"uncleanLeaderElection":true}\n${aborted}; ${again}`).convicts).toEqual([])
    expect(judged(`${aborted}; ${again}`).convicts).toContain('G1a')
    const held = '1s phase heal; 2s observe 2 x leaderEpoch 1 lastStableOffset 0 highWatermark 1; 17s observe 2 x leaderEpoch 1 lastStableOffset 0 highWatermark 1'
    const config = (unclean: boolean): string => `config {"uncleanLeaderElection":${unclean},"recoveryMs":5000,"transactionTimeoutMs":10000}`
    expect(judged(`${config(true)}\n${aborted}; ${held}`).convicts).toEqual([])
    expect(judged(`${config(false)}\n${aborted}; ${held}`).convicts).toEqual(['stuck-transaction'])
  })

  it('gives the reason of a run that goes beyond the promises in its own words', () => {
    const config = { beyondPromises: 'two replicas lost power' }
    expect(allowance({ config, disturbed: false }, 'lost-write')).toContain('two replicas lost power')
    expect(allowance({ config, disturbed: false }, 'stale-offset-ack')).toContain('two replicas lost power')
  })

  it('names only anomalies that are looked for', () => {
    expect(policy.filter(({ anomaly }) => !names.includes(anomaly))).toEqual([])
  })
})
