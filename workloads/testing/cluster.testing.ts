/**
 * A scripted Kafka cluster on a TestWorld: several brokers over one set of logs. By default it behaves; a test says
 * otherwise for single Produce and Fetch partitions, cuts brokers, or freezes what one of them tells of leaders.
 */
import { apiByKey, apis } from '../../protocol/apis.ts'
import type { AnyApi } from '../../protocol/apis.ts'
import { errorCode } from '../../protocol/errors.ts'
import { decodeRequestBody, decodeRequestHeader, encodeResponse } from '../../protocol/frames.ts'
import { toBigInt, toNumber } from '../../protocol/int64.ts'
import type { Decoded, Encodable, Message } from '../../protocol/message.ts'
import { readBatchHeader } from '../../protocol/record-batch.ts'
import type { BatchHeader } from '../../protocol/record-batch.ts'
import { zeroUuid } from '../../protocol/uuid.ts'
import { TestLog } from './log.testing.ts'
import { TestTransactions } from './transactions.testing.ts'
import type { EndpointConnection, TestWorld } from './world.testing.ts'

export interface ProduceCall {
  readonly node: number
  readonly topic: string
  readonly partition: number
  readonly header: BatchHeader
  readonly version: number
}

/**
 * What to do with one partition of a Produce request: `error` answers it, after appending when `append` is set; `silent`
 * never answers this connection again; `cut` closes it.
 */
export interface Misbehaviour {
  readonly append?: boolean
  readonly error?: number
  readonly hint?: boolean
  readonly end?: 'silent' | 'cut'
}

export type ProduceScript = (call: ProduceCall) => Misbehaviour | undefined
export type FetchScript = (call: { node: number; topic: string; partition: number; offset: number }) =>
  | { error?: number; records?: Uint8Array }
  | undefined

type ListOffsetsRequest = Decoded<typeof apis.ListOffsets.request>
type Range = readonly [min: number, max: number]
export type Answer = { readonly end: 'silent' | 'cut' } | { readonly body: unknown }

export interface TestClusterOptions {
  readonly brokers?: number
  readonly topics: Readonly<Record<string, number>>
  /** Ranges to advertise instead of ours; null hides the API. */
  readonly versions?: Readonly<Record<string, Range | null>>
  readonly topicIds?: boolean
  /** Finalized; 0 when missing. */
  readonly transactionVersion?: number
}

export class TestCluster {
  readonly world: TestWorld
  readonly #options: TestClusterOptions
  readonly #topics: Record<string, number> = {}
  readonly #logs = new Map<string, TestLog>()
  readonly #muted = new Set<EndpointConnection>()
  readonly #busy = new Map<EndpointConnection, Uint8Array[]>()
  readonly #frozen = new Map<number, Map<string, { leader: number; leaderEpoch: number }>>()
  /** Finalized, as connections are told that are made from now on. */
  transactionVersion: number
  onProduce: ProduceScript = () => undefined
  onFetch: FetchScript = () => undefined
  nextProducerId = 1000
  /** Fetches that came while another request of their connection was in work. */
  overlappingFetches = 0
  /** Told in every Fetch answer. */
  abortedTransactions: { producerId: bigint; firstOffset: bigint }[] | null = null
  readonly #paused = new Set<number>()
  /** Who coordinates transactions and groups. */
  readonly transactions: TestTransactions = new TestTransactions()
  readonly calls: { node: number; api: string; version: number }[] = []

  constructor(world: TestWorld, options: TestClusterOptions) {
    this.world = world
    this.#options = options
    this.transactionVersion = options.transactionVersion ?? 0
    for (const [topic, count] of Object.entries(options.topics)) this.addTopic(topic, count)
    for (let node = 0; node < this.brokers; node++) this.start(node)
  }

  addTopic(topic: string, count: number): void {
    this.#topics[topic] = count
    for (let p = 0; p < count; p++) this.#logs.set(`${topic}-${p}`, new TestLog(p % this.brokers))
  }

  get brokers(): number {
    return this.#options.brokers ?? 3
  }

  log(topic: string, partition: number): TestLog {
    return this.#logs.get(`${topic}-${partition}`)!
  }

  start(node: number): void {
    this.world.listen(`b${node}`, 9092, { onFrame: (frame, connection) => this.#arrive(node, frame, connection) })
  }

  stop(node: number): void {
    this.world.unlisten(`b${node}`, 9092)
  }

  /** From now on this broker tells of today's leaders, and believes in them. */
  freeze(node: number): void {
    const leaders = [...this.#logs].map(([key, { leader, leaderEpoch }]) => [key, { leader, leaderEpoch }] as const)
    this.#frozen.set(node, new Map(leaders))
  }

  /** From now on this broker takes connections and answers nothing. */
  pause(node: number): void {
    this.#paused.add(node)
  }

  thaw(node: number): void {
    this.#frozen.delete(node)
  }

  /** Requests of a connection are worked on one at a time. */
  #arrive(node: number, frame: Uint8Array, connection: EndpointConnection): void {
    const queue = this.#busy.get(connection)
    if (queue !== undefined) {
      if (decodeRequestHeader(frame).apiKey === apis.Fetch.key) this.overlappingFetches++
      return void queue.push(frame)
    }
    this.#busy.set(connection, [])
    this.#handle(node, frame, connection)
  }

  #next(node: number, connection: EndpointConnection): void {
    const frame = this.#busy.get(connection)!.shift()
    if (frame === undefined) this.#busy.delete(connection)
    else this.#handle(node, frame, connection)
  }

  #handle(node: number, frame: Uint8Array, connection: EndpointConnection): void {
    const { apiKey, apiVersion: version, correlationId, bodyStart } = decodeRequestHeader(frame)
    const api = apiByKey(apiKey)
    const [min, max] = api === undefined ? [1, 0] : (this.#range(api) ?? [1, 0])
    if (api === apis.ApiVersions && (version < min || version > max || bodyStart < 0)) {
      const apiKeys = [{ apiKey: 18, minVersion: min, maxVersion: max }]
      const body = { errorCode: errorCode.UNSUPPORTED_VERSION, apiKeys }
      connection.send(encodeResponse(apis.ApiVersions, 0, correlationId, body))
      return this.#next(node, connection)
    }
    if (api === undefined || version < min || version > max) return connection.close()
    this.calls.push({ node, api: api.name, version })
    const request = decodeRequestBody(api, version, frame, bodyStart) as Decoded<Message>
    this.#answer({ node, api, version, request }, (answer) => {
      if (this.#paused.has(node)) return
      if ('end' in answer) {
        if (answer.end === 'cut') return connection.close()
        this.#muted.add(connection)
      } else if (answer.body !== undefined && !this.#muted.has(connection)) {
        connection.send(encodeResponse(api, version, correlationId, answer.body as Encodable<Message>))
      }
      this.#next(node, connection)
    })
  }

  #range(api: AnyApi): Range | null {
    const told = this.#options.versions?.[api.name]
    return told === undefined ? [api.versions.min, api.versions.max] : told
  }

  #answer(
    call: { node: number; api: AnyApi; version: number; request: unknown },
    done: (answer: Answer) => void,
  ): void {
    const { node, version, request } = call
    switch (call.api) {
      case apis.ApiVersions:
        return done({ body: this.#apiVersions() })
      case apis.Metadata:
        return done({ body: this.#metadata(node, request as Decoded<typeof apis.Metadata.request>) })
      case apis.Produce:
        return done(this.#produce(node, version, request as Decoded<typeof apis.Produce.request>))
      case apis.Fetch:
        return this.#fetch(node, request as Decoded<typeof apis.Fetch.request>, done)
      case apis.ListOffsets:
        return done({ body: this.#listOffsets(call as { node: number; version: number; request: ListOffsetsRequest }) })
      case apis.OffsetForLeaderEpoch:
        return done({ body: this.#epochs(request as Decoded<typeof apis.OffsetForLeaderEpoch.request>) })
      case apis.InitProducerId:
        if ((request as Decoded<typeof apis.InitProducerId.request>).transactionalId !== null) return done(this.transactions.answer(call)!)
        return done({ body: { throttleTimeMs: 0, errorCode: 0, producerId: toBigInt(this.nextProducerId++), producerEpoch: 0 } })
      case apis.CreateTopics:
        return done(this.#createTopics(request as Decoded<typeof apis.CreateTopics.request>))
      case apis.DeleteTopics:
        return done(this.#deleteTopics(version, request as Decoded<typeof apis.DeleteTopics.request>))
      case apis.DescribeQuorum:
        return done({ body: this.#describeQuorum() })
      default: {
        const answer = this.transactions.answer(call)
        if (answer === undefined) throw new Error(`the test cluster does not serve ${call.api.name}`)
        return done(answer)
      }
    }
  }

  #apiVersions(): Encodable<typeof apis.ApiVersions.response> {
    const apiKeys = []
    for (const api of Object.values(apis) as AnyApi[]) {
      const range = this.#range(api)
      if (range !== null) apiKeys.push({ apiKey: api.key, minVersion: range[0], maxVersion: range[1] })
    }
    const level = this.transactionVersion
    const finalizedFeatures = [{ name: 'transaction.version', maxVersionLevel: level, minVersionLevel: level }]
    return { errorCode: 0, apiKeys, finalizedFeatures }
  }

  /** The script, for changes: the error of the next attempts, or their end; `append` makes the change all the same. */
  readonly adminScript: Misbehaviour[] = []

  #createTopics(request: Decoded<typeof apis.CreateTopics.request>): Answer {
    const script = this.adminScript.shift() ?? {}
    const isDone = script.append ?? (script.end === undefined && script.error === undefined)
    const topics = request.topics.map(({ name, numPartitions }) => {
      const exists = name in this.#topics
      if (isDone && !exists) this.addTopic(name, numPartitions)
      return { name, errorCode: script.error ?? (exists ? errorCode.TOPIC_ALREADY_EXISTS : 0), errorMessage: null }
    })
    return script.end === undefined ? { body: { throttleTimeMs: 0, topics } } : { end: script.end }
  }

  #deleteTopics(version: number, request: Decoded<typeof apis.DeleteTopics.request>): Answer {
    const script = this.adminScript.shift() ?? {}
    const isDone = script.append ?? (script.end === undefined && script.error === undefined)
    const names = version >= 6 ? request.topics.map(({ name }) => name!) : request.topicNames
    const responses = names.map((name) => {
      const exists = name in this.#topics
      if (isDone) delete this.#topics[name]
      return { name, errorCode: script.error ?? (exists ? 0 : errorCode.UNKNOWN_TOPIC_OR_PARTITION) }
    })
    return script.end === undefined ? { body: { throttleTimeMs: 0, responses } } : { end: script.end }
  }

  #describeQuorum(): Encodable<typeof apis.DescribeQuorum.response> {
    const voters = [100, 101, 102].map((replicaId) => ({ replicaId, logEndOffset: 7n }))
    const facts = { partitionIndex: 0, errorCode: 0, leaderId: 101, leaderEpoch: 3, highWatermark: 7n }
    const partitions = [{ ...facts, currentVoters: voters, observers: [] }]
    return { errorCode: 0, topics: [{ topicName: '__cluster_metadata', partitions }] }
  }

  topicId(topic: string): string {
    if (this.#options.topicIds === false) return zeroUuid
    return `${'A'.repeat(20)}${String.fromCharCode(66 + Object.keys(this.#topics).indexOf(topic))}A`
  }

  #topicOf(name: string, id: string): string {
    return name === '' ? Object.keys(this.#topics).find((each) => this.topicId(each) === id)! : name
  }

  #view(node: number, topic: string, partition: number): { leader: number; leaderEpoch: number } {
    return this.#frozen.get(node)?.get(`${topic}-${partition}`) ?? this.log(topic, partition)
  }

  #endpoints(): { nodeId: number; host: string; port: number; rack: null }[] {
    return Array.from({ length: this.brokers }, (_, nodeId) => ({ nodeId, host: `b${nodeId}`, port: 9092, rack: null }))
  }

  #metadata(
    node: number,
    request: Decoded<typeof apis.Metadata.request>,
  ): Encodable<typeof apis.Metadata.response> {
    const all = Array.from({ length: this.brokers }, (_, each) => each)
    const names = request.topics?.map(({ name }) => name!) ?? Object.keys(this.#topics)
    const topics = names.map((name) => ({
      errorCode: name in this.#topics ? 0 : errorCode.UNKNOWN_TOPIC_OR_PARTITION,
      name,
      topicId: this.topicId(name),
      partitions: Array.from({ length: this.#topics[name] ?? 0 }, (_, partitionIndex) => {
        const { leader, leaderEpoch } = this.#view(node, name, partitionIndex)
        const facts = { partitionIndex, leaderEpoch, replicaNodes: all, isrNodes: all }
        return { ...facts, errorCode: leader < 0 ? errorCode.LEADER_NOT_AVAILABLE : 0, leaderId: leader }
      }),
    }))
    return { brokers: this.#endpoints(), controllerId: 0, topics }
  }

  #produce(node: number, version: number, request: Decoded<typeof apis.Produce.request>): Answer {
    let end: 'silent' | 'cut' | undefined
    let hinted = false
    const responses = request.topicData.map(({ name, topicId, partitionData }) => {
      const topic = this.#topicOf(name, topicId)
      const partitionResponses = partitionData.map(({ index, records }) => {
        const header = readBatchHeader(records!, 0)
        const log = this.log(topic, index)
        const script = this.onProduce({ node, topic, partition: index, header, version }) ?? {}
        if (script.end !== undefined) end = script.end
        const isWrong = script.error === undefined && this.#view(node, topic, index).leader !== node
        let result: { code: number; baseOffset: number } = { code: errorCode.NOT_LEADER_OR_FOLLOWER, baseOffset: -1 }
        if (!isWrong && (script.append ?? (script.end === undefined && script.error === undefined))) {
          result = log.append(records!)
        }
        if (script.error !== undefined) result = { code: script.error, baseOffset: -1 }
        hinted ||= script.hint === true
        const currentLeader = script.hint === true ? { leaderId: log.leader, leaderEpoch: log.leaderEpoch } : undefined
        return { index, errorCode: result.code, baseOffset: toBigInt(result.baseOffset), currentLeader }
      })
      return { name: topic, topicId: this.topicId(topic), partitionResponses }
    })
    if (end !== undefined) return { end }
    if (request.acks === 0) return { body: undefined }
    return { body: { responses, nodeEndpoints: hinted ? this.#endpoints() : [] } }
  }

  /** Waits in steps of 10 ms, at most maxWaitMs. */
  #fetch(node: number, request: Decoded<typeof apis.Fetch.request>, done: (answer: Answer) => void, waitedMs = 0): void {
    let hasNews = false
    const responses = request.topics.map(({ topic: name, topicId, partitions }) => {
      const topic = this.#topicOf(name, topicId)
      const answers = partitions.map((asked) => {
        const answer = this.#fetchPartition(node, topic, asked)
        hasNews ||= answer.errorCode !== 0 || answer.records.length > 0 || answer.divergingEpoch !== undefined
        return answer
      })
      return { topic, topicId: this.topicId(topic), partitions: answers }
    })
    if (hasNews || waitedMs >= request.maxWaitMs) return done({ body: { throttleTimeMs: 0, responses } })
    this.world.schedule(10, () => this.#fetch(node, request, done, waitedMs + 10))
  }

  #fetchPartition(
    node: number,
    topic: string,
    asked: Decoded<typeof apis.Fetch.request>['topics'][number]['partitions'][number],
  ): { errorCode: number; records: Uint8Array; divergingEpoch?: { epoch: number; endOffset: bigint } | undefined } & {
    partitionIndex: number
    highWatermark: bigint
    abortedTransactions: { producerId: bigint; firstOffset: bigint }[] | null
  } {
    const log = this.log(topic, asked.partition)
    const offset = toNumber(asked.fetchOffset)
    const highWatermark = toBigInt(log.visibleEnd)
    const { abortedTransactions } = this
    const empty = { partitionIndex: asked.partition, highWatermark, abortedTransactions, records: new Uint8Array(0) }
    const script = this.onFetch({ node, topic, partition: asked.partition, offset })
    if (script !== undefined) return { ...empty, errorCode: script.error ?? 0, records: script.records ?? empty.records }
    const { leader, leaderEpoch } = this.#view(node, topic, asked.partition)
    const fence = fencing(asked.currentLeaderEpoch, leaderEpoch)
    if (fence !== 0) return { ...empty, errorCode: fence }
    if (leader !== node) return { ...empty, errorCode: errorCode.NOT_LEADER_OR_FOLLOWER }
    if (asked.lastFetchedEpoch >= 0) {
      const end = log.epochEnd(asked.lastFetchedEpoch)
      if (end.endOffset < offset || end.leaderEpoch < asked.lastFetchedEpoch) {
        const divergingEpoch = { epoch: end.leaderEpoch, endOffset: toBigInt(end.endOffset) }
        return { ...empty, errorCode: 0, divergingEpoch }
      }
    }
    if (offset < log.startOffset || offset > log.endOffset) return { ...empty, errorCode: errorCode.OFFSET_OUT_OF_RANGE }
    return { ...empty, errorCode: 0, records: log.read(offset, asked.partitionMaxBytes) }
  }

  #listOffsets(call: {
    node: number
    version: number
    request: ListOffsetsRequest
  }): Encodable<typeof apis.ListOffsets.response> {
    const { node, version, request } = call
    const topics = request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, timestamp, currentLeaderEpoch }) => {
        const log = this.log(name, partitionIndex)
        const { leader, leaderEpoch } = this.#view(node, name, partitionIndex)
        const isDebugging = request.replicaId === -2
        const wrong = leader === node || isDebugging ? 0 : errorCode.NOT_LEADER_OR_FOLLOWER
        const code = fencing(currentLeaderEpoch, leaderEpoch) || wrong
        const readable = request.isolationLevel === 1 ? log.stableEnd : log.visibleEnd
        const end = isDebugging ? log.endOffset : readable
        const offset = timestamp === -2n ? log.startOffset : end
        return { partitionIndex, errorCode: code, offset: toBigInt(code === 0 ? offset : -1), leaderEpoch: version < 4 ? -1 : leaderEpoch }
      }),
    }))
    return { topics }
  }

  #epochs(
    request: Decoded<typeof apis.OffsetForLeaderEpoch.request>,
  ): Encodable<typeof apis.OffsetForLeaderEpoch.response> {
    const topics = request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, leaderEpoch }) => {
        const end = this.log(topic, partition).epochEnd(leaderEpoch)
        return { errorCode: 0, partition, leaderEpoch: end.leaderEpoch, endOffset: toBigInt(end.endOffset) }
      }),
    }))
    return { throttleTimeMs: 0, topics }
  }
}

function fencing(asked: number, known: number): number {
  if (asked < 0 || asked === known) return 0
  return asked < known ? errorCode.FENCED_LEADER_EPOCH : errorCode.UNKNOWN_LEADER_EPOCH
}
