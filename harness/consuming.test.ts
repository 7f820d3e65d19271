/** A consumer of a group, one of whose commits may arrive when nobody counts on it any more. */
import { expect, it } from 'vitest'
import type { Op } from '../history/op.ts'
import { producerDefaults } from '../workloads/client/defaults.ts'
import { Consuming, type CommitStrategy, type ConsumingOptions } from '../workloads/groups/consuming.ts'
import { memberOptions } from '../workloads/groups/group-plan.ts'
import { groupTimesOf } from './group-times.ts'
import { profiles } from './profile.ts'
import { OneBroker } from './testing/one-broker.testing.ts'

const topic = { name: 'committed', partitions: 1 }
const records = 2

function consuming(delivery: ConsumingOptions['delivery'], commits: CommitStrategy): OneBroker {
  return new OneBroker([topic], (context) => {
    const producer = context.makeClient('producer').producer(producerDefaults)
    for (let i = 0; i < records; i++) producer.send({ topic: topic.name, partition: 0, key: null, value: new Uint8Array([i]) }, () => undefined)
    void new Consuming(context, {
      name: 'member',
      member: memberOptions({
        group: 'late', protocol: 'classic', topics: [topic.name], assignors: ['range'], members: 1, staticMembers: 0,
        times: groupTimesOf(profiles.trial), delivery, resetPolicy: 'earliest',
      }, undefined),
      consuming: {
        delivery, commits, autoCommitIntervalMs: 1000, maxRecordsPerPoll: 1, pollTimeoutMs: 200,
        processMs: { min: 1, max: 5 }, commitTimeoutMs: 2000,
      },
    })
  })
}

const committed = (ops: readonly Op[]): unknown[] => ops.map(({ value }) => (value as { offsets: [string, number][] }).offsets[0]![1])

it('commits its position once more where a commit that was lost arrives late, though nothing more is read', () => {
  const ground = consuming('at-least-once', 'async')
  ground.until('a proxy', () => ground.proxy !== undefined)
  const proxy = ground.proxy!
  proxy.setRules([{ name: 'late', match: { api: 'OffsetCommit' }, act: { do: 'hold' } }])
  ground.until('all committed', () => committed(ground.of('commit', 'ok')).includes(records))
  expect(committed(ground.of('commit', 'info'))).toContain(1)
  const before = ground.of('commit', 'ok').length
  let arrived = false
  proxy.release('late', () => (arrived = true))
  ground.until('the late one arrived', () => arrived)
  expect(ground.of('commit', 'ok')).toHaveLength(before)
  ground.until('one more commit', () => ground.of('commit', 'ok').length > before)
  expect(committed(ground.of('commit', 'ok')).at(-1)).toBe(records)
})

it.each([
  ['at-least-once', 'async'],
  ['at-least-once', 'sync'],
  ['at-most-once', 'sync'],
] as const)('does so where the client had to send a commit again, whose first try may arrive yet: %s, %s', (delivery, commits) => {
  const ground = consuming(delivery, commits)
  ground.until('a proxy', () => ground.proxy !== undefined)
  ground.proxy!.setRules([{ name: 'unanswered', match: { api: 'OffsetCommit' }, nth: records, act: { do: 'cut' } }])
  ground.until('a second try', () => ground.of('commit', 'ok').some(({ attempts }) => attempts === 2))
  ground.until('all committed twice', () => committed(ground.of('commit', 'ok')).filter((offset) => offset === records).length > 1)
  expect(ground.of('commit', 'info')).toEqual([])
})
