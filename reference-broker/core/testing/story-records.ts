/** Batches in stories: made of the words of a line, broken on purpose where it says so, and printed in one line. */
import type { Compression } from '../../../protocol/compression.ts'
import { readEndTxnMarker, type EndTxnMarker } from '../../../protocol/control-records.ts'
import { writeInt64 } from '../../../protocol/int64.ts'
import { batchPosition, forEachBatch, isControl, renewBatchCrc } from '../../../protocol/record-batch.ts'
import { decodeRecords } from '../../../protocol/record-batch-decode.ts'
import { encodeBatch } from '../../../protocol/record-batch-encode.ts'
import type { StoryLine } from './story.ts'

const text = new TextEncoder()
const shownCharacters = 24

export function optionNumber(line: StoryLine, name: string, otherwise: number): number {
  const given = line.options.get(name)
  const value = given === undefined ? otherwise : Number(given)
  if (!Number.isSafeInteger(value)) throw new Error(`${name}=${given} is no number`)
  return value
}

/** `a,b,x*2000`: two short values and one of 2000 characters; `~` is null. */
function valuesOf(words: string): (Uint8Array | null)[] {
  return words.split(',').map((word) => {
    const repeated = /^(.)\*(\d+)$/.exec(word)
    if (word === '~') return null
    return text.encode(repeated === null ? word : repeated[1]!.repeat(Number(repeated[2])))
  })
}

/**
 * One batch with these values. Options: id, epoch, seq; txn, for a batch of a transaction; compression; key (else null); time (ms since 1970); then what to
 * spoil: magic, base, count, delta, attributes, max-time, crc=bad, cut=BYTES, twice.
 */
export function storyBatch(values: string, line: StoryLine, wallNow: number): Uint8Array | null {
  if (values === '') return null
  const key = line.options.get('key')
  const records = valuesOf(values).map((value) => ({
    key: key === undefined ? null : text.encode(key),
    value,
    timestamp: optionNumber(line, 'time', wallNow),
  }))
  const batch = encodeBatch({
    records,
    compression: (line.options.get('compression') ?? 'none') as Compression,
    producerId: optionNumber(line, 'id', -1),
    producerEpoch: optionNumber(line, 'epoch', -1),
    baseSequence: optionNumber(line, 'seq', -1),
    isTransactional: line.options.has('txn'),
  })
  return spoil(batch, line)
}

function spoil(batch: Uint8Array, line: StoryLine): Uint8Array {
  const view = new DataView(batch.buffer, batch.byteOffset)
  const edit = (name: string, write: (value: number) => void): void => {
    if (line.options.has(name)) write(optionNumber(line, name, 0))
  }
  edit('magic', (value) => view.setInt8(batchPosition.magic, value))
  edit('base', (value) => writeInt64(batch, batchPosition.baseOffset, value))
  edit('count', (value) => view.setInt32(batchPosition.recordsCount, value))
  edit('delta', (value) => view.setInt32(batchPosition.lastOffsetDelta, value))
  edit('attributes', (value) => view.setInt16(batchPosition.attributes, value))
  edit('max-time', (value) => writeInt64(batch, batchPosition.maxTimestamp, value))
  if (line.options.get('crc') === 'bad') view.setInt32(batchPosition.crc, 7)
  else renewBatchCrc(batch, 0)
  if (line.words.includes('twice')) return new Uint8Array(Buffer.concat([batch, batch]))
  return batch.subarray(0, batch.length - optionNumber(line, 'cut', 0))
}

/** `0@0[a b] 2@1[c]`: for each batch its base offset, its leader epoch, its values. */
export function printBatches(bytes: Uint8Array | null): string {
  const batches: string[] = []
  if (bytes === null) return 'null'
  forEachBatch(bytes, (header, at) => {
    const values = isControl(header)
      ? [printMarker(readEndTxnMarker(bytes, at))]
      : decodeRecords(bytes, at, { maxBytes: 1 << 26 }).map(({ value }) => printValue(value))
    batches.push(`${header.baseOffset}@${header.partitionLeaderEpoch}[${values.join(' ')}]`)
  })
  return batches.length === 0 ? 'nothing' : batches.join(' ')
}

function printMarker(marker: EndTxnMarker | undefined): string {
  if (marker === undefined) return 'control'
  return `${marker.committed ? 'commit' : 'abort'} by ${marker.coordinatorEpoch}`
}

function printValue(value: Uint8Array | null): string {
  if (value === null) return '~'
  return value.length > shownCharacters ? `${value.length} bytes` : new TextDecoder().decode(value)
}
