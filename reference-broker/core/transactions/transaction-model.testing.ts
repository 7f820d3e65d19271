/**
 * A small model of one transactional id, two partitions and the partition of a group's offsets, between calls: what Kafka answers to any call in any state, and what
 * it then is. Written from the rules (KIP-98, KIP-360, KIP-890), without looking at how the broker does it. Endings take no time
 * in it, so there is no state in which one is under way.
 */
import type { ErrorName } from '../../../protocol/errors.ts'

export type Version = 1 | 2

export interface ModelCoordinator {
  readonly producerId: number
  epoch: number
  lastEpoch: number
  state: 'Empty' | 'Ongoing' | 'CompleteCommit' | 'CompleteAbort'
  partitions: Set<number>
}

interface ModelRecord {
  readonly value: string
  state: 'open' | 'committed' | 'aborted'
}

/** What a partition knows of the producer: -1 for an epoch of which it knows nothing. */
export interface ModelPartition {
  epoch: number
  batches: number[]
  next: number
  isOpen: boolean
  /** The latest epoch, and in it the first sequence, that the coordinator was asked about since the last record or marker (KAFKA-14920). */
  asked: { readonly epoch: number; readonly lowest: number } | undefined
  readonly records: ModelRecord[]
}

export interface Caller {
  readonly isOther: boolean
  /** Beside the coordinator's. */
  readonly epochOffset: number
}

const remembered = 5
const otherProducerId = 999_999
export const offsetsIndex = 2

export class TransactionModel {
  readonly version: Version
  coordinator: ModelCoordinator | undefined
  /** The last is that of the offsets. */
  readonly partitions: readonly ModelPartition[] = [0, 1, offsetsIndex].map(() => ({ epoch: -1, batches: [], next: 0, isOpen: false, asked: undefined, records: [] }))

  constructor(version: Version) {
    this.version = version
  }

  identity({ isOther, epochOffset }: Caller): { producerId: number; producerEpoch: number } {
    const { producerId, epoch } = this.coordinator ?? { producerId: 0, epoch: 0 }
    return { producerId: isOther ? otherProducerId : producerId, producerEpoch: Math.max(0, epoch + epochOffset) }
  }

  /** As a new instance; `producerId` is what the broker chose if it is the first. */
  initNew(producerId: number): ErrorName {
    const known = this.coordinator
    if (known === undefined) {
      this.coordinator = { producerId, epoch: 0, lastEpoch: -1, state: 'Empty', partitions: new Set() }
      return 'NONE'
    }
    if (known.state === 'Ongoing') return this.#abortOver(known)
    this.#initialised(known, known.epoch + 1, -1)
    return 'NONE'
  }

  initAs(caller: Caller): ErrorName {
    const known = this.coordinator!
    const { producerId, producerEpoch } = this.identity(caller)
    if (producerId !== known.producerId) return 'PRODUCER_FENCED'
    if (known.state === 'Ongoing') return this.#abortOver(known)
    if (producerEpoch === known.epoch) this.#initialised(known, known.epoch + 1, known.epoch)
    else if (known.lastEpoch >= 0 && producerEpoch === known.lastEpoch) this.#initialised(known, known.epoch, known.lastEpoch)
    else return 'PRODUCER_FENCED'
    return 'NONE'
  }

  #initialised(known: ModelCoordinator, epoch: number, lastEpoch: number): void {
    Object.assign(known, { epoch, lastEpoch, state: 'Empty', partitions: new Set() })
  }

  #abortOver(known: ModelCoordinator): ErrorName {
    known.lastEpoch = known.epoch
    known.epoch++
    this.#end(known, false)
    return 'CONCURRENT_TRANSACTIONS'
  }

  #end(known: ModelCoordinator, committed: boolean): void {
    for (const index of known.partitions) this.#mark(this.partitions[index]!, known.epoch, committed)
    known.state = committed ? 'CompleteCommit' : 'CompleteAbort'
    known.partitions = new Set()
  }

  #mark(partition: ModelPartition, epoch: number, committed: boolean): void {
    if (partition.epoch !== epoch) Object.assign(partition, { epoch, batches: [], next: 0 })
    Object.assign(partition, { isOpen: false, asked: undefined })
    for (const record of partition.records) if (record.state === 'open') record.state = committed ? 'committed' : 'aborted'
  }

  #producerError(caller: Caller): ErrorName {
    const known = this.coordinator!
    const { producerId, producerEpoch } = this.identity(caller)
    if (producerId !== known.producerId) return 'INVALID_PRODUCER_ID_MAPPING'
    return producerEpoch === known.epoch ? 'NONE' : 'PRODUCER_FENCED'
  }

  #add(index: number): void {
    const known = this.coordinator!
    if (known.state !== 'Ongoing') known.partitions = new Set()
    known.state = 'Ongoing'
    known.partitions.add(index)
  }

  add(caller: Caller, index: number): ErrorName {
    if (this.partitions[index] === undefined) return 'UNKNOWN_TOPIC_OR_PARTITION'
    const error = this.#producerError(caller)
    if (error === 'NONE') this.#add(index)
    return error
  }

  /** A partition whose transaction is open in this epoch is not asked about again. */
  #membershipError(caller: Caller, index: number, sequence: number): ErrorName {
    const partition = this.partitions[index]!
    const { producerId, producerEpoch } = this.identity(caller)
    const isOwn = producerId === this.coordinator!.producerId
    if (isOwn && partition.isOpen && partition.epoch === producerEpoch) return 'NONE'
    if (isOwn && producerEpoch < partition.epoch) return 'INVALID_PRODUCER_EPOCH'
    if (isOwn) this.#asked(partition, producerEpoch, sequence)
    const error = this.#producerError(caller)
    if (error !== 'NONE') return error === 'PRODUCER_FENCED' ? 'INVALID_PRODUCER_EPOCH' : error
    if (this.version === 2) this.#add(index)
    const { state, partitions } = this.coordinator!
    return state === 'Ongoing' && partitions.has(index) ? 'NONE' : 'TRANSACTION_ABORTABLE'
  }

  #asked(partition: ModelPartition, epoch: number, sequence: number): void {
    const { asked } = partition
    if (asked === undefined || epoch > asked.epoch) partition.asked = { epoch, lowest: sequence }
    else if (epoch === asked.epoch) partition.asked = { epoch, lowest: Math.min(asked.lowest, sequence) }
  }

  produce(caller: Caller, { index, sequence, value }: { readonly index: number; readonly sequence: number; readonly value: string }): ErrorName {
    const error = this.#membershipError(caller, index, sequence)
    if (error !== 'NONE') return error
    const partition = this.partitions[index]!
    const { producerEpoch } = this.identity(caller)
    const isSame = producerEpoch === partition.epoch
    if (isSame && partition.batches.includes(sequence)) return 'NONE'
    const isKnown = partition.epoch >= 0
    const due = isSame ? partition.next : 0
    if ((isKnown || this.version === 2) && sequence !== due) return 'OUT_OF_ORDER_SEQUENCE_NUMBER'
    const { asked } = partition
    if (asked !== undefined && sequence > asked.lowest) return 'OUT_OF_ORDER_SEQUENCE_NUMBER'
    partition.batches = [...(isSame ? partition.batches : []), sequence].slice(-remembered)
    Object.assign(partition, { epoch: producerEpoch, next: sequence + 1, isOpen: true, asked: undefined })
    partition.records.push({ value, state: 'open' })
    return 'NONE'
  }

  /** Offsets have no sequences. */
  commitOffset(caller: Caller, value: string): ErrorName {
    const error = this.#membershipError(caller, offsetsIndex, -1)
    if (error !== 'NONE') return error
    const partition = this.partitions[offsetsIndex]!
    const { producerEpoch } = this.identity(caller)
    if (producerEpoch < partition.epoch) return 'INVALID_PRODUCER_EPOCH'
    Object.assign(partition, { epoch: producerEpoch, isOpen: true, asked: undefined })
    partition.records.push({ value, state: 'open' })
    return 'NONE'
  }

  end(caller: Caller, committed: boolean): ErrorName {
    const known = this.coordinator!
    const { producerId, producerEpoch } = this.identity(caller)
    if (producerId !== known.producerId) return 'INVALID_PRODUCER_ID_MAPPING'
    return this.version === 1 ? this.#endKeeping(known, producerEpoch, committed) : this.#endRaising(known, producerEpoch, committed)
  }

  #endKeeping(known: ModelCoordinator, epoch: number, committed: boolean): ErrorName {
    if (epoch !== known.epoch) return 'PRODUCER_FENCED'
    if (known.state === 'Ongoing') this.#end(known, committed)
    else if (known.state !== (committed ? 'CompleteCommit' : 'CompleteAbort')) return 'INVALID_TXN_STATE'
    return 'NONE'
  }

  #endRaising(known: ModelCoordinator, epoch: number, committed: boolean): ErrorName {
    if (epoch === known.epoch) {
      if (committed && known.state !== 'Ongoing') return 'INVALID_TXN_STATE'
      if (known.state !== 'Ongoing') known.partitions = new Set()
      known.lastEpoch = known.epoch
      known.epoch++
      this.#end(known, committed)
      return 'NONE'
    }
    const isComplete = known.state === 'CompleteCommit' || known.state === 'CompleteAbort'
    if (!isComplete || epoch !== known.epoch - 1) return 'PRODUCER_FENCED'
    return known.state === (committed ? 'CompleteCommit' : 'CompleteAbort') ? 'NONE' : 'INVALID_TXN_STATE'
  }
}
