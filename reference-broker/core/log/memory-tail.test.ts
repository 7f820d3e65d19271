import { expect, it } from 'vitest'
import { encodeBatch } from '../../../protocol/record-batch-encode.ts'
import { MemoryTail } from './memory-tail.ts'

it('a small batch is kept without the large frame it came in', () => {
  const batch = encodeBatch({ records: [{ key: null, value: null, timestamp: 0 }] })
  const frame = new Uint8Array(1 << 20)
  frame.set(batch, 5000)
  const tail = new MemoryTail(0)
  tail.push(frame.subarray(5000, 5000 + batch.length), 1, 0)
  const read = tail.read(0, { maxBytes: 1000, endOffset: 1, atLeastOne: true })
  expect(read).toEqual(batch)
  expect(read.buffer.byteLength).toBe(batch.length)
})
