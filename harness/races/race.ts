/**
 * A race: one published bug of transactions as a script that does not need luck. It says which requests are to be held, lost or
 * repeated, plays the rest, and names the order in which it must all have happened: without that nothing was tried.
 */
import type { WireEvent, WireRule } from '../../nemesis/wire-rules/rule.ts'
import type { Decisions } from '../../reference-broker/core/decisions.ts'
import type { Play } from './play.ts'
import type { Stage } from './stage.ts'

/** 1: partitions are added by the client, and epochs stay. 2: KIP-890. */
export type TransactionVersion = 1 | 2

/** What an event of the wire record must show. `nth` of those that do, counted from 1. */
export type WirePattern = Partial<Pick<WireEvent, 'did' | 'rule' | 'api' | 'client'>>

/** A bug of the protocol itself: under this version a broker that follows it shows these anomalies. */
export interface ProtocolBug {
  readonly issue: string
  readonly under: TransactionVersion
  readonly anomalies: readonly string[]
}

/** A client that does what such clients have done: brokers answer it rightly, and it breaks the promise itself. */
export interface WrongClient {
  readonly describes: string
  readonly anomalies: readonly string[]
  readonly play: (stage: Stage) => Play
}

export interface Race {
  readonly name: string
  readonly describes: string
  /** What it reproduces: issues, by name. */
  readonly cases: readonly string[]
  /** What a correct broker does, in one sentence. */
  readonly expects: Readonly<Record<TransactionVersion, string>>
  readonly protocolBug?: ProtocolBug
  /** The known bug of brokers that it is for: who fails it is convicted under this name. */
  readonly issue?: string
  /** The versions it is about; both when missing. */
  readonly versions?: readonly TransactionVersion[]
  /** It breaks brokers, or needs them behind the proxy: only where we start them. */
  readonly needsOurCluster?: true
  /** What our own broker must be made to begin with, where getting there would take hours: in the simulator only. */
  readonly simulatedDecisions?: Partial<Decisions>
  readonly wrongClient?: WrongClient
  readonly topicConfigs?: Readonly<Record<string, string>>
  /** Of its topic. */
  readonly partitions: number
  readonly rules: (version: TransactionVersion) => readonly WireRule[]
  /** Events of the wire record that must be there in this order. */
  readonly interleaving: (version: TransactionVersion) => readonly WirePattern[]
  readonly play: (stage: Stage) => Play
}

/** The script came to something it cannot go on from: nothing was tried. */
export class CannotPlay extends Error {}
