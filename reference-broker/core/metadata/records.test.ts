import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyMetadataRecord } from './any-record.testing.ts'
import { decodeMetadataRecord, encodeMetadataRecord } from './records.ts'

describe('metadata records', () => {
  it('are read as they were written', () => {
    fc.assert(fc.property(anyMetadataRecord, (record) => {
      expect(decodeMetadataRecord(encodeMetadataRecord(record))).toEqual(record)
    }), { numRuns: 500 })
  })

  it('cut short are not read', () => {
    fc.assert(fc.property(anyMetadataRecord, fc.nat(1000), (record, at) => {
      const bytes = encodeMetadataRecord(record)
      expect(() => decodeMetadataRecord(bytes.subarray(0, at % bytes.length))).toThrow()
    }))
  })

  it('of a kind of tomorrow stop the reader', () => {
    expect(() => decodeMetadataRecord(Uint8Array.of(200, 0))).toThrow('unknown kind 200')
  })

  it('keep their numbers: a metadata log written yesterday means the same tomorrow', () => {
    const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ'
    expect(encodeMetadataRecord({ kind: 'broker-state', brokerId: 1, fenced: true, inControlledShutdown: false })[0]).toBe(1)
    expect(encodeMetadataRecord({ kind: 'topic-removed', topicId })[0]).toBe(3)
    expect(encodeMetadataRecord({ kind: 'producer-ids', nextProducerId: 5n })[0]).toBe(5)
  })
})
