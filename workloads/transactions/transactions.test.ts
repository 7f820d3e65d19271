import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Recorder } from '../../history/recorder.ts'
import { checkValue } from '../../history/value-checksum.ts'
import { partitionOfKey } from '../client/partitioner.ts'
import { TestCluster } from '../testing/cluster.testing.ts'
import { TestWorld } from '../testing/world.testing.ts'
import type { WorkloadContext } from '../workload.ts'
import { ActingProcess, chosenAbort, crashed, TransactionOp } from './transaction-op.ts'
import { MixedScript, type ScriptOptions } from './transaction-script.ts'

const scriptOptions: ScriptOptions = {
  steps: { min: 1, max: 5 },
  pollShare: 0.5,
  recordKeysPerPartition: 4,
  valueSizeBytes: { min: 40, max: 80 },
}

describe('the script of a transaction', () => {
  it('has the steps asked for, at least one of them a send, to where its record key belongs', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => {
        const { random } = new TestWorld(seed)
        let sequence = 0
        const steps = new MixedScript(random, [{ name: 't', partitions: 3 }], scriptOptions).draw('p', () => sequence++)
        expect(steps.length).toBeLessThanOrEqual(5)
        expect(steps.some(({ f }) => f === 'send')).toBe(true)
        for (const step of steps) {
          if (step.f === 'poll') continue
          expect(checkValue(step.micro.value)).toBe(true)
          expect(step.micro.key).toBe(`t-${step.record.partition}`)
          expect(partitionOfKey(step.record.key!, 3)).toBe(step.record.partition)
          expect(step.record.value!.length).toBeGreaterThanOrEqual(40)
        }
        const values = steps.flatMap((step) => (step.f === 'send' ? [step.micro.value] : []))
        expect(new Set(values).size).toBe(values.length)
      }),
    )
  })
})

function acting(): { recorder: Recorder; process: ActingProcess } {
  const world = new TestWorld(1)
  const cluster = new TestCluster(world, { topics: { t: 1 } })
  expect(cluster.brokers).toBe(3)
  const recorder = new Recorder(() => world.nowMs)
  let next = 0
  const context: WorkloadContext = {
    loop: world.client(),
    random: world.random,
    recorder,
    makeClient: () => expect.unreachable(),
    topics: [],
    nextProcess: () => next++,
  }
  return { recorder, process: new ActingProcess(context, 'tx0.0') }
}

describe('a transaction as an op', () => {
  const asked = [{ f: 'send', key: 't-0', value: 'v' }, { f: 'poll' }] as const

  it('keeps what it learnt, however it ends, and ends once', () => {
    const { recorder, process } = acting()
    const op = new TransactionOp(process, asked)
    op.sent(0, { type: 'ok', partition: 0, offset: 7, timestamp: undefined, attempts: 1, node: 0 })
    op.polled(1, [['t-0', [[3, 'w']]]])
    op.end(chosenAbort)
    op.end({ type: 'ok' })
    expect(recorder.ops.map(({ type }) => type)).toEqual(['invoke', 'fail'])
    expect(recorder.ops[0]!.value).toEqual(asked)
    expect(recorder.ops[1]).toMatchObject({
      client: 'tx0.0',
      error: { code: 'ABORTED', definite: true },
      value: [{ f: 'send', key: 't-0', value: 'v', offset: 7 }, { f: 'poll', polled: [['t-0', [[3, 'w']]]] }],
    })
  })

  it('is open only when a crash came after the commit was asked for, and then goes on as another process', () => {
    const { recorder, process } = acting()
    for (const wasCommitting of [false, true, false]) new TransactionOp(process, asked).end(crashed(wasCommitting))
    expect(recorder.ops.map(({ type, process: number }) => `${type} ${number}`)).toEqual([
      'invoke 0', 'fail 0', 'invoke 0', 'info 0', 'invoke 1', 'fail 1',
    ])
  })
})
