import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { derivedFrom } from '../../history/derived-value.ts'
import type { ConsumedRecord } from '../client/client.ts'
import { Outside } from './outside.ts'
import { pipelineConfig } from './pipeline-options.ts'
import { transformed } from './transform.ts'

const outputs = [{ name: 'out', partitions: 3 }, { name: 'audit', partitions: 2 }]

function record(offset: number): ConsumedRecord {
  return { offset, timestamp: 0, leaderEpoch: 0, producerId: -1, producerEpoch: -1, key: null, value: null }
}

describe('what a pipeline makes of a poll', () => {
  it('is one record on each output from each input, that says what it was made from, and where the group is after it', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(1000), { minLength: 1, maxLength: 20 }), fc.nat(3), (offsets, partition) => {
        let sequence = 0
        const next = { offset: Math.max(...offsets) + 1, leaderEpoch: 2 }
        const batch = transformed([{ topic: 'in', partition, records: offsets.map(record) }], outputs, {
          producer: 'w',
          nextSequence: () => sequence++,
          position: () => next,
        })
        for (const { name, partitions } of outputs) {
          const made = batch.effects.filter((effect) => effect.record.topic === name)
          expect(made.map(({ micro }) => derivedFrom(micro.value))).toEqual(offsets.map((offset) => ({ key: `in-${partition}`, offset })))
          expect(made.every((effect) => effect.record.partition! < partitions && effect.micro.key === `${name}-${effect.record.partition}`)).toBe(true)
        }
        expect(new Set(batch.effects.map(({ micro }) => micro.value)).size).toBe(2 * offsets.length)
        expect(batch.offsets).toEqual([{ topic: 'in', partition, ...next }])
      }),
    )
  })
})

describe('somebody outside the log', () => {
  it('does again what it is asked again', () => {
    const outside = new Outside('plain')
    expect(['a', 'b', 'a'].map((input) => outside.call(input))).toEqual([true, true, true])
    expect([outside.applied, outside.repeated]).toEqual([3, 1])
  })

  it('does it once where its handler is idempotent', () => {
    const outside = new Outside('idempotent')
    expect(['a', 'b', 'a'].map((input) => outside.call(input))).toEqual([true, true, false])
    expect([outside.applied, outside.repeated]).toEqual([2, 0])
  })
})

it('the history is told which keys go in and which come out', () => {
  const times = { sessionTimeoutMs: 1, heartbeatIntervalMs: 1, rebalanceTimeoutMs: 1, maxPollIntervalMs: 1, metadataMaxAgeMs: 1 }
  const group = { group: 'g', protocol: 'classic', assignors: ['range'], topics: ['in'], resetPolicy: 'earliest', times } as const
  const topics = [{ name: 'in', partitions: 2 }, { name: 'out', partitions: 1 }, { name: 'other', partitions: 1 }]
  expect(pipelineConfig({ group, outputs: ['out'] }, topics)).toEqual({ group: 'g', inputs: ['in-0', 'in-1'], outputs: ['out-0'] })
})
