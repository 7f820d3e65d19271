import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readUuid, writeUuid, zeroUuid } from './uuid.ts'

const sixteen = fc.uint8Array({ minLength: 16, maxLength: 16 })

test('the text is URL-safe base64 of the sixteen bytes, and writes them again', () => {
  fc.assert(
    fc.property(sixteen, (bytes) => {
      const text = readUuid(bytes, 0)
      expect(text).toBe(Buffer.from(bytes).toString('base64url'))
      const out = new Uint8Array(18)
      writeUuid(out, 1, text)
      expect(out).toEqual(new Uint8Array([0, ...bytes, 0]))
    }),
  )
  expect(readUuid(new Uint8Array(16), 0)).toBe(zeroUuid)
})

test('text that no sixteen bytes have is refused', () => {
  const out = new Uint8Array(16)
  const bad = ['', 'A', 'A'.repeat(21), 'A'.repeat(23), `${'A'.repeat(21)}B`, `${'A'.repeat(21)}+`, `é${'A'.repeat(21)}`]
  for (const text of bad) expect(() => writeUuid(out, 0, text), text).toThrow(RangeError)
})
