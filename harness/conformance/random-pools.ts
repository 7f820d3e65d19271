/** What random requests are drawn from: small pools, with everything at the edges in them. */
import fc from 'fast-check'
import { spoilingNames } from './record-spec.ts'
import type { Json, JsonObject } from './step.ts'

export const rarely = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: rare })

const invalidNames = ['', '.', '..', 'a b', 'ä', 'a/b', `~${'x'.repeat(250)}`, '__cluster_metadata'] as const
export const topic: fc.Arbitrary<string> = rarely(fc.constantFrom('~a', '~a', '~b', '~new'), fc.constantFrom('~other', ...invalidNames))
export const newTopic: fc.Arbitrary<string> = rarely(fc.constantFrom('~new', '~new.1', '~new_1', '~a'), fc.constantFrom(...invalidNames))
export const topicId: fc.Arbitrary<string> = rarely(fc.constantFrom('id:~a', 'id:~b', 'id:~new'), fc.constantFrom('id:none', 'id:stranger'))
export const partition: fc.Arbitrary<number> = rarely(fc.constantFrom(0, 0, 1), fc.constantFrom(2, 3, -1, 2147483647))
export const leaderEpoch: fc.Arbitrary<number> = rarely(fc.constant(-1), fc.constantFrom(0, 1, 5, -2))
export const offset: fc.Arbitrary<number | string> = rarely(fc.integer({ min: 0, max: 6 }), fc.constantFrom(-1, -2, -3, 100, '9223372036854775807'))
export const timestamp: fc.Arbitrary<number | string> = rarely(
  fc.constantFrom<number | string>(-1, -2, -3, -4, 0),
  fc.constantFrom<number | string>(-5, -6, -7, 1, '9223372036854775807'),
)
export const few = <T>(each: fc.Arbitrary<T>): fc.Arbitrary<T[]> => rarely(fc.array(each, { minLength: 1, maxLength: 2 }), fc.array(each, { maxLength: 3 }))
export const nullable = <T>(each: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(each, { nil: null, freq: 5 })
export const record = (model: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<JsonObject> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<JsonObject>

const values = fc.array(rarely<string | null>(fc.constantFrom('x', 'y', ''), fc.constant(null)), { minLength: 1, maxLength: 3 })
const at = rarely<number | 'none'>(fc.integer({ min: 0, max: 5 }), fc.constantFrom<number | 'none'>('none', 7_200_000, -7_200_000))
const plainBatch = record({ values, key: rarely<string | null>(fc.constant('k'), fc.constant(null)), at })
const compressedBatch = fc
  .tuple(plainBatch, fc.constantFrom('gzip', 'snappy', 'lz4', 'zstd'))
  .map(([batch, compression]) => ({ ...batch, compression }))
const producerBatch = record({
  values, key: fc.constant('k'),
  producerId: rarely<number | string>(fc.constant('p0'), fc.constantFrom<number | string>(5000, -2)),
  epoch: rarely(fc.constant(0), fc.constantFrom(1, -1, 32767)),
  sequence: rarely(fc.integer({ min: 0, max: 4 }), fc.constantFrom(-1, 2147483647)),
})
const spoiledBatch = fc
  .tuple(fc.oneof(plainBatch, producerBatch), fc.constantFrom(...spoilingNames))
  .map(([batch, spoiled]) => ({ ...batch, spoiled }))
const batch = fc.oneof(plainBatch, producerBatch, compressedBatch, spoiledBatch)
export const records: fc.Arbitrary<Json> = rarely<Json>(
  fc.array(batch, { minLength: 1, maxLength: 1 }) as fc.Arbitrary<Json>,
  rarely<Json>(fc.array(batch, { maxLength: 2 }) as fc.Arbitrary<Json>, fc.constantFrom<Json>(null, 'junk')),
)
