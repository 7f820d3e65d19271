/** Refusals as Confluent's REST Proxy words them: a code whose first three digits are the HTTP status, and a message. */
import type { OpError } from '../../history/op.ts'
import { errorByCode, errorCode } from '../../protocol/errors.ts'

export class RestError extends Error {
  /** Three digits, or five: the status and two more. */
  readonly code: number
  readonly retryAfterSeconds: number | undefined

  constructor(code: number, message: string, retryAfterSeconds?: number) {
    super(message)
    this.code = code
    this.retryAfterSeconds = retryAfterSeconds
  }

  get status(): number {
    return statusOf(this.code)
  }
}

export function statusOf(code: number): number {
  return code < 1000 ? code : Math.floor(code / 100)
}

const noTopic = 'This server does not host this topic-partition.'
const byKafkaName: Readonly<Record<string, number>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 40_403,
  TOPIC_AUTHORIZATION_FAILED: 40_301,
  CLUSTER_AUTHORIZATION_FAILED: 40_301,
  SASL_AUTHENTICATION_FAILED: 40_101,
  TOPIC_ALREADY_EXISTS: 40_002,
  MESSAGE_TOO_LARGE: 40_002,
  RECORD_LIST_TOO_LARGE: 40_002,
  INVALID_RECORD: 40_002,
  INVALID_TIMESTAMP: 40_002,
  INVALID_TOPIC_EXCEPTION: 40_002,
  INVALID_PARTITIONS: 40_002,
  INVALID_REPLICATION_FACTOR: 40_002,
  INVALID_CONFIG: 40_002,
  POLICY_VIOLATION: 40_002,
}
const retriable = 50_003
const other = 50_002

/** Words of our client for what Kafka has no name for are retriable there too. */
const retriableWords: ReadonlySet<string> = new Set(['DISCONNECTED', 'TIMED_OUT', 'BUFFER_EXHAUSTED', 'CLOSED'])

/** What Kafka, or our client, said. */
export function ofKafka({ code, message }: OpError): RestError {
  const isRetriable = retriableWords.has(code) || errorByCode((errorCode as Readonly<Record<string, number>>)[code] ?? 0)?.retriable === true
  const known = byKafkaName[code] ?? (isRetriable ? retriable : other)
  return new RestError(known, code === 'UNKNOWN_TOPIC_OR_PARTITION' ? noTopic : [code, message].filter(Boolean).join(': '))
}

export function unknownTopic(): RestError {
  return new RestError(40_403, noTopic)
}
