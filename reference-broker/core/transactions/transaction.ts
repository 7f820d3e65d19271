/**
 * What a coordinator knows of one transactional id: data, replaced as a whole, never changed in place. States are Kafka's, and
 * so are their names, which go on the wire.
 */

export type TransactionState = 'Empty' | 'Ongoing' | 'PrepareCommit' | 'PrepareAbort' | 'CompleteCommit' | 'CompleteAbort'

/** Partitions by topic. */
export type TopicPartitions = ReadonlyMap<string, readonly number[]>

export interface Transaction {
  readonly transactionalId: string
  readonly producerId: number
  /** The one before it, when its epochs were used up; else -1. */
  readonly previousProducerId: number
  /** The one after it, while the last transaction of this one ends; else -1. */
  readonly nextProducerId: number
  /** -1 before the first. */
  readonly producerEpoch: number
  /** The one before, if its producer was told of this one in answer to that; else -1. */
  readonly lastProducerEpoch: number
  readonly timeoutMs: number
  readonly state: TransactionState
  readonly partitions: TopicPartitions
  /** Wall clock, -1 before there was a transaction. */
  readonly startMs: number
  /** Wall clock. */
  readonly lastUpdateMs: number
  /** By which version of the protocol its producer acts: with 2, each end raises the epoch (KIP-890). */
  readonly transactionVersion: number
}

export const noId = -1
export const noEpoch = -1
/** A producer id with this epoch has no other to give: the last is for fencing. */
export const lastUsableEpoch = 32766
export const noPartitions: TopicPartitions = new Map()

/** Both, each partition once. */
export function joined(known: TopicPartitions, added: TopicPartitions): TopicPartitions {
  const all = new Map(known)
  for (const [topic, indexes] of added) all.set(topic, [...new Set([...(all.get(topic) ?? []), ...indexes])])
  return all
}

export function includes(known: TopicPartitions, topic: string, index: number): boolean {
  return known.get(topic)?.includes(index) ?? false
}

export function includesAll(known: TopicPartitions, asked: TopicPartitions): boolean {
  return [...asked].every(([topic, indexes]) => indexes.every((index) => includes(known, topic, index)))
}

/** In the epoch that only fences, nobody acts. */
export function isSpent({ producerEpoch }: Transaction): boolean {
  return producerEpoch > lastUsableEpoch
}

/** Decided, its markers still to be written. */
export function isEnding({ state }: Transaction): boolean {
  return state === 'PrepareCommit' || state === 'PrepareAbort'
}
