import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FrameReader } from './frame-reader.ts'

function encoded(frames: readonly Uint8Array[]): Buffer {
  return Buffer.concat(frames.flatMap((frame) => {
    const size = Buffer.alloc(4)
    size.writeInt32BE(frame.length)
    return [size, frame]
  }))
}

function readAll(reader: FrameReader): Uint8Array[] {
  const frames: Uint8Array[] = []
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) frames.push(frame)
  return frames
}

const anyFrame = fc.oneof(
  { weight: 5, arbitrary: fc.uint8Array({ maxLength: 20 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 << 20 }).map((size) => new Uint8Array(size).fill(size)) },
)

it('the frames are the same however the stream is cut into chunks and whenever they are asked for', () => {
  fc.assert(fc.property(
    fc.array(anyFrame, { maxLength: 8 }),
    fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
    fc.boolean(),
    (frames, cuts, askEarly) => {
      const stream = encoded(frames)
      const reader = new FrameReader(3 << 20)
      const got: Uint8Array[] = []
      const ends = [...cuts.map((cut) => Math.floor(cut * stream.length)).sort((a, b) => a - b), stream.length]
      let from = 0
      for (const end of ends) {
        reader.push(Buffer.from(stream.subarray(from, end)))
        if (askEarly) got.push(...readAll(reader))
        from = end
      }
      got.push(...readAll(reader))
      expect(reader.error).toBeUndefined()
      expect(got.map((frame) => frame.length)).toEqual(frames.map((frame) => frame.length))
      expect(got.every((frame, i) => Buffer.compare(frame, frames[i]!) === 0)).toBe(true)
    },
  ), { numRuns: 60 })
})

it('a stream that ends within a frame gives the whole frames only', () => {
  const someFrames = fc.array(fc.uint8Array({ minLength: 1, maxLength: 9 }), { minLength: 1 })
  fc.assert(fc.property(someFrames, fc.nat(), (frames, cut) => {
    const stream = encoded(frames)
    const kept = cut % stream.length
    const reader = new FrameReader(100)
    reader.push(stream.subarray(0, kept))
    let endOfFrame = 0
    const whole = frames.filter((frame) => (endOfFrame += 4 + frame.length) <= kept)
    expect(readAll(reader)).toHaveLength(whole.length)
    expect(reader.error).toBeUndefined()
  }))
})

it.each([-1, -(2 ** 31), 101, 2 ** 31 - 1])('a frame of %d bytes is refused, with all that follows', (size) => {
  const header = Buffer.alloc(4)
  header.writeInt32BE(size)
  const reader = new FrameReader(100)
  reader.push(Buffer.concat([encoded([Buffer.alloc(100)]), header, encoded([Buffer.from('after')])]))
  expect(readAll(reader).map((frame) => frame.length)).toEqual([100])
  expect(reader.error).toBe(`frame of ${size} bytes, the limit is 100`)
  reader.push(encoded([Buffer.from('later')]))
  expect(reader.next()).toBeUndefined()
})

it('an announced size takes no memory until the bytes come', () => {
  const header = Buffer.alloc(5)
  header.writeInt32BE(100 << 20)
  const before = process.memoryUsage().arrayBuffers
  const readers = Array.from({ length: 20 }, () => {
    const reader = new FrameReader(100 << 20)
    reader.push(Buffer.from(header))
    expect(reader.next()).toBeUndefined()
    return reader
  })
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(readers.length * (128 << 10))
})
