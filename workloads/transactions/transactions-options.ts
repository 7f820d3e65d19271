import type { Isolation, TransactionalOptions } from '../client/client.ts'
import type { ScriptOptions } from './transaction-script.ts'

/** Who runs transactions, and how they end. */
export interface ProducingOptions {
  /** Producers at a time, those that were fenced and do not know it not counted. */
  readonly seats: number
  /** Seats that share one transactional id, and fence each other again and again. */
  readonly sharingSeats: number
  /** A new instance takes a fresh transactional id instead of that of the one before it. */
  readonly freshIdChance: number
  /** Between two transactions of one instance, on average. */
  readonly thinkMs: number
  readonly abortChance: number
  readonly crashChance: number
  /** While a transaction is open, a second instance begins under the same transactional id. */
  readonly hauntChance: number
  /** Whether instances have a reader of their own, for transactions that poll. */
  readonly polls: boolean
  readonly producer: Omit<TransactionalOptions, 'transactionalId'>
}

/** Transactions and who reads what they wrote. */
export interface TransactingOptions extends ProducingOptions {
  readonly readers: Readonly<Record<Isolation, number>>
  readonly maxRecordsPerPoll: number
  /** A reader is replaced by a fresh one about this often; 0 for never. */
  readonly replaceConsumerMs: number
}

export type TransactionsOptions = Omit<TransactingOptions, 'polls'> & ScriptOptions

export interface InstanceFigures {
  transactions: number
  /** The workload chose so, or an error left nothing else. */
  aborted: number
  crashed: number
  /** Instances that could do nothing any more: fenced, or not knowing how a commit ended. */
  closed: number
}
