/** What a consumer of the workloads does when its commits come to nothing. */
import { expect, test } from 'vitest'
import { Recorder } from '../history/recorder.ts'
import { consumerDefaults } from '../workloads/client/defaults.ts'
import type { CommittedOffset } from '../workloads/client/client.ts'
import { Consuming, type CommitStrategy, type ConsumingOptions } from '../workloads/groups/consuming.ts'
import { GroupWorld } from './group-members.testing.ts'

const member = {
  group: 'g',
  protocol: 'classic' as const,
  topics: ['t'],
  assignors: ['range'],
  sessionTimeoutMs: 5000,
  heartbeatIntervalMs: 300,
  rebalanceTimeoutMs: 3000,
  maxPollIntervalMs: 30_000,
  metadataMaxAgeMs: 1000,
  consumer: { ...consumerDefaults, resetPolicy: 'earliest' as const },
}

function committed(stage: GroupWorld): number {
  const asked = [{ topic: 't', partition: 0 }]
  const result = stage.wait<{ ok: true; value: readonly CommittedOffset[] } | { ok: false }>((done) => stage.client.admin.fetchOffsets('g', asked, 20_000, done))
  return result.ok ? result.value[0]!.offset : -1
}

function consumingBy(commits: CommitStrategy, pollTimeoutMs: number): ConsumingOptions {
  return {
    delivery: 'at-least-once', commits, autoCommitIntervalMs: 200, maxRecordsPerPoll: 10, pollTimeoutMs, processMs: { min: 100, max: 100 }, commitTimeoutMs: 300,
  }
}

test.each<CommitStrategy>(['sync', 'async', 'auto'])('a commit that failed is asked for again, although nothing more comes (%s)', (commits) => {
  const stage = new GroupWorld()
  stage.topic('t', 1)
  const recorder = new Recorder(() => stage.world.now())
  const consumer = new Consuming(stage.context(recorder), { name: 'a', member, consuming: consumingBy(commits, 200) })
  expect(stage.runUntil(() => recorder.ops.some(({ f }) => f === 'assigned'))).toBeDefined()
  stage.send('t', 0, ['1', '2', '3'])
  const { coordinator } = stage
  expect(stage.runUntil(() => recorder.ops.some(({ f }) => f === 'process'))).toBeDefined()
  stage.cluster.kill(coordinator)
  expect(stage.runUntil(() => recorder.ops.some(({ f, type }) => f === 'commit' && (type === 'info' || type === 'fail')))).toBeDefined()
  stage.cluster.start(coordinator)
  expect(stage.runUntil(() => committed(stage) === 3, 20_000)).toBeDefined()
  expect(recorder.ops.some(({ f }) => f === 'lost')).toBe(false)
  consumer.process.close()
})

test('who dies of being thrown out says nothing more', () => {
  const stage = new GroupWorld()
  stage.topic('t', 1)
  const recorder = new Recorder(() => stage.world.now())
  const consumer = new Consuming(stage.context(recorder), { name: 'a', member, consuming: consumingBy('sync', 60_000) })
  expect(stage.runUntil(() => recorder.ops.some(({ f }) => f === 'assigned'))).toBeDefined()
  consumer.crashAt('polled', () => undefined)
  consumer.process.member.hold()
  stage.run(2 * member.sessionTimeoutMs)
  consumer.process.member.release()
  expect(stage.runUntil(() => recorder.ops.some(({ f }) => f === 'crash'))).toBeDefined()
  stage.run(1000)
  expect(recorder.ops.at(-1)!.f).toBe('crash')
})
