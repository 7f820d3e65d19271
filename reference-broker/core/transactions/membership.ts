/**
 * What a leader asks before the first records of a transaction come to a partition: whether the partition is in it, or, for
 * clients that no longer say so themselves, that it be put in it (KIP-890). Without that a late record could open a transaction
 * nobody will ever end. The coordinator is asked with AddPartitionsToTxn, for many transactions at once.
 */
import type { Loop } from '../../../ports/loop.ts'
import { apis } from '../../../protocol/apis.ts'
import type { AddPartitionsToTxnRequestInput, AddPartitionsToTxnResponse } from '../../../protocol/apis/24-add-partitions-to-txn.ts'
import { errorByCode, errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { toBigInt } from '../../../protocol/int64.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import { partitionOfKey } from '../coordinator/key-partition.ts'
import type { ClusterImage } from '../metadata/image.ts'
import { transactionsTopic } from '../metadata/internal-topics.ts'
import type { Peer } from '../server/peer.ts'
import { DestinationQueue } from './destination-queue.ts'

export interface MembershipQuestion {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly topic: string
  readonly index: number
  /** Only ask; else add. */
  readonly verifyOnly: boolean
  /**
   * Called whenever the question goes out, which may be more than once: what happens to the partition from then on concerns the
   * transaction of the answer. Before it, the marker of the last one may still come.
   */
  readonly asking: () => void
}

/** NONE: it is in the transaction. */
export type MembershipAnswer = (error: ErrorName) => void

export interface MembershipOptions {
  readonly loop: Loop
  readonly config: BrokerConfig
  readonly image: () => ClusterImage
  readonly peer: (brokerId: number) => Peer
}

interface Asked {
  readonly question: MembershipQuestion
  readonly sinceMs: number
  readonly done: MembershipAnswer
}

type AskedTransaction = NonNullable<AddPartitionsToTxnRequestInput['transactions']>[number]
type AnsweredTransaction = AddPartitionsToTxnResponse['resultsByTransaction'][number]

/** What will be otherwise before long; clients that know nothing of coordinators in a produce try again on this error. */
const passing: ReadonlySet<ErrorName> = new Set([
  'CONCURRENT_TRANSACTIONS', 'NETWORK_EXCEPTION', 'COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR',
])

export class TransactionMembership {
  readonly #options: MembershipOptions
  readonly #queue: DestinationQueue<Asked>

  constructor(options: MembershipOptions) {
    this.#options = options
    this.#queue = new DestinationQueue({ loop: options.loop, send: (brokerId, asked, answered) => this.#send(brokerId, asked, answered) })
  }

  /** Answers NOT_ENOUGH_REPLICAS when nobody can tell for now, INVALID_PRODUCER_EPOCH for a fenced producer. */
  ask(question: MembershipQuestion, done: MembershipAnswer): void {
    this.#ask({ question, sinceMs: this.#options.loop.now(), done })
  }

  #ask(asked: Asked): void {
    const partitions = this.#options.image().topicsByName.get(transactionsTopic)?.partitions ?? []
    const leader = partitions[partitionOfKey(asked.question.transactionalId, partitions.length)]?.leader ?? -1
    asked.question.asking()
    if (leader < 0) this.#options.loop.after(0, () => this.#settle(asked, 'COORDINATOR_NOT_AVAILABLE'))
    else this.#queue.add(leader, asked)
  }

  #settle(asked: Asked, error: ErrorName): void {
    const { loop, config } = this.#options
    const { addPartitionsToTxnRetryBackoffMs: backoffMs, addPartitionsToTxnRetryBackoffMaxMs: patienceMs } = config
    // The end of the last transaction is still being written down.
    const mayRetry = error === 'CONCURRENT_TRANSACTIONS' && !asked.question.verifyOnly
    if (mayRetry && loop.now() - asked.sinceMs + backoffMs <= patienceMs) {
      loop.after(backoffMs, () => this.#ask(asked))
    } else if (error === 'PRODUCER_FENCED') asked.done('INVALID_PRODUCER_EPOCH')
    else asked.done(passing.has(error) ? 'NOT_ENOUGH_REPLICAS' : error)
  }

  #send(brokerId: number, all: readonly Asked[], answered: () => void): void {
    const { peer, config } = this.#options
    const groups = [...Map.groupBy(all, keyOf).values()]
    const body = { transactions: groups.map(askedTransaction) }
    peer(brokerId).request(apis.AddPartitionsToTxn, body, config.replicaSocketTimeoutMs, (answer) => {
      for (const [i, group] of groups.entries()) {
        const transaction = answer.ok ? answer.body.resultsByTransaction[i] : undefined
        const failure: ErrorName = answer.ok && answer.body.errorCode === errorCode.NONE ? 'NONE' : 'NETWORK_EXCEPTION'
        for (const each of group) this.#settle(each, failure === 'NONE' ? errorOf(each, transaction) : failure)
      }
      answered()
    })
  }
}

function keyOf({ question }: Asked): string {
  const { transactionalId, producerId, producerEpoch, verifyOnly } = question
  return `${producerId} ${producerEpoch} ${verifyOnly} ${transactionalId}`
}

function askedTransaction(group: readonly Asked[]): AskedTransaction {
  const { transactionalId, producerId, producerEpoch, verifyOnly } = group[0]!.question
  const topics = [...Map.groupBy(group, ({ question }) => question.topic)].map(([name, each]) => ({
    name,
    partitions: [...new Set(each.map(({ question }) => question.index))],
  }))
  return { transactionalId, producerId: toBigInt(producerId), producerEpoch, verifyOnly, topics }
}

function errorOf({ question }: Asked, transaction: AnsweredTransaction | undefined): ErrorName {
  const topic = transaction?.topicResults.find(({ name }) => name === question.topic)
  const partition = topic?.resultsByPartition.find(({ partitionIndex }) => partitionIndex === question.index)
  const known = partition === undefined ? undefined : errorByCode(partition.partitionErrorCode)
  return (known?.name as ErrorName | undefined) ?? 'NETWORK_EXCEPTION'
}
