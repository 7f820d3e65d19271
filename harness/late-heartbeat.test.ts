/** Two members of a consumer group, one of whose heartbeats arrives when it has long been given up: its answer reaches nobody. */
import { expect, it } from 'vitest'
import { Consuming, type ConsumingOptions } from '../workloads/groups/consuming.ts'
import { memberOptions, type GroupPlan } from '../workloads/groups/group-plan.ts'
import type { WorkloadContext } from '../workloads/workload.ts'
import { groupTimesOf } from './group-times.ts'
import { profiles } from './profile.ts'
import { OneBroker } from './testing/one-broker.testing.ts'

const topic = { name: 'shared', partitions: 2 }
const plan: GroupPlan = {
  group: 'late', protocol: 'consumer', topics: [topic.name], assignors: [], members: 2, staticMembers: 0,
  times: groupTimesOf(profiles.trial), delivery: 'at-least-once', resetPolicy: 'earliest',
}
const consuming: ConsumingOptions = {
  delivery: 'at-least-once', commits: 'sync', autoCommitIntervalMs: 1000, maxRecordsPerPoll: 1, pollTimeoutMs: 200,
  processMs: { min: 1, max: 5 }, commitTimeoutMs: 2000,
}

it('hears what was told in the answer to it all the same', () => {
  let context: WorkloadContext | undefined
  const ground = new OneBroker([topic], (made) => (context = made))
  const join = (name: string): Consuming => new Consuming(context!, { name, member: memberOptions(plan, undefined), consuming })
  const answered = (to: string): number =>
    ground.proxy!.record.filter(({ did, api, client }) => did === 'answered' && api === 'ConsumerGroupHeartbeat' && client === to).length
  const isTold = (client: string): boolean => ground.of('assigned', 'info').some((op) => op.client === client)
  ground.until('a cluster', () => context !== undefined)
  const proxy = ground.proxy!
  const first = join('first')
  ground.until('all is owned', () => isTold('first'))
  first.process.member.hold()
  const second = { api: 'ConsumerGroupHeartbeat', client: 'second' } as const
  proxy.setRules([
    { name: 'late', match: second, nth: 2, act: { do: 'capture' } },
    { name: 'unheard', match: { ...second, of: 'answer' }, nth: 2, act: { do: 'cut' } },
  ])
  join('second')
  ground.until('the full one is answered', () => answered('second') === 2)
  expect(isTold('second')).toBe(false)
  first.process.member.release()
  ground.until('one is given up', () => ground.of('revoked', 'info').length === 1)
  const before = answered('first')
  ground.until('and said to be', () => answered('first') > before)
  let arrived = false
  const told = answered('second')
  proxy.release('late', () => (arrived = true))
  ground.until('the late one arrived', () => arrived)
  expect(answered('second'), 'it has not asked since').toBe(told)
  ground.until('it is owned', () => isTold('second'))
})
