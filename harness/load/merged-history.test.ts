import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Op } from '../../history/op.ts'
import { mergedHistory } from './merged-history.ts'
import { ColumnWriter, nativeClient, valueOf, type Chunk } from './native-columns.ts'

const keys = ['orders-0', 'orders-1']
const originMs = 1000

/** A worker that sends at these times, each send open for as long as told, in as many chunks. */
function worked(worker: number, sends: readonly { readonly gapMs: number; readonly openMs: number }[], chunks: number): Chunk[] {
  let atMs = originMs
  const events = sends.flatMap(({ gapMs, openMs }, sequence) => {
    atMs += gapMs
    const send = { sequence, process: 10_000_000 * (worker + 1) + sequence, key: sequence % 2, dueMs: atMs - 1 }
    return [{ atMs, send, isEnd: false }, { atMs: atMs + openMs, send, isEnd: true }]
  }).sort((a, b) => a.atMs - b.atMs || Number(a.isEnd) - Number(b.isEnd))
  const writer = new ColumnWriter(worker)
  const made: Chunk[] = []
  events.forEach(({ atMs: at, send, isEnd }, index) => {
    if (!isEnd) writer.begin({ ...send, atMs: at })
    else if (send.sequence % 3 === 0) writer.end({ ...send, atMs: at }, { type: 'info', error: { code: 'TIMED_OUT', definite: false }, attempts: 2, node: undefined, offset: undefined })
    else writer.end({ ...send, atMs: at }, { type: 'ok', attempts: 1, node: 3, offset: send.sequence })
    if ((index + 1) % Math.ceil(events.length / chunks) === 0) made.push(writer.taken().chunk)
  })
  made.push(writer.taken().chunk)
  return made
}

const sends = fc.array(fc.record({ gapMs: fc.integer({ min: 0, max: 5 }), openMs: fc.integer({ min: 0, max: 20 }) }), { maxLength: 60 })
const gaps = fc.array(fc.integer({ min: 0, max: 10 }), { maxLength: 40 })

function recorded(gapsMs: readonly number[]): Op[] {
  let ms = 0
  return gapsMs.map((gap, index): Op => {
    ms += gap
    const value = [{ key: 'orders-0', leader: 1, leaderEpoch: 0, inSyncReplicas: [1], highWatermark: 1, since: Math.max(0, index - 2) }]
    return { index, time: ms * 1e6, process: 'observer', type: 'info', f: 'observe', value, node: 1 }
  })
}

describe('a history merged with what threads did', () => {
  it('has everything once, in the order of time, each send before its end', () => {
    fc.assert(fc.property(gaps, sends, sends, fc.integer({ min: 1, max: 4 }), (own, first, second, chunks) => {
      const merged = [...mergedHistory(recorded(own), [...worked(0, first, chunks), ...worked(1, second, chunks)], { keys, originMs })]
      expect(merged).toHaveLength(own.length + 2 * (first.length + second.length))
      expect(merged.map(({ index }) => index)).toEqual(merged.map((_, at) => at))
      for (let at = 1; at < merged.length; at++) expect(merged[at]!.time!).toBeGreaterThanOrEqual(merged[at - 1]!.time!)
      const open = new Set<unknown>()
      for (const { f, type, process } of merged) {
        if (f !== 'send') continue
        if (type === 'invoke') open.add(process)
        else expect(open.delete(process)).toBe(true)
      }
      expect(open.size).toBe(0)
    }))
  })

  it('dates what the observer asked not after anything that may have come later', () => {
    fc.assert(fc.property(gaps, sends, (own, work) => {
      const before = recorded(own)
      const merged = [...mergedHistory(before, worked(0, work, 1), { keys, originMs })]
      merged.filter(({ f }) => f === 'observe').forEach(({ value }, at) => {
        const { since } = (value as { since: number }[])[0]!
        const old = (before[at]!.value as { since: number }[])[0]!.since
        expect(since === 0 ? undefined : merged[since - 1]).toEqual(old === 0 ? undefined : { ...before[old - 1], index: since - 1, value: merged[since - 1]!.value })
      })
    }))
  })

  it('tells of each send what the thread knew', () => {
    const merged = [...mergedHistory([], worked(0, [{ gapMs: 1, openMs: 5 }, { gapMs: 1, openMs: 1 }], 1), { keys, originMs })]
    const client = nativeClient(0)
    expect(merged.slice(2)).toEqual([
      {
        index: 2, time: 3e6, process: 10_000_001, type: 'ok', f: 'send', client, attempts: 1, node: 3,
        value: [{ f: 'send', key: 'orders-1', value: valueOf(0, 1), offset: 1 }],
      },
      {
        index: 3, time: 6e6, process: 10_000_000, type: 'info', f: 'send', client, attempts: 2, error: { code: 'TIMED_OUT', definite: false },
        value: [{ f: 'send', key: 'orders-0', value: valueOf(0, 0) }],
      },
    ])
  })
})
