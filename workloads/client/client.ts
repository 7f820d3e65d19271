/**
 * What a workload asks of a Kafka client, whoever wrote it. The wire client of this folder is one; adapters to other
 * client libraries are others. Everything answers by a callback, which may come before the call returns.
 */
import type { OpError } from '../../history/op.ts'
import type { Compression } from '../../protocol/compression.ts'
import type { RecordHeader } from '../../protocol/record-batch-encode.ts'

export interface WorkloadClient {
  producer(options: ProducerOptions): WorkloadProducer
  /** One instance of the producer that a transactional id names; missing where the client cannot. */
  transactionalProducer?(options: TransactionalOptions): TransactionalProducer
  consumer(options: ConsumerOptions): WorkloadConsumer
  /** It begins to join at once. */
  groupMember(options: GroupMemberOptions): WorkloadGroupMember
  readonly admin: WorkloadAdmin
  /** Closes every producer and consumer made here, and all connections. */
  close(): void
}

export type Isolation = 'read_uncommitted' | 'read_committed'

export interface ProducerOptions {
  readonly acks: 0 | 1 | -1
  /** Needs acks -1. */
  readonly idempotence: boolean
  readonly lingerMs: number
  readonly batchSizeBytes: number
  /** Requests in flight per broker connection, 1 to 5. */
  readonly maxInFlight: number
  readonly compression: Compression
  readonly retryBackoffMs: number
  /** From `send` to the outcome, waiting and retries included. */
  readonly deliveryTimeoutMs: number
  /** How long a send may wait for metadata of its topic, or for room. */
  readonly maxBlockMs: number
  /** Records not yet completed may take this much. */
  readonly bufferMemoryBytes: number
}

export interface ProducerRecord {
  readonly topic: string
  /** The partitioner chooses when this is absent. */
  readonly partition?: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  /** Milliseconds since 1970; the client's wall clock when absent. */
  readonly timestamp?: number
  readonly headers?: readonly RecordHeader[]
}

/** `fail`: certainly not written. `info`: may be. */
export type SendOutcome = SendOk | SendNotOk

export interface SendOk {
  readonly type: 'ok'
  readonly partition: number
  /** Unknown with acks 0, and when the broker only says that it has the batch already. */
  readonly offset: number | undefined
  /** LogAppendTime, where the topic has it. */
  readonly timestamp: number | undefined
  /** Requests that carried the record; undefined when the client does not tell. */
  readonly attempts: number | undefined
  readonly node: number | undefined
}

export interface SendNotOk {
  readonly type: 'fail' | 'info'
  readonly partition: number | undefined
  readonly error: OpError
  readonly attempts: number | undefined
  readonly node: number | undefined
}

export interface WorkloadProducer {
  /** Sends of one partition are written in the order of these calls, as far as the options promise it. */
  send(record: ProducerRecord, done: (outcome: SendOutcome) => void): void
  /** Everything outstanding ends as `info`. */
  close(): void
}

/** As a plain producer with acks -1 and idempotence; `deliveryTimeoutMs` also bounds each step of a transaction. */
export interface TransactionalOptions extends Omit<ProducerOptions, 'acks' | 'idempotence'> {
  readonly transactionalId: string
  /** Longer, and the coordinator aborts. */
  readonly transactionTimeoutMs: number
  /** 1: as a client from before KIP-890, whatever the cluster has finalized. */
  readonly transactionVersionMax?: 1
}

/** `next`: what is left to do: abort this transaction and go on, or close this instance, which can do nothing any more. */
export interface TransactionNotOk {
  readonly type: 'fail' | 'info'
  readonly error: OpError
  readonly next: 'abort' | 'close'
}

export type TransactionOutcome = { readonly type: 'ok' } | TransactionNotOk
export type InitOutcome = { readonly type: 'ok'; readonly producerId: number; readonly producerEpoch: number } | TransactionNotOk

/** Offsets of a group, by topic and partition: the next to be read. */
export interface GroupOffset extends TopicPartition {
  readonly offset: number
  /** -1 when unknown. */
  readonly leaderEpoch?: number
}

/** The consumer in whose name offsets are committed; missing for a group without members. */
export interface GroupMember {
  readonly memberId: string
  readonly generation: number
  readonly instanceId?: string
}

/**
 * Calls in this order, or a programmer error: `initTransactions` once, then `begin`, any number of `send` and `sendOffsets`, then
 * `commit` or `abort`, and so on. After an outcome whose `next` is `close`, everything fails.
 */
export interface TransactionalProducer {
  /** Fences every older instance of the transactional id, and aborts what it left open. */
  initTransactions(done: (outcome: InitOutcome) => void): void
  begin(): void
  /** `ok` means appended, not committed. */
  send(record: ProducerRecord, done: (outcome: SendOutcome) => void): void
  sendOffsets(
    group: string,
    offsets: readonly GroupOffset[],
    done: (outcome: TransactionOutcome) => void,
    member?: GroupMember,
  ): void
  /** Waits for all sends first. `fail`: certainly not committed; `info`: nobody knows. */
  commit(done: (outcome: TransactionOutcome) => void): void
  /** What was not sent yet is not sent any more. */
  abort(done: (outcome: TransactionOutcome) => void): void
  /** Sends outstanding end as `info`; nobody else is called any more. An open transaction stays open. */
  close(): void
}

export type ResetPolicy = 'earliest' | 'latest' | 'none'

export interface ConsumerOptions {
  readonly isolation: Isolation
  /** Where to go on when the position is outside the log. `none`: report and wait. */
  readonly resetPolicy: ResetPolicy
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly partitionMaxBytes: number
  readonly retryBackoffMs: number
  /** A partition with this many records waiting for a poll is not fetched. */
  readonly maxBufferedRecords: number
  /** What the reader of a history must know beside the records: jumps, damage. */
  readonly onEvent?: (event: ConsumerEvent) => void
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface AssignedPartition extends TopicPartition {
  /** A position is where another consumer stood; its epoch keeps this one from reading a log older than that. */
  readonly start: 'beginning' | 'end' | ConsumerPosition
}

export interface ConsumerPosition {
  /** The next record to be returned; everything visible below it was returned. */
  readonly offset: number
  /** leaderEpoch of the record before it; -1 when unknown. */
  readonly leaderEpoch: number
}

export type ConsumerEvent =
  /** The position was outside the log and moved by the reset policy; `to` is -1 under `none`. */
  | (TopicPartition & { readonly kind: 'offset-reset'; readonly from: number; readonly to: number })
  /** The log read so far is not the leader's: the position moved back to where they part. */
  | (TopicPartition & { readonly kind: 'diverged'; readonly from: number; readonly to: number })
  /** Bytes that are no batch, or whose CRC is wrong; reported once per offset. */
  | (TopicPartition & { readonly kind: 'corrupt'; readonly offset: number; readonly message: string })
  /** An error code no retry will cure; the partition is tried again all the same. */
  | (TopicPartition & { readonly kind: 'error'; readonly code: string })

export interface ConsumedRecord {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
  /** -1 without idempotence. */
  readonly producerId: number
  readonly producerEpoch: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  /** Missing where the client does not tell them. */
  readonly headers?: readonly RecordHeader[]
}

export interface PolledPartition extends TopicPartition {
  /** No leader under a higher leaderEpoch served any of these records; missing when leaderEpochs are not told. */
  readonly servedEpoch?: number
  /** By rising offset. */
  readonly records: readonly ConsumedRecord[]
}

export interface WorkloadConsumer {
  /** Replaces the assignment; positions of partitions assigned before are forgotten. */
  assign(partitions: readonly AssignedPartition[]): void
  /** Ends with at least one record, or empty after `timeoutMs` or at close. One poll at a time. */
  poll(maxRecords: number, timeoutMs: number, done: (polled: readonly PolledPartition[]) => void): void
  /** Others keep their positions, and what waits for a poll. */
  change(added: readonly AssignedPartition[], removed: readonly TopicPartition[]): void
  /** Those named are neither fetched nor handed out, and keep their positions; all others are. */
  pauseOnly(partitions: readonly TopicPartition[]): void
  /** Undefined until known. */
  position(topic: string, partition: number): ConsumerPosition | undefined
  /** Ends the open poll with nothing. */
  endPoll(): void
  /** Ends the open poll with nothing. */
  close(): void
}

export type GroupProtocol = 'classic' | 'consumer'

export interface GroupMemberOptions {
  readonly group: string
  /** `consumer` is KIP-848. */
  readonly protocol: GroupProtocol
  readonly topics: readonly string[]
  /** The classic ones in order of preference; of a consumer group the first is asked of the broker, none leaves it to it. */
  readonly assignors: readonly string[]
  /** Static membership (KIP-345). */
  readonly instanceId?: string
  /** Classic; a consumer group has what the broker says. */
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly rebalanceTimeoutMs: number
  /** Who does not poll for longer leaves, until it polls again. */
  readonly maxPollIntervalMs: number
  /** How often the member looks for new partitions of what it reads. */
  readonly metadataMaxAgeMs: number
  /** Its resetPolicy also decides where to begin without a committed offset. */
  readonly consumer: ConsumerOptions
  readonly listener: GroupListener
}

/** Who a member is to its coordinator. */
export interface GroupIdentity {
  /** Empty until told. */
  readonly memberId: string
  /** The member epoch of a consumer group; -1 while it is in none. */
  readonly generation: number
  readonly instanceId: string | undefined
}

export interface GroupStart extends TopicPartition {
  /** Where reading begins; -1 when nothing is committed and nothing else is known. */
  readonly offset: number
}

export interface GroupAssigned {
  readonly starts: readonly GroupStart[]
  readonly incremental: boolean
  /** From `onAsking`; undefined where nothing was asked. */
  readonly asked: number | undefined
  /** Who told the committed offsets; undefined where nothing was asked. */
  readonly node: number | undefined
}

/** What a member is told, in order; each call may come at any time, also while a poll is open, which then has ended empty. */
export interface GroupListener {
  /** It asks to join: anew, or for another generation. A consumer group does so once a life. */
  onJoining(): void
  /** The answer to that; `error` when it was refused, and it will try again. */
  onJoined(identity: GroupIdentity, topics: readonly string[], error: OpError | undefined): void
  /** The committed offsets of what it is to own are asked for; what this returns comes back with them. */
  onAsking(): number
  /** From here on it owns these, beside what it had when `incremental`, and its polls return them. */
  onAssigned(identity: GroupIdentity, assigned: GroupAssigned): void
  /** To be given up: `proceed` when nothing is done with them any more and what is to be committed is. */
  onRevoking(identity: GroupIdentity, partitions: readonly TopicPartition[], proceed: () => void): void
  /** They are another's already, perhaps. */
  onLost(partitions: readonly TopicPartition[], reason: string): void
  /** A heartbeat that was sent then was answered well. */
  onHeard(sentAtMs: number, node: number): void
  /** Nothing that another try will cure; it is tried again all the same, but for one: another has taken its instance id. */
  onError(error: OpError): void
}

export interface CommittedOffset extends TopicPartition {
  /** The next to be read; -1 when none is committed. */
  readonly offset: number
  /** -1 when unknown. */
  readonly leaderEpoch: number
}

/** `fail`: certainly none of it. `ok` names those that are committed; of the others nobody knows. */
export type CommitOutcome =
  | { readonly type: 'ok'; readonly committed: readonly CommittedOffset[]; readonly node: number; readonly attempts: number }
  | { readonly type: 'fail' | 'info'; readonly error: OpError; readonly attempts: number }

export interface WorkloadGroupMember {
  readonly identity: GroupIdentity
  /** The coordinator known; -1 for none. */
  readonly coordinator: number
  /** What it owns by its own belief. */
  readonly owned: readonly TopicPartition[]
  /** As a consumer's. */
  poll(maxRecords: number, timeoutMs: number, done: (polled: readonly PolledPartition[]) => void): void
  position(topic: string, partition: number): ConsumerPosition | undefined
  pauseOnly(partitions: readonly TopicPartition[]): void
  /** Of an owned partition: where to go on. */
  seek(start: AssignedPartition): void
  /** In the generation it believes in now, tried again until `timeoutMs` is over; NOT_A_MEMBER when there is none. */
  commit(offsets: readonly CommittedOffset[], timeoutMs: number, done: (outcome: CommitOutcome) => void): void
  subscribe(topics: readonly string[]): void
  /** As a process that is stopped: it sends nothing and hears nothing, until released. Commits are the caller's own. */
  hold(): void
  release(): void
  /** Gives up all (without asking) and says so to the coordinator; a static member of a classic group does not. */
  leave(done: (error: OpError | undefined) => void): void
  /** As a process that dies. */
  close(): void
}

export interface NewTopic {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor: number
  /** Brokers of each partition, where they are not for the controller to choose; must agree with the two above. */
  readonly assignments?: readonly (readonly number[])[]
  readonly configs?: Readonly<Record<string, string>>
}

/** `node`: who answered, where that is told. */
export type AdminResult<T> = { readonly ok: true; readonly value: T; readonly node?: number } | { readonly ok: false; readonly error: OpError }

export interface PartitionInfo {
  readonly partition: number
  /** -1 when there is none. */
  readonly leader: number
  /** -1 when the broker does not say. */
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly inSyncReplicas: readonly number[]
}

export interface TopicInfo {
  readonly name: string
  readonly topicId: string
  /** Sorted by number. */
  readonly partitions: readonly PartitionInfo[]
}

export interface NodeInfo {
  readonly node: number
  readonly host: string
  readonly port: number
}

export interface ClusterInfo {
  readonly clusterId: string | null
  readonly controllerId: number
  readonly nodes: readonly NodeInfo[]
  readonly topics: readonly TopicInfo[]
}

/** Timestamps of ListOffsets: latest -1, earliest -2, or milliseconds. */
export interface OffsetQuery extends TopicPartition {
  readonly timestamp: number
}

export interface OffsetAnswer extends TopicPartition {
  readonly offset: number
  readonly leaderEpoch: number
}

export interface QuorumInfo {
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly highWatermark: number
  readonly voters: readonly number[]
}

/** Each call is retried until its `timeoutMs` is over; then the last error is the answer. */
export interface DescribedMember {
  readonly memberId: string
  readonly clientId: string
  /** What it has, not what it is to have. */
  readonly partitions: readonly TopicPartition[]
}

export interface GroupDescription {
  /** The coordinator. */
  readonly node: number
  /** In Kafka's words: `Stable`, `PreparingRebalance`, `Reconciling`, … */
  readonly state: string
  /** The group epoch of a consumer group; -1 of a classic one, which does not tell. */
  readonly generation: number
  readonly members: readonly DescribedMember[]
}

export interface WorkloadAdmin {
  /** A topic that exists after an attempt without an answer counts as made. */
  createTopics(topics: readonly NewTopic[], timeoutMs: number, done: (result: AdminResult<null>) => void): void
  /** A topic that is gone after an attempt without an answer counts as deleted. */
  deleteTopics(names: readonly string[], timeoutMs: number, done: (result: AdminResult<null>) => void): void
  /** `null` asks for all topics. Any error of a topic asked for is retried. */
  metadata(topics: readonly string[] | null, timeoutMs: number, done: (result: AdminResult<ClusterInfo>) => void): void
  /** In the order asked. */
  listOffsets(
    queries: readonly OffsetQuery[],
    timeoutMs: number,
    done: (result: AdminResult<readonly OffsetAnswer[]>) => void,
  ): void
  /** A topic that has as many after an attempt without an answer counts as changed. */
  createPartitions(topic: string, count: number, timeoutMs: number, done: (result: AdminResult<null>) => void): void
  /** As nobody: while the group has members it is refused. */
  commitOffsets(group: string, offsets: readonly CommittedOffset[], timeoutMs: number, done: (result: AdminResult<null>) => void): void
  /** In the order asked; `null` asks for all there are. Waits for open transactions. */
  fetchOffsets(
    group: string,
    partitions: readonly TopicPartition[] | null,
    timeoutMs: number,
    done: (result: AdminResult<readonly CommittedOffset[]>) => void,
  ): void
  /** Commits where ListOffsets leads, for replay; answers with what was committed. */
  resetOffsets(
    group: string,
    queries: readonly OffsetQuery[],
    timeoutMs: number,
    done: (result: AdminResult<readonly CommittedOffset[]>) => void,
  ): void
  /** Finalizes levels of features for the whole cluster, up or down (KIP-584). */
  updateFeatures(levels: Readonly<Record<string, number>>, timeoutMs: number, done: (result: AdminResult<null>) => void): void
  /** By its coordinator; GROUP_ID_NOT_FOUND, or the state `Dead`, when it does not know such a group of this protocol. */
  describeGroup(
    group: string,
    protocol: 'classic' | 'consumer',
    timeoutMs: number,
    done: (result: AdminResult<GroupDescription>) => void,
  ): void
  /** Waits until it has no members. A group that is not there counts as deleted. */
  deleteGroup(group: string, timeoutMs: number, done: (result: AdminResult<null>) => void): void
  /** The quorum of the metadata log; UNSUPPORTED_VERSION from brokers that do not serve it. */
  describeQuorum(timeoutMs: number, done: (result: AdminResult<QuorumInfo>) => void): void
}
