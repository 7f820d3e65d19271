import { zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { encodeBatch, withRecords } from '../../protocol/record-batch-encode.ts'
import { concat } from '../testing/bytes.testing.ts'
import { readFetched } from './fetched-records.ts'

const mebibyte = 1 << 20
const from = { position: 0, lastEpoch: -1, aborted: null }

function zeros(baseOffset: number, sizeBytes: number): Uint8Array {
  return encodeBatch({ baseOffset, records: [{ key: null, value: new Uint8Array(sizeBytes), timestamp: 0 }], compression: 'zstd' })
}

describe('batches that inflate', () => {
  it('beyond what one may take are damage where they are, and what is before them is read', () => {
    const bomb = withRecords(encodeBatch({ baseOffset: 1, records: [{ key: null, value: null, timestamp: 0 }] }), 'zstd', zstdCompressSync(new Uint8Array(200 * mebibyte)))
    const { records, position, damage } = readFetched(concat([zeros(0, 10), bomb]), from)
    expect(records.map(({ offset }) => offset)).toEqual([0])
    expect({ position, damage }).toEqual({ position: 1, damage: 'zstd: more than 134217728 bytes' })
  })

  it('together beyond it are read as far as they may, and the rest is left for the next fetch', () => {
    const batches = [0, 1, 2, 3].map((offset) => zeros(offset, 70 * mebibyte))
    const { records, position, damage } = readFetched(concat(batches), from)
    expect({ read: records.length, position, damage }).toEqual({ read: 2, position: 2, damage: undefined })
    expect(readFetched(concat(batches.slice(2)), { ...from, position }).records.map(({ offset }) => offset)).toEqual([2, 3])
  })
})
