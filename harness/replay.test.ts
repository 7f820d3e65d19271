/** A group that is to be led back, where the broker does not let it be at first. */
import { expect, it } from 'vitest'
import type { ConsumingOptions } from '../workloads/groups/consuming.ts'
import type { GroupPlan } from '../workloads/groups/group-plan.ts'
import { Replay } from '../workloads/commit-strategies/replay.ts'
import { groupTimesOf } from './group-times.ts'
import { profiles } from './profile.ts'
import { OneBroker } from './testing/one-broker.testing.ts'

const topic = { name: 'committed', partitions: 1 }
const readMs = 2000

function replaying(): { readonly ground: OneBroker; readonly replay: () => Replay } {
  let replay: Replay | undefined
  const ground = new OneBroker([topic], (context) => {
    const plan: GroupPlan = {
      group: 'led', protocol: 'classic', topics: [topic.name], assignors: ['range'], members: 1, staticMembers: 0,
      times: groupTimesOf(profiles.trial), delivery: 'at-least-once', resetPolicy: 'earliest',
    }
    const consuming: ConsumingOptions = {
      delivery: 'at-least-once', commits: 'sync', autoCommitIntervalMs: 1000, maxRecordsPerPoll: 10, pollTimeoutMs: 200,
      processMs: { min: 1, max: 5 }, commitTimeoutMs: 2000,
    }
    replay = new Replay(context, { plan, consuming, readMs })
  })
  return { ground, replay: () => replay! }
}

it('is led back once at least, also if it was refused until it is stopped', () => {
  const { ground, replay } = replaying()
  ground.until('a proxy', () => ground.proxy !== undefined)
  ground.proxy!.setRules([{ name: 'not empty', match: { api: 'OffsetCommit' }, times: 1000, act: { do: 'answer', error: 'UNKNOWN_MEMBER_ID' } }])
  ground.until('a refusal', () => ground.of('reset-offsets', 'info').length > 0)
  let isStopped = false
  replay().stop(() => (isStopped = true))
  ground.proxy!.setRules([])
  ground.until('its end', () => isStopped)
  expect(ground.of('reset-offsets', 'ok')).toHaveLength(1)
})
