/**
 * Every error of Kafka 4.3, once: its code, whether a client retries it, whether it must look up leaders anew first, and
 * for which APIs it is definite.
 *
 * Definite means: the attempt answered with it certainly changed nothing. The table speaks of one attempt; who retries
 * combines attempts, and one lost answer makes the whole operation indefinite. An error is listed only when every path of
 * a broker to that answer lies before the change:
 * - Produce: validation, authorization, sequence, epoch and transaction checks, and the in-sync set's size all come before
 *   the append. Not so NOT_LEADER_OR_FOLLOWER (KAFKA-13574), UNKNOWN_TOPIC_OR_PARTITION and KAFKA_STORAGE_ERROR, which also
 *   answer a batch that was appended and then waited for replicas; nor DUPLICATE_SEQUENCE_NUMBER, which says that the batch
 *   is in the log already.
 * - CreateTopics, DeleteTopics: a broker forwards them to the controller and repeats them on its own, so TOPIC_ALREADY_EXISTS
 *   and UNKNOWN_TOPIC_OR_PARTITION may be the trace of its first try; NOT_CONTROLLER also ends a change still in the
 *   metadata log.
 * - InitProducerId: CONCURRENT_TRANSACTIONS may have raised the epoch, COORDINATOR_* may follow the write of the state.
 * - AddPartitionsToTxn, AddOffsetsToTxn, EndTxn, TxnOffsetCommit: who the producer is and what state its transaction is in is
 *   asked before the write. Not so NOT_COORDINATOR and COORDINATOR_NOT_AVAILABLE, as with OffsetCommit.
 * - OffsetCommit: group, member, generation, topic and metadata are checked before the write. Not so NOT_COORDINATOR and
 *   COORDINATOR_NOT_AVAILABLE, which also answer a commit that was written and then waited for replicas.
 * - APIs that only read change nothing whatever they answer. Metadata is not among them: it may create topics.
 */

export interface KafkaError {
  readonly code: number
  readonly name: string
  readonly retriable: boolean
  readonly refreshMetadata: boolean
}

interface Row {
  readonly code: number
  readonly retriable?: true
  readonly refreshMetadata?: true
  readonly definite?: 'every' | readonly string[]
  /** For `transactionApis`, too. */
  readonly definiteInTransaction?: true
}

/** What the members of a transaction ask their coordinators. */
const transactionApis: ReadonlySet<string> = new Set(['AddPartitionsToTxn', 'AddOffsetsToTxn', 'EndTxn', 'TxnOffsetCommit'])

const table = {
  UNKNOWN_SERVER_ERROR: { code: -1 },
  NONE: { code: 0 },
  OFFSET_OUT_OF_RANGE: { code: 1 },
  CORRUPT_MESSAGE: { code: 2, retriable: true, definite: ['Produce'] },
  UNKNOWN_TOPIC_OR_PARTITION: { code: 3, retriable: true, refreshMetadata: true, definite: ['OffsetCommit'] },
  INVALID_FETCH_SIZE: { code: 4 },
  LEADER_NOT_AVAILABLE: { code: 5, retriable: true, refreshMetadata: true },
  NOT_LEADER_OR_FOLLOWER: { code: 6, retriable: true, refreshMetadata: true },
  REQUEST_TIMED_OUT: { code: 7, retriable: true },
  BROKER_NOT_AVAILABLE: { code: 8 },
  REPLICA_NOT_AVAILABLE: { code: 9, retriable: true, refreshMetadata: true },
  MESSAGE_TOO_LARGE: { code: 10, definite: ['Produce'] },
  STALE_CONTROLLER_EPOCH: { code: 11 },
  OFFSET_METADATA_TOO_LARGE: { code: 12, definite: ['OffsetCommit'] },
  NETWORK_EXCEPTION: { code: 13, retriable: true, refreshMetadata: true },
  COORDINATOR_LOAD_IN_PROGRESS: { code: 14, retriable: true, definite: ['OffsetCommit'], definiteInTransaction: true },
  COORDINATOR_NOT_AVAILABLE: { code: 15, retriable: true },
  NOT_COORDINATOR: { code: 16, retriable: true },
  INVALID_TOPIC_EXCEPTION: { code: 17, definite: ['Produce', 'CreateTopics'] },
  RECORD_LIST_TOO_LARGE: { code: 18, definite: ['Produce'] },
  NOT_ENOUGH_REPLICAS: { code: 19, retriable: true, definite: ['Produce'] },
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: { code: 20, retriable: true },
  INVALID_REQUIRED_ACKS: { code: 21, definite: ['Produce'] },
  ILLEGAL_GENERATION: { code: 22, definite: ['OffsetCommit'] },
  INCONSISTENT_GROUP_PROTOCOL: { code: 23 },
  INVALID_GROUP_ID: { code: 24, definite: ['OffsetCommit'] },
  UNKNOWN_MEMBER_ID: { code: 25, definite: ['OffsetCommit'] },
  INVALID_SESSION_TIMEOUT: { code: 26 },
  REBALANCE_IN_PROGRESS: { code: 27, definite: ['OffsetCommit'] },
  INVALID_COMMIT_OFFSET_SIZE: { code: 28, definite: ['OffsetCommit'] },
  TOPIC_AUTHORIZATION_FAILED: { code: 29, definite: ['Produce', 'CreateTopics', 'DeleteTopics'] },
  GROUP_AUTHORIZATION_FAILED: { code: 30, definite: ['OffsetCommit'] },
  CLUSTER_AUTHORIZATION_FAILED: { code: 31, definite: ['Produce', 'CreateTopics', 'DeleteTopics', 'InitProducerId'] },
  INVALID_TIMESTAMP: { code: 32, definite: ['Produce'] },
  UNSUPPORTED_SASL_MECHANISM: { code: 33 },
  ILLEGAL_SASL_STATE: { code: 34 },
  UNSUPPORTED_VERSION: { code: 35, definite: 'every' },
  TOPIC_ALREADY_EXISTS: { code: 36 },
  INVALID_PARTITIONS: { code: 37, definite: ['CreateTopics'] },
  INVALID_REPLICATION_FACTOR: { code: 38, definite: ['CreateTopics'] },
  INVALID_REPLICA_ASSIGNMENT: { code: 39, definite: ['CreateTopics'] },
  INVALID_CONFIG: { code: 40, definite: ['CreateTopics'] },
  NOT_CONTROLLER: { code: 41, retriable: true },
  INVALID_REQUEST: { code: 42, definite: ['Produce', 'CreateTopics', 'DeleteTopics', 'InitProducerId'], definiteInTransaction: true },
  UNSUPPORTED_FOR_MESSAGE_FORMAT: { code: 43, definite: ['Produce'] },
  POLICY_VIOLATION: { code: 44, definite: ['CreateTopics'] },
  OUT_OF_ORDER_SEQUENCE_NUMBER: { code: 45, definite: ['Produce'] },
  DUPLICATE_SEQUENCE_NUMBER: { code: 46 },
  INVALID_PRODUCER_EPOCH: { code: 47, definite: ['Produce'], definiteInTransaction: true },
  INVALID_TXN_STATE: { code: 48, definite: ['Produce'], definiteInTransaction: true },
  INVALID_PRODUCER_ID_MAPPING: { code: 49, definite: ['Produce'], definiteInTransaction: true },
  INVALID_TRANSACTION_TIMEOUT: { code: 50, definite: ['InitProducerId'] },
  CONCURRENT_TRANSACTIONS: { code: 51, retriable: true, definiteInTransaction: true },
  TRANSACTION_COORDINATOR_FENCED: { code: 52 },
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: { code: 53, definite: ['Produce', 'InitProducerId'], definiteInTransaction: true },
  SECURITY_DISABLED: { code: 54 },
  OPERATION_NOT_ATTEMPTED: { code: 55 },
  KAFKA_STORAGE_ERROR: { code: 56, retriable: true, refreshMetadata: true },
  LOG_DIR_NOT_FOUND: { code: 57 },
  SASL_AUTHENTICATION_FAILED: { code: 58 },
  UNKNOWN_PRODUCER_ID: { code: 59, definite: ['Produce'] },
  REASSIGNMENT_IN_PROGRESS: { code: 60 },
  DELEGATION_TOKEN_AUTH_DISABLED: { code: 61 },
  DELEGATION_TOKEN_NOT_FOUND: { code: 62 },
  DELEGATION_TOKEN_OWNER_MISMATCH: { code: 63 },
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: { code: 64 },
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: { code: 65 },
  DELEGATION_TOKEN_EXPIRED: { code: 66 },
  INVALID_PRINCIPAL_TYPE: { code: 67 },
  NON_EMPTY_GROUP: { code: 68 },
  GROUP_ID_NOT_FOUND: { code: 69, definite: ['OffsetCommit'] },
  FETCH_SESSION_ID_NOT_FOUND: { code: 70, retriable: true },
  INVALID_FETCH_SESSION_EPOCH: { code: 71, retriable: true },
  LISTENER_NOT_FOUND: { code: 72, retriable: true, refreshMetadata: true },
  TOPIC_DELETION_DISABLED: { code: 73, definite: ['DeleteTopics'] },
  FENCED_LEADER_EPOCH: { code: 74, retriable: true, refreshMetadata: true },
  UNKNOWN_LEADER_EPOCH: { code: 75, retriable: true },
  UNSUPPORTED_COMPRESSION_TYPE: { code: 76, definite: ['Produce'] },
  STALE_BROKER_EPOCH: { code: 77 },
  OFFSET_NOT_AVAILABLE: { code: 78, retriable: true },
  MEMBER_ID_REQUIRED: { code: 79 },
  PREFERRED_LEADER_NOT_AVAILABLE: { code: 80, retriable: true, refreshMetadata: true },
  GROUP_MAX_SIZE_REACHED: { code: 81 },
  FENCED_INSTANCE_ID: { code: 82, definite: ['OffsetCommit'] },
  ELIGIBLE_LEADERS_NOT_AVAILABLE: { code: 83, retriable: true, refreshMetadata: true },
  ELECTION_NOT_NEEDED: { code: 84, retriable: true, refreshMetadata: true },
  NO_REASSIGNMENT_IN_PROGRESS: { code: 85 },
  GROUP_SUBSCRIBED_TO_TOPIC: { code: 86 },
  INVALID_RECORD: { code: 87, definite: ['Produce'] },
  UNSTABLE_OFFSET_COMMIT: { code: 88, retriable: true },
  THROTTLING_QUOTA_EXCEEDED: { code: 89, retriable: true },
  PRODUCER_FENCED: { code: 90, definite: ['Produce'], definiteInTransaction: true },
  RESOURCE_NOT_FOUND: { code: 91 },
  DUPLICATE_RESOURCE: { code: 92 },
  UNACCEPTABLE_CREDENTIAL: { code: 93 },
  INCONSISTENT_VOTER_SET: { code: 94 },
  INVALID_UPDATE_VERSION: { code: 95 },
  FEATURE_UPDATE_FAILED: { code: 96 },
  PRINCIPAL_DESERIALIZATION_FAILURE: { code: 97 },
  SNAPSHOT_NOT_FOUND: { code: 98 },
  POSITION_OUT_OF_RANGE: { code: 99 },
  UNKNOWN_TOPIC_ID: { code: 100, retriable: true, refreshMetadata: true, definite: ['OffsetCommit'] },
  DUPLICATE_BROKER_REGISTRATION: { code: 101 },
  BROKER_ID_NOT_REGISTERED: { code: 102 },
  INCONSISTENT_TOPIC_ID: { code: 103, retriable: true, refreshMetadata: true },
  INCONSISTENT_CLUSTER_ID: { code: 104 },
  TRANSACTIONAL_ID_NOT_FOUND: { code: 105 },
  FETCH_SESSION_TOPIC_ID_ERROR: { code: 106, retriable: true },
  INELIGIBLE_REPLICA: { code: 107 },
  NEW_LEADER_ELECTED: { code: 108 },
  OFFSET_MOVED_TO_TIERED_STORAGE: { code: 109 },
  FENCED_MEMBER_EPOCH: { code: 110 },
  UNRELEASED_INSTANCE_ID: { code: 111 },
  UNSUPPORTED_ASSIGNOR: { code: 112 },
  STALE_MEMBER_EPOCH: { code: 113, definite: ['OffsetCommit'] },
  MISMATCHED_ENDPOINT_TYPE: { code: 114 },
  UNSUPPORTED_ENDPOINT_TYPE: { code: 115 },
  UNKNOWN_CONTROLLER_ID: { code: 116 },
  UNKNOWN_SUBSCRIPTION_ID: { code: 117 },
  TELEMETRY_TOO_LARGE: { code: 118 },
  INVALID_REGISTRATION: { code: 119 },
  TRANSACTION_ABORTABLE: { code: 120, definite: ['Produce'], definiteInTransaction: true },
  INVALID_RECORD_STATE: { code: 121 },
  SHARE_SESSION_NOT_FOUND: { code: 122, retriable: true },
  INVALID_SHARE_SESSION_EPOCH: { code: 123, retriable: true },
  FENCED_STATE_EPOCH: { code: 124 },
  INVALID_VOTER_KEY: { code: 125 },
  DUPLICATE_VOTER: { code: 126 },
  VOTER_NOT_FOUND: { code: 127 },
  INVALID_REGULAR_EXPRESSION: { code: 128 },
  REBOOTSTRAP_REQUIRED: { code: 129 },
  STREAMS_INVALID_TOPOLOGY: { code: 130 },
  STREAMS_INVALID_TOPOLOGY_EPOCH: { code: 131 },
  STREAMS_TOPOLOGY_FENCED: { code: 132 },
  SHARE_SESSION_LIMIT_REACHED: { code: 133, retriable: true },
} as const

const readingApis: ReadonlySet<string> = new Set([
  'Fetch',
  'ListOffsets',
  'ApiVersions',
  'OffsetFetch',
  'DescribeGroups',
  'ListGroups',
  'ConsumerGroupDescribe',
  'OffsetForLeaderEpoch',
  'DescribeQuorum',
  'DescribeCluster',
])

export type ErrorName = keyof typeof table

const rows = Object.entries(table) as [ErrorName, Row][]

/** Codes by name: `errorCode.NOT_ENOUGH_REPLICAS`. */
export const errorCode: { readonly [N in ErrorName]: (typeof table)[N]['code'] } = Object.fromEntries(
  rows.map(([name, row]) => [name, row.code]),
) as { readonly [N in ErrorName]: (typeof table)[N]['code'] }

const errors = new Map<number, KafkaError>(
  rows.map(([name, { code, retriable = false, refreshMetadata = false }]) => [
    code,
    { code, name, retriable, refreshMetadata },
  ]),
)
const definiteApis = new Map<number, 'every' | readonly string[]>(rows.map(([, row]) => [row.code, row.definite ?? []]))
const definiteInTransaction = new Set(rows.filter(([, row]) => row.definiteInTransaction).map(([, row]) => row.code))

export function errorByCode(code: number): KafkaError | undefined {
  return errors.get(code)
}

/** `ERROR_<code>` for a code this table does not know. */
export function errorName(code: number): string {
  return errors.get(code)?.name ?? `ERROR_${code}`
}

/** True when an attempt of this API (`Produce`) answered with this code certainly changed nothing. */
export function isDefinite(apiName: string, code: number): boolean {
  if (code === errorCode.NONE) return false
  if (readingApis.has(apiName)) return true
  if (transactionApis.has(apiName) && definiteInTransaction.has(code)) return true
  const definite = definiteApis.get(code) ?? []
  return definite === 'every' || definite.includes(apiName)
}
