/**
 * The producer of the wire client: places records on partitions, batches them, keeps up to `maxInFlight` requests open per
 * broker, retries until the delivery timeout, and says of every record what is certain. What a partition may send, and
 * in which order, is decided in producer-partition.ts; what an outcome is, in producer-batch.ts.
 */
import type { TimerId } from '../../ports/events.ts'
import type { Loop } from '../../ports/loop.ts'
import { apis } from '../../protocol/apis.ts'
import { errorByCode, errorCode } from '../../protocol/errors.ts'
import { toNumber } from '../../protocol/int64.ts'
import type { Decoded } from '../../protocol/message.ts'
import { zeroUuid } from '../../protocol/uuid.ts'
import type { RequestFailure, RequestResult } from './broker-connection.ts'
import type { ProducerOptions, ProducerRecord, WorkloadProducer } from './client.ts'
import type { KafkaCluster } from './cluster.ts'
import { produceBody } from './produce-request.ts'
import type { ProduceRequest } from './produce-request.ts'
import { StickyPartitions, partitionOfKey } from './partitioner.ts'
import { recordSizeBytes } from './producer-batch.ts'
import type { ProducerBatch, SendDone } from './producer-batch.ts'
import { ProducerIdentities } from './producer-identities.ts'
import type { Identities } from './producer-identities.ts'
import { PartitionQueue } from './producer-partition.ts'
import type { WritingTransaction } from './writing-transaction.ts'

type PartitionAnswer = Decoded<typeof apis.Produce.response>['responses'][number]['partitionResponses'][number]

/** Later versions of Produce name topics by id. */
const lastVersionByName = 12

interface WaitingSend {
  readonly record: ProducerRecord
  readonly done: SendDone
  readonly sentMs: number
}

export class WireProducer implements WorkloadProducer {
  readonly #loop: Loop
  readonly #cluster: KafkaCluster
  readonly #options: ProducerOptions
  readonly #maxBlockMs: number
  readonly #sticky: StickyPartitions
  readonly #identities: Identities
  readonly #transaction: WritingTransaction | undefined
  readonly #queues: PartitionQueue[] = []
  readonly #byTopic = new Map<string, PartitionQueue[]>()
  /** Sends that found no metadata or no room, in order; later sends line up behind them. */
  readonly #waiting: WaitingSend[] = []
  readonly #finished: ProducerBatch[] = []
  readonly #openRequests = new Map<number, number>()
  #bufferedBytes = 0
  #firstQueue = 0
  #timer: TimerId | undefined
  #timerAtMs = 0
  #closed = false

  /** Programmer error for options Kafka forbids: idempotence needs acks -1 and at most 5 requests in flight. */
  constructor(cluster: KafkaCluster, options: ProducerOptions, transaction?: WritingTransaction) {
    if (options.idempotence && (options.acks !== -1 || options.maxInFlight > 5)) {
      throw new Error('idempotence needs acks -1 and at most 5 requests in flight')
    }
    this.#loop = cluster.loop
    this.#cluster = cluster
    this.#options = options
    this.#maxBlockMs = Math.min(options.maxBlockMs, options.deliveryTimeoutMs)
    this.#sticky = new StickyPartitions(cluster.loop.ports.random)
    this.#transaction = transaction
    this.#identities = transaction?.identities ?? new ProducerIdentities(cluster, options.retryBackoffMs, () => this.#wakeAt(0))
    cluster.onChange(() => this.#wakeAt(0))
  }

  send(record: ProducerRecord, done: SendDone): void {
    if (this.#closed) return fail(done, 'CLOSED', 'the producer is closed')
    const send: WaitingSend = { record, done, sentMs: this.#loop.now() }
    if (this.#waiting.length === 0 && this.#place(send)) return
    this.#cluster.addTopic(record.topic)
    this.#waiting.push(send)
    this.#wakeAt(send.sentMs + this.#maxBlockMs)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#timer !== undefined) this.#loop.cancel(this.#timer)
    this.#identities.close()
    for (const queue of this.#queues) queue.abandon('CLOSED', 'the producer was closed')
    this.#settle()
    for (const { done } of this.#waiting.splice(0)) {
      done(outcomeWithoutBatch('info', 'CLOSED', 'the producer was closed'))
    }
  }

  /** Something outside changed: looks at once at what can be sent. */
  wake(): void {
    this.#wakeAt(0)
  }

  /** What waits for its linger goes out now. */
  flush(): void {
    for (const queue of this.#queues) queue.flush()
    this.#wakeAt(0)
  }

  /** Gives up whatever is not in flight. */
  dropUnsent(code: string, message: string): void {
    for (const { done } of this.#waiting.splice(0)) fail(done, code, message)
    for (const queue of this.#queues) queue.dropUnsent(code, message)
    this.#wakeAt(0)
  }

  /** While nothing is under way: what comes goes out under a new identity. */
  forgetIdentities(): void {
    for (const queue of this.#queues) queue.forgetIdentity()
    this.#wakeAt(0)
  }

  get #isQuiet(): boolean {
    return this.#waiting.length === 0 && this.#queues.every((queue) => queue.isQuiet)
  }

  /** Puts the record into a batch, if its topic is known and there is room. */
  #place({ record, done, sentMs }: WaitingSend): boolean {
    const partitions = this.#cluster.topic(record.topic)?.partitions
    if (partitions === undefined || partitions.length === 0) return false
    const sizeBytes = recordSizeBytes(record)
    if (this.#bufferedBytes > 0 && this.#bufferedBytes + sizeBytes > this.#options.bufferMemoryBytes) return false
    const index = this.#partitionOf(record, partitions.length)
    if (index >= partitions.length) {
      this.#cluster.refresh()
      this.#wakeAt(this.#loop.now() + this.#options.retryBackoffMs)
      return false
    }
    const queue = this.#queue(record.topic, index)
    this.#bufferedBytes += sizeBytes
    const closed = queue.append(record, done, sentMs)
    if (closed) this.#sticky.batchClosed(record.topic, index, partitions.length)
    this.#wakeAt(closed ? 0 : this.#loop.now() + this.#options.lingerMs)
    return true
  }

  #partitionOf(record: ProducerRecord, count: number): number {
    if (record.partition !== undefined) return record.partition
    return record.key === null ? this.#sticky.partition(record.topic, count) : partitionOfKey(record.key, count)
  }

  #queue(topic: string, index: number): PartitionQueue {
    let ofTopic = this.#byTopic.get(topic)
    if (ofTopic === undefined) {
      ofTopic = []
      this.#byTopic.set(topic, ofTopic)
    }
    let queue = ofTopic[index]
    if (queue === undefined) {
      const around = { clock: this.#loop.ports.clock, finished: this.#finished }
      queue = new PartitionQueue(topic, index, this.#options, around)
      ofTopic[index] = queue
      this.#queues.push(queue)
    }
    return queue
  }

  /** Runs `#drive` at this time; earlier than asked is fine. */
  #wakeAt(atMs: number): void {
    if (this.#closed || (this.#timer !== undefined && this.#timerAtMs <= atMs)) return
    if (this.#timer !== undefined) this.#loop.cancel(this.#timer)
    this.#timerAtMs = atMs
    this.#timer = this.#loop.after(Math.max(0, atMs - this.#loop.now()), () => {
      this.#timer = undefined
      this.#drive()
    })
  }

  /** Everything time or news can cause: closing, expiring, identities, sending. Callers hear last. */
  #drive(): void {
    const nowMs = this.#loop.now()
    this.#placeWaiting(nowMs)
    for (const queue of this.#queues) {
      queue.expire(nowMs)
      if (queue.needsIdentity()) this.#identities.ask(queue)
    }
    while (this.#sendRound(nowMs));
    let dueMs = (this.#waiting[0]?.sentMs ?? Infinity) + this.#maxBlockMs
    for (const queue of this.#queues) dueMs = Math.min(dueMs, queue.nextDueMs(nowMs))
    if (dueMs < Infinity) this.#wakeAt(dueMs)
    this.#settle()
  }

  #placeWaiting(nowMs: number): void {
    const waiting = this.#waiting
    while (waiting.length > 0 && this.#place(waiting[0]!)) waiting.shift()
    while (waiting.length > 0 && waiting[0]!.sentMs + this.#maxBlockMs <= nowMs) {
      const { record, done } = waiting.shift()!
      const isKnown = this.#cluster.topic(record.topic) !== undefined
      this.#transaction?.failed(isKnown ? 'BUFFER_EXHAUSTED' : 'TIMED_OUT')
      fail(done, isKnown ? 'BUFFER_EXHAUSTED' : 'TIMED_OUT', isKnown ? 'no room in time' : 'no metadata in time')
    }
  }

  /** Sends at most one request per node; says whether it sent any, for then there may be more. */
  #sendRound(nowMs: number): boolean {
    const requests: ProduceRequest[] = []
    const count = this.#queues.length
    for (let i = 0; i < count; i++) {
      const queue = this.#queues[(this.#firstQueue + i) % count]!
      if (queue.hasNext(nowMs)) this.#gather(queue, nowMs, requests)
    }
    if (count > 0) this.#firstQueue = (this.#firstQueue + 1) % count
    for (const request of requests) this.#send(request)
    return requests.length > 0
  }

  #gather(queue: PartitionQueue, nowMs: number, requests: ProduceRequest[]): void {
    const leader = this.#cluster.partition(queue.topic, queue.index)?.leader ?? -1
    const link = this.#cluster.linkTo(leader)
    if (link === undefined || !link.isUsable) {
      this.#cluster.refresh()
      this.#wakeAt(nowMs + this.#options.retryBackoffMs)
      return
    }
    if ((this.#openRequests.get(leader) ?? 0) >= this.#options.maxInFlight) return
    const batch = queue.sendable(nowMs, leader)
    if (batch === undefined || this.#transaction?.admits(queue.topic, queue.index) === false) return
    let request = requests.find((each) => each.node === leader)
    if (request === undefined) {
      request = { node: leader, link, batches: [], queues: [], topicIds: new Map(), transactionalId: this.#transaction?.transactionalId ?? null }
      requests.push(request)
    }
    queue.sent(batch, leader)
    this.#sticky.batchClosed(queue.topic, queue.index, this.#cluster.topic(queue.topic)!.partitions.length)
    request.batches.push(batch)
    request.queues.push(queue)
    request.topicIds.set(queue.topic, this.#cluster.topic(queue.topic)!.topicId)
  }

  #send(request: ProduceRequest): void {
    const { node, link } = request
    this.#openRequests.set(node, (this.#openRequests.get(node) ?? 0) + 1)
    const body = produceBody(request, this.#options, this.#cluster.options.requestTimeoutMs)
    const byName = [...request.topicIds.values()].includes(zeroUuid) ? lastVersionByName : Infinity
    const limits = { maxVersion: Math.min(byName, this.#transaction?.produceVersionMax ?? Infinity) }
    if (this.#options.acks === 0) {
      link.tell(apis.Produce, body, (result) => this.#told(request, result), limits)
    } else {
      link.request(apis.Produce, body, (result) => this.#answered(request, result), limits)
    }
  }

  #told(request: ProduceRequest, result: { readonly ok: true } | RequestFailure): void {
    this.#landed(request, () => {
      if (!result.ok) return this.#lost(request, result)
      for (let i = 0; i < request.batches.length; i++) request.queues[i]!.succeeded(request.batches[i]!, -1, undefined)
    })
  }

  #answered(request: ProduceRequest, result: RequestResult<typeof apis.Produce.response>): void {
    this.#landed(request, () => {
      if (!result.ok) return this.#lost(request, result)
      this.#cluster.applyEndpoints(result.body.nodeEndpoints)
      const answers = answersByBatch(request, result.body)
      for (let i = 0; i < answers.length; i++) {
        this.#judge(request.queues[i]!, request.batches[i]!, answers[i])
      }
    })
  }

  #landed(request: ProduceRequest, act: () => void): void {
    if (this.#closed) return
    this.#openRequests.set(request.node, this.#openRequests.get(request.node)! - 1)
    act()
    this.#drive()
  }

  #lost(request: ProduceRequest, failure: RequestFailure): void {
    this.#cluster.refresh()
    if (failure.mayHaveHappened) this.#transaction?.mayArriveLate()
    for (let i = 0; i < request.batches.length; i++) {
      const batch = request.batches[i]!
      batch.lost(failure)
      if (failure.reason === 'unsupported') request.queues[i]!.failed(batch)
      else request.queues[i]!.retry(batch, this.#loop.now() + this.#options.retryBackoffMs)
    }
  }

  #judge(queue: PartitionQueue, batch: ProducerBatch, answer: PartitionAnswer | undefined): void {
    const code = answer?.errorCode ?? errorCode.UNKNOWN_SERVER_ERROR
    if (answer !== undefined && code === errorCode.NONE) {
      const timestamp = toNumber(answer.logAppendTimeMs)
      return queue.succeeded(batch, toNumber(answer.baseOffset), timestamp < 0 ? undefined : timestamp)
    }
    if (code === errorCode.DUPLICATE_SEQUENCE_NUMBER) return queue.succeeded(batch, -1, undefined)
    batch.refused(code, answer?.errorMessage ?? null)
    const isEarly = code === errorCode.OUT_OF_ORDER_SEQUENCE_NUMBER && queue.isOrderOpen(batch)
    const error = errorByCode(code)
    if (!isEarly && error?.retriable !== true) return queue.failed(batch)
    const nowMs = this.#loop.now()
    const { leaderId, leaderEpoch } = answer!.currentLeader
    this.#cluster.applyHint(queue.topic, queue.index, leaderId, leaderEpoch)
    const leader = this.#cluster.partition(queue.topic, queue.index)?.leader ?? -1
    const isMoved = leader >= 0 && leader !== batch.node
    if (!isMoved && error?.refreshMetadata === true) this.#cluster.refresh()
    queue.retry(batch, isMoved ? nowMs : nowMs + this.#options.retryBackoffMs)
  }

  /** Tells the callers; they may send again from there. */
  #settle(): void {
    if (this.#finished.length > 0 && this.#waiting.length > 0) this.#wakeAt(0)
    while (this.#finished.length > 0) {
      const batch = this.#finished.shift()!
      this.#bufferedBytes -= batch.recordsSizeBytes
      if (batch.failure !== undefined) this.#transaction?.failed(batch.failure)
      batch.deliver()
    }
    if (this.#transaction !== undefined && this.#isQuiet) this.#transaction.quiet()
  }
}

/** The answers in the order of the request's batches; undefined for a partition the broker left out. */
function answersByBatch(
  request: ProduceRequest,
  body: Decoded<typeof apis.Produce.response>,
): (PartitionAnswer | undefined)[] {
  return request.batches.map((batch) => {
    const id = request.topicIds.get(batch.topic)
    const topic = body.responses.find((each) => each.name === batch.topic || (each.name === '' && each.topicId === id))
    return topic?.partitionResponses.find((each) => each.index === batch.partition)
  })
}

function outcomeWithoutBatch(type: 'fail' | 'info', code: string, message: string): Parameters<SendDone>[0] {
  const error = { code, definite: type === 'fail', message }
  return { type, partition: undefined, error, attempts: 0, node: undefined }
}

function fail(done: SendDone, code: string, message: string): void {
  done(outcomeWithoutBatch('fail', code, message))
}
