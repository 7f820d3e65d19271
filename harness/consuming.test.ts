/** A consumer of a group that does not wait for its commits, one of which arrives when nobody counts on it any more. */
import { expect, it } from 'vitest'
import type { Op } from '../history/op.ts'
import { producerDefaults } from '../workloads/client/defaults.ts'
import { Consuming } from '../workloads/groups/consuming.ts'
import { memberOptions } from '../workloads/groups/group-plan.ts'
import { groupTimesOf } from './group-times.ts'
import { profiles } from './profile.ts'
import { OneBroker } from './testing/one-broker.testing.ts'

const topic = { name: 'committed', partitions: 1 }
const records = 2

function consuming(): OneBroker {
  return new OneBroker([topic], (context) => {
    const producer = context.makeClient('producer').producer(producerDefaults)
    for (let i = 0; i < records; i++) producer.send({ topic: topic.name, partition: 0, key: null, value: new Uint8Array([i]) }, () => undefined)
    void new Consuming(context, {
      name: 'member',
      member: memberOptions({
        group: 'async', protocol: 'classic', topics: [topic.name], assignors: ['range'], members: 1, staticMembers: 0,
        times: groupTimesOf(profiles.trial), delivery: 'at-least-once', resetPolicy: 'earliest',
      }, undefined),
      consuming: {
        delivery: 'at-least-once', commits: 'async', autoCommitIntervalMs: 1000, maxRecordsPerPoll: 1, pollTimeoutMs: 200,
        processMs: { min: 1, max: 5 }, commitTimeoutMs: 2000,
      },
    })
  })
}

const committed = ({ value }: Op): unknown => (value as { offsets: unknown }).offsets
const end = [[`${topic.name}-0`, records]]

it('commits its position once more where a commit that was lost arrived late, though nothing more is read', () => {
  const ground = consuming()
  ground.until('a proxy', () => ground.proxy !== undefined)
  const proxy = ground.proxy!
  proxy.setRules([{ name: 'late', match: { api: 'OffsetCommit' }, act: { do: 'hold' } }])
  ground.until('all committed', () => ground.of('commit', 'ok').some((op) => JSON.stringify(committed(op)) === JSON.stringify(end)))
  expect(ground.of('commit', 'info').map(committed)).toContainEqual([[`${topic.name}-0`, 1]])
  const before = ground.of('commit', 'ok').length
  let arrived = false
  proxy.release('late', () => (arrived = true))
  ground.until('the late one arrived', () => arrived)
  expect(ground.of('commit', 'ok')).toHaveLength(before)
  ground.until('one more commit', () => ground.of('commit', 'ok').length > before)
  expect(committed(ground.of('commit', 'ok').at(-1)!)).toEqual(end)
})
