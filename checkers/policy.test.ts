import { describe, expect, it } from 'vitest'
import type { RunConfig } from '../history/op.ts'
import { allowance, policy } from './policy.ts'
import { checkers } from './registry.ts'

const strict = ['lost-write', 'duplicate', 'inconsistent-offsets', 'unseen', 'phantom-record', 'poll-skip', 'nonmonotonic-poll', 'int-poll-skip', 'int-nonmonotonic-poll', 'nonmonotonic-send', 'int-nonmonotonic-send', 'stuck']

function allowed(config: RunConfig | undefined, aspect?: string): string[] {
  return checkers.map(({ name }) => name).filter(name => allowance(config, name, aspect) !== undefined)
}

describe('the policy table', () => {
  it('allows nothing but int-send-skip without a configuration, or with one at its strictest', () => {
    for (const config of [undefined, {}, { acks: -1, idempotence: true, uncleanLeaderElection: false } as const]) {
      expect(strict.filter(name => allowance(config, name) !== undefined)).toEqual([])
      expect(allowed(config)).toEqual(['int-send-skip'])
    }
  })

  it('allows what each configuration gives up, and no more', () => {
    expect(allowed({ acks: 1 })).toEqual(['lost-write', 'unseen', 'int-send-skip'])
    expect(allowed({ acks: 1 }, 'lost')).toEqual([
      'lost-write', 'unseen', 'poll-skip', 'int-poll-skip', 'nonmonotonic-send', 'int-nonmonotonic-send', 'int-send-skip',
    ])
    expect(allowed({ acks: 0 })).toEqual(allowed({ acks: 1 }))
    expect(allowed({ idempotence: false })).toEqual(['duplicate', 'int-nonmonotonic-send', 'int-send-skip'])
    expect(allowed({ idempotence: false }, 'pipelined')).toContain('nonmonotonic-send')
    expect(allowed({}, 'subscribed')).toEqual(['poll-skip', 'nonmonotonic-poll', 'int-send-skip'])
  })

  it('never allows made-up records or standing still', () => {
    const everything: RunConfig = { acks: 0, idempotence: false, uncleanLeaderElection: true, beyondPromises: 'all replicas lost power' }
    for (const aspect of ['', 'lost', 'pipelined', 'subscribed', 'acknowledged']) {
      expect(checkers.map(({ name }) => name).filter(name => !allowed(everything, aspect).includes(name))).toEqual(['phantom-record', 'stuck'])
    }
  })

  it('gives the reason of a run that goes beyond the promises in its own words', () => {
    expect(allowance({ beyondPromises: 'two replicas lost power' }, 'lost-write')).toContain('two replicas lost power')
  })

  it('names only anomalies that are looked for', () => {
    const names = new Set(checkers.map(({ name }) => name))
    expect(policy.filter(({ anomaly }) => !names.has(anomaly))).toEqual([])
  })
})
