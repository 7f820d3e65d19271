import { describe, expect, test } from 'vitest'
import { apis } from './apis.ts'
import { errorByCode, errorCode, errorName, isDefinite, type ErrorName } from './errors.ts'

const names = Object.keys(errorCode) as ErrorName[]

test('every code of Kafka 4.3 is present once, -1 to 133', () => {
  const codes = Object.values(errorCode).sort((a, b) => a - b)
  expect(codes).toEqual(Array.from({ length: 135 }, (_, i) => i - 1))
  expect(new Set(names).size).toBe(135)
})

test('name, code and entry find each other', () => {
  for (const name of names) {
    expect(errorName(errorCode[name])).toBe(name)
    expect(errorByCode(errorCode[name])).toMatchObject({ name, code: errorCode[name] })
  }
  expect(errorByCode(9999)).toBeUndefined()
  expect(errorName(9999)).toBe('ERROR_9999')
})

test('who must look up leaders anew also retries', () => {
  for (const code of Object.values(errorCode)) {
    const error = errorByCode(code)!
    if (error.refreshMetadata) expect(error.retriable).toBe(true)
  }
  expect(errorByCode(errorCode.NOT_LEADER_OR_FOLLOWER)).toMatchObject({ retriable: true, refreshMetadata: true })
  expect(errorByCode(errorCode.REQUEST_TIMED_OUT)).toMatchObject({ retriable: true, refreshMetadata: false })
  expect(errorByCode(errorCode.INVALID_RECORD)).toMatchObject({ retriable: false, refreshMetadata: false })
})

describe('definite', () => {
  const definiteFor = (api: string): ErrorName[] => names.filter((name) => isDefinite(api, errorCode[name]))

  test('a produce refused before the append certainly wrote nothing', () => {
    expect(definiteFor('Produce')).toEqual([
      'CORRUPT_MESSAGE',
      'MESSAGE_TOO_LARGE',
      'INVALID_TOPIC_EXCEPTION',
      'RECORD_LIST_TOO_LARGE',
      'NOT_ENOUGH_REPLICAS',
      'INVALID_REQUIRED_ACKS',
      'TOPIC_AUTHORIZATION_FAILED',
      'CLUSTER_AUTHORIZATION_FAILED',
      'INVALID_TIMESTAMP',
      'UNSUPPORTED_VERSION',
      'INVALID_REQUEST',
      'UNSUPPORTED_FOR_MESSAGE_FORMAT',
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
      'INVALID_PRODUCER_EPOCH',
      'INVALID_TXN_STATE',
      'INVALID_PRODUCER_ID_MAPPING',
      'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      'UNKNOWN_PRODUCER_ID',
      'UNSUPPORTED_COMPRESSION_TYPE',
      'INVALID_RECORD',
      'PRODUCER_FENCED',
      'TRANSACTION_ABORTABLE',
    ])
  })

  test('a transaction goes on after an end that was refused for what its coordinator knew', () => {
    expect(definiteFor('EndTxn')).toEqual([
      'COORDINATOR_LOAD_IN_PROGRESS',
      'UNSUPPORTED_VERSION',
      'INVALID_REQUEST',
      'INVALID_PRODUCER_EPOCH',
      'INVALID_TXN_STATE',
      'INVALID_PRODUCER_ID_MAPPING',
      'CONCURRENT_TRANSACTIONS',
      'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      'PRODUCER_FENCED',
      'TRANSACTION_ABORTABLE',
    ])
    expect(isDefinite('InitProducerId', errorCode.CONCURRENT_TRANSACTIONS)).toBe(false)
  })

  test('a topic may exist in spite of these answers', () => {
    const create = definiteFor('CreateTopics')
    for (const name of ['TOPIC_ALREADY_EXISTS', 'NOT_CONTROLLER', 'REQUEST_TIMED_OUT', 'UNKNOWN_SERVER_ERROR'] as const) {
      expect(create).not.toContain(name)
    }
    expect(create).toContain('INVALID_REPLICATION_FACTOR')
  })

  test('a read changes nothing whatever it answers, success is never definite', () => {
    expect(isDefinite('Fetch', errorCode.UNKNOWN_SERVER_ERROR)).toBe(true)
    expect(isDefinite('Fetch', 9999)).toBe(true)
    for (const api of Object.keys(apis)) expect(isDefinite(api, errorCode.NONE)).toBe(false)
  })

  test('an API or a code the table does not know is indefinite', () => {
    expect(isDefinite('NoSuchApi', errorCode.NOT_ENOUGH_REPLICAS)).toBe(false)
    expect(isDefinite('Produce', 9999)).toBe(false)
  })
})
