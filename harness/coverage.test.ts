import { describe, expect, it } from 'vitest'
import type { Observation } from '../history/op.ts'
import { soundDecisions } from '../reference-broker/core/decisions.ts'
import { Coverage, coverageNames, groupCoverage, logCoverage, uncovered, type CoverageName } from './coverage.ts'

const names = Object.keys(coverageNames) as (keyof typeof coverageNames)[]

function observed(coverage: Coverage, leader: number, leaderEpoch: number, inSyncReplicas: readonly number[]): void {
  const told: Observation = { key: 'a-0', leader, leaderEpoch, inSyncReplicas }
  coverage.see({ process: 'observer', type: 'info', f: 'observe', value: [told] })
}

describe('coverage', () => {
  it('counts what brokers log: truncations that took something away, torn tails, lost answers, further controllers', () => {
    const coverage = new Coverage(2)
    coverage.logger('info', 'log truncated', { from: 5, to: 5 })
    coverage.logger('info', 'log truncated', { from: 7, to: 5 })
    coverage.logger('warn', 'log tail cut on recovery', { cutBytes: 3 })
    coverage.logger('debug', 'answer lost', { api: 'Fetch' })
    coverage.logger('debug', 'answer lost', { api: 'Produce' })
    for (const epoch of [1, 2, 3]) coverage.logger('info', 'active controller', { epoch })
    for (const from of ['disk', 'leader', 'disk']) coverage.logger('info', 'metadata snapshot loaded', { from, endOffset: 9 })
    expect(coverage.counts).toMatchObject({ truncations: 1, tornTails: 1, answersLost: 1, controllerChanges: 2 })
    expect(coverage.counts).toMatchObject({ snapshotsLoaded: 2, snapshotsFetched: 1 })
  })

  it('counts duplicates as the decision finds them, and leaves the decision as it is', () => {
    const coverage = new Coverage(2)
    const { classifyBatch } = coverage.counted(soundDecisions)
    const batch = { producerEpoch: 0, isTransactional: false, mustBeginAtZero: false, firstSequence: 3, lastSequence: 4 }
    const known = { ...batch, baseOffset: 10, lastOffset: 11, timestamp: 1 }
    const entry = { producerId: 1, producerEpoch: 0, coordinatorEpoch: -1, currentTxnFirstOffset: -1, batches: [known], lastTimestamp: 1 }
    expect(classifyBatch(entry, batch)).toEqual(soundDecisions.classifyBatch(entry, batch))
    expect(classifyBatch(undefined, batch)).toEqual({ kind: 'append' })
    expect(coverage.counts.duplicatesFound).toBe(1)
  })

  it('counts changes of leader and in-sync sets that fall below the minimum, each once', () => {
    const coverage = new Coverage(2)
    observed(coverage, 1, 0, [1, 2, 3])
    observed(coverage, 1, 0, [1])
    observed(coverage, 1, 0, [1])
    observed(coverage, -1, 1, [])
    observed(coverage, 2, 2, [2, 3])
    observed(coverage, 1, 0, [1])
    expect(coverage.counts).toMatchObject({ leaderChanges: 1, belowMinimum: 1 })
  })

  it('counts sends that failed and sends with an open end', () => {
    const coverage = new Coverage(2)
    for (const type of ['ok', 'fail', 'info', 'info'] as const) coverage.see({ process: 4, type, f: 'send', value: [] })
    expect(coverage.counts).toMatchObject({ failedSends: 1, openSends: 2 })
  })

  it('counts generations, coordinators, zombies and deaths of groups', () => {
    const coverage = new Coverage(2)
    const commit = (type: 'ok' | 'fail', generation: number, more: object): void =>
      coverage.see({ process: 1, type, f: 'commit', value: { group: 'g', memberId: 'm', generation, offsets: [] }, ...more })
    for (const [generation, node] of [[1, 1], [1, 1], [2, 1], [2, 3], [1, 3]] as const) commit('ok', generation, { node })
    for (const code of ['ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS']) commit('fail', 1, { error: { code, definite: true } })
    coverage.see({ process: 1, type: 'invoke', f: 'join', value: {}, client: 'a' })
    for (const f of ['lost', 'crash', 'grow']) coverage.see({ process: 1, type: 'info', f, value: null, client: 'a' })
    coverage.see({ process: 1, type: 'info', f: 'crash', value: null, client: 'no member' })
    expect(coverage.counts).toMatchObject({
      rebalances: 1, coordinatorChanges: 1, zombieCommits: 1, lostMemberships: 1, memberCrashes: 1, partitionsAdded: 1,
    })
  })

  it('what not one of 200 seeds had is a reason to doubt them; of fewer seeds nothing is asked', () => {
    const all = Object.fromEntries(names.map((name) => [name, 1])) as Record<CoverageName, number>
    expect(uncovered(all, 200)).toEqual([])
    for (const name of logCoverage) {
      const [reason, ...others] = uncovered({ ...all, [name]: 0 }, 200)
      expect(reason).toContain(coverageNames[name])
      expect(others).toEqual([])
      expect(uncovered({ ...all, [name]: 0 }, 199)).toEqual([])
    }
    for (const name of groupCoverage) expect(uncovered({ ...all, [name]: 0 }, 200, groupCoverage)).toHaveLength(1)
    expect(uncovered({ ...all, zombieCommits: 0 }, 200)).toEqual([])
  })
})
