/**
 * The history: everything a run did and saw, and the only thing a checker may read.
 *
 * An op is one step of one process. A process has at most one op open (an `invoke` not yet completed); after an `info`
 * its thread goes on under a new process number, because nobody knows whether the op will still take effect.
 * `ok` happened, `fail` certainly did not, `info` may have. The written form is docs/history.md.
 */
import type { DeadLetterConfig, GroupConfig } from './group-op.ts'

export type OpType = 'invoke' | 'ok' | 'fail' | 'info'
export type Process = number | 'nemesis' | 'observer' | 'harness'

/** One topic-partition, not the record's key: `orders-3` from our workloads, often a number from others. */
export type Key = string | number
/** What a record carries, unique within its key. */
export type Value = string | number

/** What a poll knows of a record beside offset and value; each field may be missing in a foreign history. */
export interface RecordMeta {
  readonly leaderEpoch?: number
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly timestamp?: number
  readonly recordKey?: string | null
}

/** `offset` is -1 when a foreign history does not know it. */
export type PolledRecord = readonly [offset: number, value: Value, meta?: RecordMeta]
/** `servedEpoch`: no leader under a higher leaderEpoch than this served any of these records. */
export type Polled = readonly [key: Key, records: readonly PolledRecord[], servedEpoch?: number]

export interface SendMicroOp {
  readonly f: 'send'
  readonly key: Key
  readonly value: Value
  /** Known only from an answer. */
  readonly offset?: number
}
export interface PollMicroOp {
  readonly f: 'poll'
  /** In the order received; a key may come more than once. Absent on an invoke. */
  readonly polled?: readonly Polled[]
}
/** Offsets of a group, committed by the transaction they stand in: `[key, next offset to be read]`. */
export interface OffsetsMicroOp {
  readonly f: 'offsets'
  readonly group: string
  readonly offsets: readonly (readonly [key: Key, offset: number])[]
}
export type MicroOp = SendMicroOp | PollMicroOp | OffsetsMicroOp

export interface OpError {
  /** A Kafka error name, or a word of ours: `DISCONNECTED`, `TIMED_OUT`. */
  readonly code: string
  /** True when the op certainly did not happen. */
  readonly definite: boolean
  readonly message?: string
}

export interface Op {
  readonly index: number
  /** Nanoseconds since the run began, monotonic; null when a foreign history has none. */
  readonly time: number | null
  readonly process: Process
  readonly type: OpType
  /** `send` `poll` `txn` carry micro-ops; `assign` `subscribe` a list of keys; others are documented where they are emitted. */
  readonly f: string
  readonly value: unknown
  /** One producer or consumer instance; several processes share it when it pipelines. */
  readonly client?: string
  readonly error?: OpError
  /** How many requests carried it. */
  readonly attempts?: number
  /** The broker that answered, or was aimed at. */
  readonly node?: number | string
  /** Keys whose ownership changed while this op ran: its reads of them are not judged for order. */
  readonly rebalanced?: readonly Key[]
}

/** A history by position: a list of ops, or something that keeps them in less memory. */
export interface Ops extends Iterable<Op> {
  readonly length: number
  /** undefined at and beyond the end. */
  at(position: number): Op | undefined
}

/** An op as its author hands it to the recorder, which adds `index` and `time`. */
export type NewOp = Omit<Op, 'index' | 'time'>

/** Phase marks the harness writes: value of `f:"phase"` ops. */
export type Phase = 'faults' | 'heal' | 'final' | 'end'

/** Value of `f:"observe"`: per key what one broker says of it. */
export interface Observation {
  readonly key: Key
  readonly leader: number
  readonly leaderEpoch: number
  readonly inSyncReplicas: readonly number[]
  readonly logStartOffset?: number
  /** As the leader told it for this very leaderEpoch. */
  readonly highWatermark?: number
  /** Likewise; told in transactional runs. */
  readonly lastStableOffset?: number
  /** How far the log of the broker that speaks reaches, follower or leader, while it was in this leaderEpoch. */
  readonly logEndOffset?: number
  /** Index of the first op recorded after the offsets were asked for: whatever came before had happened. */
  readonly since?: number
}

/** Value of the first op (`f:"config"`): what the policy table reads. Anything missing is taken at its strictest. */
export interface RunConfig {
  readonly acks?: 0 | 1 | -1
  readonly idempotence?: boolean
  readonly isolation?: 'read_uncommitted' | 'read_committed'
  readonly minInSyncReplicas?: number
  readonly replicationFactor?: number
  readonly uncleanLeaderElection?: boolean
  readonly versions?: Readonly<Record<string, string>>
  /** True when `send` ops with several records are transactions too; `txn` ops always are. */
  readonly transactional?: boolean
  /** After `heal` every client must have made progress within this time; 10,000 when missing. */
  readonly recoveryMs?: number
  /** Why this run goes beyond what is promised: what it loses is then listed and does not convict. */
  readonly beyondPromises?: string
  /** Consumer groups of the run. */
  readonly groups?: readonly GroupConfig[]
  /** Where groups put aside what they cannot process. */
  readonly deadLetters?: readonly DeadLetterConfig[]
  /** How long a partition may be without an owner once a group's members, and the cluster, are quiet. */
  readonly rebalanceBoundMs?: number
  /** Smallest figures (see checkers/figures.ts) with which the run counts as a test at all. */
  readonly floors?: Readonly<Record<string, number>>
  readonly [more: string]: unknown
}
