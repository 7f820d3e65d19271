import { describe, expect, it } from 'vitest'
import { parseNotation } from '../history/notation.ts'
import { judge } from './judge.ts'

function coverage(notation: string): Record<string, number> {
  const figures = Object.entries(judge(parseNotation(notation)).figures!)
  return Object.fromEntries(figures.filter(([name]) => name.startsWith('coverage.')).map(([name, count]) => [name.slice(9), count]))
}

const work = 'p0 send x v1 -> ok @0; p0 send x v2 -> fail NOT_ENOUGH_REPLICAS; p0 send x v3; p1 assign x -> ok; p1 poll -> ok x[0:v1]'

describe('coverage', () => {
  it('counts the kinds of op that succeeded, and sends by outcome', () => {
    expect(coverage(`${work}; p1 subscribe x -> info; p1 crash -> info; p9/final-1 final-read -> ok x:1/1`)).toEqual({
      leaderChanges: 0, controllerChanges: 0, 'op.send': 1, 'op.poll': 1, 'op.assign': 1, 'op.crash': 1, 'op.final-read': 1,
      'send.ok': 1, 'send.fail': 1, 'send.info': 1,
    })
  })

  it('counts faults that were seen in force, and names those that were not', () => {
    const kill = (id: number, action: string): string => `nemesis kill {"action":"${action}","id":${id},"inForce":${action === 'evidence'},"evidence":"seen"}`
    expect(coverage(`${work}; ${kill(1, 'start')}; ${kill(1, 'evidence')}; ${kill(2, 'start')}; ${kill(2, 'evidence')}`)).toMatchObject({ 'fault.kill': 2 })
    expect(coverage(`${work}; ${kill(1, 'start')}`)).toMatchObject({ 'fault.kill': 0 })
  })

  it('counts changes of leaders and of the controllers\' leader, in higher leaderEpochs only', () => {
    const quorum = (leader: number, leaderEpoch: number): string => `observer quorum {"leader":${leader},"leaderEpoch":${leaderEpoch}}`
    expect(coverage(`${work}; observe 1 x; observe 2 x leaderEpoch 1; observe 1 x; ${quorum(1, 3)}; ${quorum(3, 4)}; ${quorum(1, 3)}; ${quorum(2, 9)}`))
      .toMatchObject({ leaderChanges: 1, controllerChanges: 2 })
  })

  it('adds up what the harness tells, and counts a change once that was told twice', () => {
    const told = 'harness coverage {"tornTails":2,"leaderChanges":5,"odd":"x"}; harness coverage {"tornTails":1,"controllerChanges":0}'
    expect(coverage(`${work}; observe 1 x; observe 2 x leaderEpoch 1; ${told}`)).toMatchObject({ tornTails: 3, leaderChanges: 5, controllerChanges: 0 })
    expect(coverage(`${work}; ${told}`)).not.toHaveProperty('odd')
  })

  it('a change of coordinator that the harness tells is one, whatever the answers to groups say', () => {
    const groups = 'p3/a join g as i1 -> ok m1@1 by 1'
    expect(coverage(`${work}; ${groups}; harness coverage {"coordinatorChanges":3,"rebalances":0}`)).toMatchObject({ coordinatorChanges: 3 })
  })

  it('tells what part of the transactions certainly did not happen, where there are any', () => {
    const txns = ['ok @0', 'fail ABORTED', 'info', 'ok @3'].map((end, at) => `p0 txn send x v${at} -> ${end}`)
    expect(coverage(txns.join('; '))).toMatchObject({ abortedTransactionsShare: 0.25 })
    expect(coverage(work)).not.toHaveProperty('abortedTransactionsShare')
  })

  it('may be asked floors of', () => {
    const { valid, reasons } = judge(parseNotation(`config {"floors":{"coverage.leaderChanges":1,"coverage.op.poll":1}}; ${work}`))
    expect([valid, reasons]).toEqual(['unknown', ['too little was tested: coverage.leaderChanges is 0, its floor 1']])
  })
})
