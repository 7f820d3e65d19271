import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchPosition, forEachBatch } from '../../../protocol/record-batch.ts'
import { join, plainBatch } from '../log/log-model.testing.ts'
import { MemoryDisk } from '../log/memory-disk.testing.ts'
import { openForTest } from '../log/open-log.testing.ts'
import { appendFetched } from './append-fetched.ts'

const leaderEpoch = 3

interface Sent {
  readonly baseOffset: number
  readonly count: number
  readonly epoch: number
  readonly spoilt: boolean
}

/** Mostly what a leader sends: batches that follow each other, some of them old news, now and then one that is wrong. */
const sent: fc.Arbitrary<readonly Sent[]> = fc
  .record({
    from: fc.integer({ min: 0, max: 6 }),
    batches: fc.array(
      fc.record({
        count: fc.integer({ min: 1, max: 3 }),
        jump: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, fc.integer({ min: -4, max: 4 })),
        epoch: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: leaderEpoch }) }, fc.constant(leaderEpoch + 1)),
        spoilt: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
      }),
      { maxLength: 6 },
    ),
  })
  .map(({ from, batches }) => {
    let next = from
    return batches.map(({ jump, ...batch }) => {
      const baseOffset = Math.max(0, next + jump)
      next = baseOffset + batch.count
      return { ...batch, baseOffset }
    })
  })

function bytesOf({ baseOffset, count, epoch, spoilt }: Sent): Uint8Array {
  const bytes = plainBatch(baseOffset, count, epoch)
  if (spoilt) bytes[batchPosition.crc]! ^= 1
  return bytes
}

/** Skips what it has, takes what follows, and stops at the first batch that is neither. */
function naive(end: number, batches: readonly Sent[]): { readonly taken: readonly number[]; readonly sound: boolean } {
  const fresh = batches.findIndex(({ baseOffset }) => baseOffset >= end)
  const taken: number[] = []
  let next = end
  for (const { baseOffset, count, epoch, spoilt } of fresh < 0 ? [] : batches.slice(fresh)) {
    if (baseOffset < next || epoch > leaderEpoch || spoilt) return { taken, sound: false }
    taken.push(baseOffset)
    next = baseOffset + count
  }
  return { taken, sound: true }
}

function offsetsOf(bytes: Uint8Array): number[] {
  const offsets: number[] = []
  forEachBatch(bytes, ({ baseOffset }) => offsets.push(baseOffset))
  return offsets
}

describe('what a leader sent', () => {
  it('is appended as far as it follows and is sound, and what is refused is told', () => {
    fc.assert(
      fc.property(sent, (batches) => {
        const disk = new MemoryDisk()
        const { loop, log } = openForTest(disk)
        log.append(plainBatch(0, 4), () => undefined)
        disk.run(loop)
        let written = false
        const sound = appendFetched(log, join(batches.map(bytesOf)), leaderEpoch, () => {
          written = true
        })
        disk.run(loop)
        const expected = naive(4, batches)
        let own: number[] = []
        log.read(0, { maxBytes: 1 << 20, endOffset: Infinity, atLeastOne: true }, (bytes) => {
          own = offsetsOf(bytes)
        })
        expect({ own, sound, written }).toEqual({ own: [0, ...expected.taken], sound: expected.sound, written: true })
      }),
      { numRuns: 500 },
    )
  })

  it('may be nothing, or cut at its end', () => {
    const { log } = openForTest(new MemoryDisk())
    let done = 0
    const count = (): void => void done++
    expect(appendFetched(log, null, leaderEpoch, count)).toBe(true)
    expect(appendFetched(log, new Uint8Array(0), leaderEpoch, count)).toBe(true)
    const two = join([plainBatch(0, 1), plainBatch(1, 1)])
    expect(appendFetched(log, two.subarray(0, two.length - 1), leaderEpoch, count)).toBe(true)
    expect(log.logEndOffset).toBe(1)
    expect(done).toBe(2)
  })
})
