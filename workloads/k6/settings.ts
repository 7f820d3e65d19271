/** What `tribunal load` asks for, as environment variables of k6; each script runs with the defaults alone, too. */
import type { ShapeName } from './shapes.ts'

function text(name: string, absent: string): string {
  return __ENV[name] ?? absent
}

function number(name: string, absent: number): number {
  const value = __ENV[name]
  return value === undefined || value === '' ? absent : Number(value)
}

/** Of kafka.ts alone: whom to dial, and what the rate does. */
export const brokers: readonly string[] = text('BROKERS', '127.0.0.1:9092').split(',')
export const shape: ShapeName = text('SHAPE', 'steady') as ShapeName

/** The gateway. */
export const url: string = text('GATEWAY_URL', 'http://127.0.0.1:8082')
/** Of the gateway's cluster; asked for when it is not told. */
export const clusterId: string = text('CLUSTER_ID', '')
export const topics: readonly string[] = text('TOPICS', 'orders').split(',')
/** Offered, all requests together. */
export const recordsPerSecond: number = number('RECORDS_PER_SECOND', 1000)
/** Records of one request. */
export const batch: number = number('BATCH', 10)
export const durationSeconds: number = number('DURATION_SECONDS', 60)
/** Values are padded with dots to this. */
export const valueSizeBytes: number = number('VALUE_SIZE_BYTES', 200)
/** Different record keys. */
export const recordKeys: number = number('RECORD_KEYS', 48)
/** Consumers that read through the gateway by assignment. */
export const readers: number = number('READERS', 1)
/** An open request may take this long; an iteration ends within it, too. */
export const requestTimeoutMs: number = number('REQUEST_TIMEOUT_MS', 15_000)
/** Virtual users at most: requests that may be open at a time. */
export const requestsOpenMax: number = number('REQUESTS_OPEN_MAX', 1000)
/** Of them, virtual users that are there from the beginning; 0 for enough for half a second a request. */
export const usersAtStart: number = number('USERS_AT_START', 0)
/** Where the summary goes, as JSON. */
export const summaryFile: string = text('SUMMARY_FILE', 'k6-summary.json')

/** Judged by k6 itself; left out when not set. */
export const produceP99Ms: number = number('PRODUCE_P99_MS', 0)
/** Of all requests. */
export const failedShareMax: number = number('FAILED_SHARE_MAX', -1)
/** Requests that k6 could not begin in time. */
export const droppedShareMax: number = number('DROPPED_SHARE_MAX', -1)
