import { expect, test } from 'vitest'
import {
  controlType,
  decodeLeaderChange,
  encodeControlBatch,
  encodeControlKey,
  encodeLeaderChange,
  readControlType,
} from './control-records.ts'
import { MalformedMessage } from './malformed.ts'
import { decodeRecords } from './record-batch-decode.ts'
import { batchCrcIsValid, isControl, isTransactional, readBatchHeader } from './record-batch.ts'
import { zeroUuid } from './uuid.ts'

const voter = (voterId: number): { voterId: number; voterDirectoryId: string } => ({ voterId, voterDirectoryId: zeroUuid })

test('a leader change is a control batch of one record that reads back', () => {
  const message = { leaderId: 2, voters: [1, 2, 3].map(voter), grantingVoters: [2, 3].map(voter) }
  const bytes = encodeLeaderChange({ message, baseOffset: 40, partitionLeaderEpoch: 6, timestamp: 1000 })
  const header = readBatchHeader(bytes, 0)
  expect(header).toMatchObject({ baseOffset: 40, partitionLeaderEpoch: 6, attributes: 0x20, recordsCount: 1, baseSequence: -1 })
  expect(isControl(header)).toBe(true)
  expect(batchCrcIsValid(bytes, 0, bytes.length)).toBe(true)
  const [record] = decodeRecords(bytes, 0, { maxBytes: 1000 })
  expect(readControlType(record!.key)).toBe(controlType.leaderChange)
  expect(decodeLeaderChange(record!.value!)).toEqual({ version: 1, ...message })
})

test('a transaction marker is transactional and control', () => {
  const value = new Uint8Array([0, 0, 0, 0, 0, 9])
  const bytes = encodeControlBatch(controlType.commit, value, {
    timestamp: 5,
    producerId: 77,
    producerEpoch: 3,
    isTransactional: true,
  })
  const header = readBatchHeader(bytes, 0)
  expect(header).toMatchObject({ attributes: 0x30, producerId: 77, producerEpoch: 3, baseSequence: -1 })
  expect(isTransactional(header) && isControl(header)).toBe(true)
  expect(decodeRecords(bytes, 0, { maxBytes: 1000 })[0]).toMatchObject({ key: new Uint8Array([0, 0, 0, 1]), value })
})

test('the type is read from keys of any version, unknown types too', () => {
  expect(readControlType(encodeControlKey(1234))).toBe(1234)
  expect(readControlType(new Uint8Array([0, 9, 0, 3, 0xff]))).toBe(controlType.snapshotHeader)
  for (const key of [null, new Uint8Array(0), new Uint8Array(3)]) {
    expect(() => readControlType(key)).toThrow(MalformedMessage)
  }
})

test('a leader change of an unknown version is refused', () => {
  for (const version of [2, 255]) {
    expect(() => decodeLeaderChange(new Uint8Array([version, 0, 0, 0, 0, 0]))).toThrow(MalformedMessage)
  }
})
