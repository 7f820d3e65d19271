/**
 * Producer ids for idempotent partitions (InitProducerId). All partitions begin under one id; a partition that had to
 * give up a batch gets an id of its own, so that no other partition is disturbed.
 */
import { OwnTimers } from '../../ports/own-timers.ts'
import { apis } from '../../protocol/apis.ts'
import { errorCode } from '../../protocol/errors.ts'
import { toNumber } from '../../protocol/int64.ts'
import type { RequestResult } from './broker-connection.ts'
import type { KafkaCluster } from './cluster.ts'
import type { ProducerIdentity } from './producer-batch.ts'
import type { PartitionQueue } from './producer-partition.ts'

/** Means nothing without a transactional id; what Kafka's own producers send then. */
const noTimeout = 0x7fff_ffff

/** Where partitions get the producer id they write under. */
export interface Identities {
  /** Gives the partition an identity it has not had, now or later. May be asked again and again. */
  ask(queue: PartitionQueue): void
  close(): void
}

export class ProducerIdentities implements Identities {
  readonly #cluster: KafkaCluster
  readonly #retryBackoffMs: number
  readonly #onTaken: () => void
  readonly #hadShared = new Set<PartitionQueue>()
  readonly #asking = new Set<PartitionQueue>()
  #shared: ProducerIdentity | undefined
  #isAskingShared = false
  readonly #timers: OwnTimers
  #closed = false

  constructor(cluster: KafkaCluster, retryBackoffMs: number, onTaken: () => void) {
    this.#cluster = cluster
    this.#timers = new OwnTimers(cluster.loop)
    this.#retryBackoffMs = retryBackoffMs
    this.#onTaken = onTaken
  }

  ask(queue: PartitionQueue): void {
    if (this.#asking.has(queue)) return
    if (!this.#hadShared.has(queue)) return this.#share(queue)
    this.#asking.add(queue)
    this.#request((identity) => {
      this.#asking.delete(queue)
      queue.takeIdentity(identity)
    })
  }

  close(): void {
    this.#closed = true
    this.#timers.close()
  }

  #share(queue: PartitionQueue): void {
    if (this.#shared !== undefined) {
      this.#hadShared.add(queue)
      return queue.takeIdentity(this.#shared)
    }
    if (this.#isAskingShared) return
    this.#isAskingShared = true
    this.#request((identity) => {
      this.#shared = identity
    })
  }

  #request(take: (identity: ProducerIdentity) => void): void {
    const body = () => ({ transactionalId: null, transactionTimeoutMs: noTimeout })
    this.#cluster.requestAny(apis.InitProducerId, body, (result) => this.#told(result, take))
  }

  #told(
    result: RequestResult<typeof apis.InitProducerId.response>,
    take: (identity: ProducerIdentity) => void,
  ): void {
    if (this.#closed) return
    if (result.ok && result.body.errorCode === errorCode.NONE) {
      take({ producerId: toNumber(result.body.producerId), producerEpoch: result.body.producerEpoch })
      return this.#onTaken()
    }
    this.#timers.after(this.#retryBackoffMs, () => this.#request(take))
  }
}
