/** One worker of a pipeline before a broker of ours, with single answers replaced on the way. */
import { expect, it } from 'vitest'
import type { MicroOp, Op } from '../history/op.ts'
import type { WireRule } from '../nemesis/wire-rules/rule.ts'
import { producerDefaults } from '../workloads/client/defaults.ts'
import type { PipelineOptions } from '../workloads/consume-transform-produce/pipeline-options.ts'
import { Worker } from '../workloads/consume-transform-produce/worker.ts'
import type { WorkloadContext } from '../workloads/workload.ts'
import { pipelineOptions } from './pipeline-part.ts'
import { drawTraffic } from './pipeline-swarm.ts'
import { profiles } from './profile.ts'
import { ownSite } from './site.ts'
import { OneBroker } from './testing/one-broker.testing.ts'

const inputs = { name: 'inputs', partitions: 1 }
const outputs = [{ name: 'outputs', partitions: 1 }]
const records = 5

/** Some inputs, and a worker of a KIP-848 group that is not to fail by itself. */
function begin(context: WorkloadContext, delivery: PipelineOptions['delivery']): void {
  const pipeline = pipelineOptions(drawTraffic(context.random, profiles.trial), profiles.trial, ownSite)
  const options = {
    ...pipeline,
    delivery,
    group: { ...pipeline.group, protocol: 'consumer' as const, assignors: [], topics: [inputs.name] },
    crashChance: 0,
    pauseChance: 0,
    abortChance: 0,
  }
  const producer = context.makeClient('inputs').producer(producerDefaults)
  for (let i = 0; i < records; i++) producer.send({ topic: inputs.name, partition: 0, key: null, value: new Uint8Array([i]) }, () => undefined)
  void new Worker({
    context, options, name: 'worker', transactionalId: 'worker', outputs, outside: undefined, acknowledged: new Map(), onGone: () => undefined,
  })
}

/** Its offsets are late; meanwhile it loses what it polled, and is let in again as who it still was, and begins where that began. */
function letInAgainWhileCommitting(delivery: PipelineOptions['delivery'], api: 'TxnOffsetCommit' | 'OffsetCommit'): OneBroker {
  const ground = new OneBroker([inputs, ...outputs], (context) => begin(context, delivery))
  ground.until('a proxy', () => ground.proxy !== undefined)
  const proxy = ground.proxy!
  const late: WireRule = { name: 'late offsets', match: { api }, times: 1000, act: { do: 'answer', error: 'COORDINATOR_NOT_AVAILABLE' } }
  proxy.setRules([late])
  ground.until('offsets on the way', () => proxy.record.some(({ rule }) => rule === late.name))
  proxy.setRules([late, { name: 'unknown', match: { api: 'ConsumerGroupHeartbeat' }, act: { do: 'answer', error: 'UNKNOWN_MEMBER_ID' } }])
  ground.until('a second assignment', () => ground.of('assigned', 'info').length === 2)
  const generations = ground.of('join', 'ok').map(({ value }) => (value as { generation: number }).generation)
  expect(new Set(generations).size, 'the coordinator let it in as who it still was').toBe(1)
  proxy.setRules([])
  return ground
}

/** Written, by what it read. */
function inputsOf(ops: readonly Op[]): string[] {
  return ops.flatMap(({ value }) => (value as MicroOp[]).flatMap((micro) => (micro.f === 'send' ? [String(micro.value).split('#')[0]!] : []))).toSorted()
}

const everyInput = Array.from({ length: records }, (_, offset) => `inputs-0@${offset}`)

it('commits no transaction of what it lost', () => {
  const ground = letInAgainWhileCommitting('exactly-once', 'TxnOffsetCommit')
  ground.until('all inputs done', () => ground.of('txn', 'ok').length > 0)
  ground.until('a poll after that', () => ground.ops.at(-1)!.f === 'poll' && ground.ops.at(-1)!.type === 'ok')
  const [first] = [...ground.of('txn', 'ok'), ...ground.of('txn', 'fail')].toSorted((a, b) => a.index - b.index)
  expect(first!.type).toBe('fail')
  expect(inputsOf(ground.of('txn', 'ok'))).toEqual(everyInput)
})

it('at most once, writes nothing of what it lost while it committed', () => {
  const ground = letInAgainWhileCommitting('at-most-once', 'OffsetCommit')
  ground.until('its commits', () => ground.of('commit', 'ok').length === 2)
  ground.until('two polls after that', () => ground.ops.filter(({ f, type }) => f === 'poll' && type === 'ok').length > 4)
  expect(inputsOf(ground.of('send', 'ok'))).toEqual(everyInput)
})
