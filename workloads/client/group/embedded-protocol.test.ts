import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MalformedMessage } from '../../../protocol/malformed.ts'
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from './embedded-protocol.ts'

const partitions = fc.uniqueArray(fc.record({ topic: fc.constantFrom('a', 'b'), partition: fc.nat(9) }), {
  selector: ({ topic, partition }) => `${topic}-${partition}`,
}).map((all) => all.toSorted((x, y) => (x.topic < y.topic ? -1 : Number(x.topic > y.topic))))

test('what a sticky member had is read again, and what an eager one without memory had is not told', () => {
  fc.assert(fc.property(fc.array(fc.string()), partitions, fc.integer({ min: -1, max: 99 }), (topics, owned, generation) => {
    for (const assignor of ['sticky', 'cooperative-sticky']) {
      expect(decodeSubscription(encodeSubscription(assignor, { topics, owned, generation }))).toEqual({ topics, owned, generation })
    }
    expect(decodeSubscription(encodeSubscription('range', { topics, owned, generation }))).toEqual({ topics, owned: [], generation })
  }))
})

test('an assignment is read again, and no bytes are no partitions', () => {
  fc.assert(fc.property(partitions, (assigned) => {
    expect(decodeAssignment(encodeAssignment(assigned))).toEqual(assigned)
  }))
  expect(decodeAssignment(new Uint8Array())).toEqual([])
})

test('the bytes are those of ConsumerProtocol', () => {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
  expect(hex(encodeAssignment([{ topic: 't', partition: 7 }]))).toBe(['0000', '00000001', '000174', '00000001', '00000007', 'ffffffff'].join(''))
  const subscription = encodeSubscription('cooperative-sticky', { topics: ['t'], owned: [{ topic: 't', partition: 7 }], generation: 5 })
  expect(hex(subscription)).toBe(['0003', '00000001', '000174', 'ffffffff', '00000001', '000174', '00000001', '00000007', '00000005', 'ffff'].join(''))
})

test('what is none is refused', () => {
  for (const bytes of [[], [0], [0, 0, 0, 0, 0, 9]]) {
    expect(() => decodeSubscription(Uint8Array.from(bytes))).toThrow(MalformedMessage)
  }
})
