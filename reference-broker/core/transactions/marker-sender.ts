/**
 * Writes the markers of transactions that were decided: to every partition's leader, again and again, until each has taken its
 * own or is gone. A partition that knows a newer epoch or a newer coordinator ends that: then another has taken over.
 */
import type { Loop } from '../../../ports/loop.ts'
import { apis } from '../../../protocol/apis.ts'
import type { WriteTxnMarkersRequestInput } from '../../../protocol/apis/27-write-txn-markers.ts'
import { errorCode, errorName } from '../../../protocol/errors.ts'
import { toBigInt } from '../../../protocol/int64.ts'
import type { Logger } from '../logger.ts'
import type { ClusterImage } from '../metadata/image.ts'
import type { Peer } from '../server/peer.ts'
import { DestinationQueue } from './destination-queue.ts'
import type { TopicPartitions } from './transaction.ts'

export interface MarkerOrder {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly committed: boolean
  readonly coordinatorEpoch: number
  readonly transactionVersion: number
  readonly partitions: TopicPartitions
  /** Whether this broker is still the one to write them. */
  readonly isOurs: () => boolean
  /** All are written. Not called when they are not. */
  readonly done: () => void
}

export interface MarkerSenderOptions {
  readonly loop: Loop
  readonly logger: Logger
  readonly image: () => ClusterImage
  readonly peer: (brokerId: number) => Peer
  /** How long an answer is waited for. */
  readonly timeoutMs: number
}

interface Job {
  readonly order: MarkerOrder
  /** Partitions without their marker. */
  left: number
  isDropped: boolean
}

interface MarkerToSend {
  readonly job: Job
  readonly topic: string
  readonly index: number
}

type AskedMarker = WriteTxnMarkersRequestInput['markers'][number]

const retryMs = 50

export class MarkerSender {
  readonly #options: MarkerSenderOptions
  readonly #queue: DestinationQueue<MarkerToSend>

  constructor(options: MarkerSenderOptions) {
    this.#options = options
    this.#queue = new DestinationQueue({ loop: options.loop, send: (brokerId, markers, answered) => this.#send(brokerId, markers, answered) })
  }

  send(order: MarkerOrder): void {
    const markers = [...order.partitions].flatMap(([topic, indexes]) => indexes.map((index) => ({ topic, index })))
    const job: Job = { order, left: markers.length, isDropped: false }
    if (job.left === 0) return order.done()
    for (const marker of markers) this.#route({ job, ...marker })
    return undefined
  }

  #route(marker: MarkerToSend): void {
    const { job, topic, index } = marker
    if (job.isDropped) return undefined
    if (!job.order.isOurs()) return this.#drop(job)
    const image = this.#options.image().topicsByName.get(topic)?.partitions[index]
    // It was there when it was added, so it has been deleted.
    if (image === undefined) return this.#written(job)
    if (image.leader < 0) return this.#routeLater(marker)
    return this.#queue.add(image.leader, marker)
  }

  #routeLater(marker: MarkerToSend): void {
    this.#options.loop.after(retryMs, () => this.#route(marker))
  }

  #written(job: Job): void {
    job.left--
    if (job.left === 0) job.order.done()
  }

  #drop(job: Job): void {
    job.isDropped = true
  }

  #send(brokerId: number, markers: readonly MarkerToSend[], answered: () => void): void {
    const ours = markers.filter(({ job }) => !job.isDropped && job.order.isOurs())
    if (ours.length === 0) return answered()
    const byJob = Map.groupBy(ours, ({ job }) => job)
    const body = { markers: [...byJob].map(([{ order }, each]) => asked(order, each)) }
    const { peer, timeoutMs } = this.#options
    return peer(brokerId).request(apis.WriteTxnMarkers, body, timeoutMs, (answer) => {
      if (answer.ok) {
        for (const [i, [job, each]] of [...byJob].entries()) this.#took(job, each, outcomes(answer.body.markers[i]))
      } else {
        for (const marker of ours) this.#routeLater(marker)
      }
      answered()
    })
  }

  #took(job: Job, markers: readonly MarkerToSend[], codes: ReadonlyMap<string, number>): void {
    for (const marker of markers) {
      const code = codes.get(`${marker.topic}-${marker.index}`)
      if (code === errorCode.NONE) this.#written(job)
      else if (code === errorCode.INVALID_PRODUCER_EPOCH || code === errorCode.TRANSACTION_COORDINATOR_FENCED) {
        const { transactionalId } = job.order
        this.#options.logger('warn', 'marker came too late', { transactionalId, topic: marker.topic, error: errorName(code) })
        this.#drop(job)
      } else this.#routeLater(marker)
    }
  }
}

function asked(order: MarkerOrder, markers: readonly MarkerToSend[]): AskedMarker {
  const { producerId, producerEpoch, committed, coordinatorEpoch, transactionVersion } = order
  const topics = [...Map.groupBy(markers, ({ topic }) => topic)].map(([name, each]) => ({
    name,
    partitionIndexes: each.map(({ index }) => index),
  }))
  return {
    producerId: toBigInt(producerId),
    producerEpoch,
    transactionResult: committed,
    topics,
    coordinatorEpoch,
    transactionVersion,
  }
}

interface AnsweredMarker {
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: number }[]
  }[]
}

function outcomes(answered: AnsweredMarker | undefined): Map<string, number> {
  const all = answered?.topics.flatMap(({ name, partitions }) =>
    partitions.map((each): [string, number] => [`${name}-${each.partitionIndex}`, each.errorCode]))
  return new Map(all)
}
