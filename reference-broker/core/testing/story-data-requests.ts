/** The story commands that are requests about data: Produce, Fetch, ListOffsets, OffsetForLeaderEpoch, InitProducerId. */
import { apis, type AnyApi, type Api } from '../../../protocol/apis.ts'
import { errorCode, errorName } from '../../../protocol/errors.ts'
import { toBigInt } from '../../../protocol/int64.ts'
import type { Decoded, Encodable, Message } from '../../../protocol/message.ts'
import { parsePartition, topicNamed, type Stage } from './story-stage.ts'
import { optionNumber, printBatches, storyBatch } from './story-records.ts'
import type { StoryLine } from './story.ts'

/** A request to send, and how its answer is printed. */
export interface StoryRequest {
  readonly api: AnyApi
  readonly version: number
  readonly body: unknown
  readonly render: (body: never) => string
}

export interface RequestSource {
  readonly line: StoryLine
  readonly stage: Stage
  /** Of the client, milliseconds since 1970. */
  readonly wallNow: number
}

/** Later than any time a story names, earlier than any clock shows. */
const storyTimeMax = 1_000_000_000_000n

/** An id no topic has. */
const strangerId = 'c3RyYW5nZXIgdG9waWMgaQ'

export function storyRequest<Req extends Message, Res extends Message>(
  { line }: RequestSource,
  api: Api<Req, Res>,
  body: Encodable<Req>,
  render: (body: Decoded<Res>) => string,
): StoryRequest {
  const version = optionNumber(line, 'v', api.versions.max)
  return { api: api as unknown as AnyApi, version, body, render: render as StoryRequest['render'] }
}

export function topicIdFor({ stage }: RequestSource, name: string): string {
  return name === '?' ? strangerId : (topicNamed(stage, name)?.id ?? strangerId)
}

/** Every word that names a partition, with what follows its colon. */
export function partitionWords(line: StoryLine): { topic: string; index: number; rest: string }[] {
  return line.words.flatMap((word) => {
    const [name = '', rest = ''] = word.split(/:(.*)/s)
    return /-\d+$/.test(name) ? [{ ...parsePartition(name), rest }] : []
  })
}

interface Hinted {
  readonly currentLeader: { readonly leaderId: number; readonly leaderEpoch: number }
}

type Endpoints = readonly { readonly nodeId: number; readonly host: string; readonly port: number }[]

/** The KIP-951 hint, if there is one. */
function printHint({ currentLeader: { leaderId, leaderEpoch } }: Hinted, endpoints: Endpoints): string {
  if (leaderId < 0 && leaderEpoch < 0) return ''
  const at = endpoints.find(({ nodeId }) => nodeId === leaderId)
  return ` (leader ${leaderId} epoch ${leaderEpoch}${at === undefined ? '' : ` at ${at.host}:${at.port}`})`
}

function byName(source: RequestSource): (topic: { readonly name: string; readonly topicId: string }) => string {
  const names = new Map(partitionWords(source.line).map(({ topic }) => [topicIdFor(source, topic), topic]))
  return ({ name, topicId }) => (name === '' ? (names.get(topicId) ?? topicId) : name)
}

/** `produce @1 t-0:a,b t-1:c acks=-1 timeout=MS txn=NAME`; more options in story-records.ts. */
export function produceCommand(source: RequestSource): StoryRequest {
  const { line, wallNow } = source
  const body = {
    transactionalId: line.options.get('txn') ?? null,
    acks: optionNumber(line, 'acks', -1),
    timeoutMs: optionNumber(line, 'timeout', 5000),
    topicData: partitionWords(line).map(({ topic, index, rest }) => ({
      name: topic,
      topicId: topicIdFor(source, topic),
      partitionData: [{ index, records: storyBatch(rest, line, wallNow) }],
    })),
  }
  const nameOf = byName(source)
  return storyRequest(source, apis.Produce, body, ({ responses, nodeEndpoints }) =>
    responses.flatMap((topic) => topic.partitionResponses.map((each) => {
      const at = `${nameOf(topic)}-${each.index}`
      const appendTime = each.logAppendTimeMs < 0n ? '' : ' append time'
      if (each.errorCode === errorCode.NONE) return `${at} offset ${each.baseOffset}${appendTime}`
      const bad = each.recordErrors.map(({ batchIndex, batchIndexErrorMessage }) => `\n  record ${batchIndex}: ${batchIndexErrorMessage}`)
      const message = each.errorMessage === null ? '' : `: ${each.errorMessage}`
      return `${at} ${errorName(each.errorCode)}${printHint(each, nodeEndpoints)}${message}${bad.join('')}`
    })).join('\n'))
}

/**
 * `fetch @1 t-0:OFFSET max-wait=MS min-bytes max-bytes partition-bytes leader-epoch last-epoch isolation`; as a follower:
 * `replica=2` with its registered epoch, or `broker-epoch=`; `session=ID,EPOCH`.
 */
export function fetchCommand(source: RequestSource): StoryRequest {
  const { line } = source
  const replicaId = optionNumber(line, 'replica', -1)
  const version = optionNumber(line, 'v', apis.Fetch.versions.max)
  const [sessionId = 0, sessionEpoch = -1] = (line.options.get('session') ?? '0,-1').split(',').map(Number)
  const body = {
    ...(version < 15 ? { replicaId } : { replicaState: { replicaId, replicaEpoch: toBigInt(brokerEpochOf(source, replicaId)) } }),
    maxWaitMs: optionNumber(line, 'max-wait', 0),
    minBytes: optionNumber(line, 'min-bytes', 1),
    maxBytes: optionNumber(line, 'max-bytes', 1 << 20),
    isolationLevel: optionNumber(line, 'isolation', 0),
    sessionId,
    sessionEpoch,
    topics: partitionWords(line).map(({ topic, index, rest }) => ({
      topic,
      topicId: topicIdFor(source, topic),
      partitions: [{
        partition: index,
        currentLeaderEpoch: optionNumber(line, 'leader-epoch', -1),
        fetchOffset: toBigInt(Number(rest === '' ? 0 : rest)),
        lastFetchedEpoch: optionNumber(line, 'last-epoch', -1),
        partitionMaxBytes: optionNumber(line, 'partition-bytes', 1 << 20),
      }],
    })),
    forgottenTopicsData: [],
  }
  const nameOf = byName(source)
  return storyRequest(source, apis.Fetch, body, (answer) => {
    if (answer.errorCode !== errorCode.NONE) return errorName(answer.errorCode)
    const lines = answer.responses.flatMap((topic) => topic.partitions.map((each) => {
      const at = `${nameOf({ name: topic.topic, topicId: topic.topicId })}-${each.partitionIndex}`
      const { divergingEpoch } = each
      if (each.errorCode !== errorCode.NONE) return `${at} ${errorName(each.errorCode)}${printHint(each, answer.nodeEndpoints)}`
      if (divergingEpoch.epoch >= 0) return `${at} diverges: epoch ${divergingEpoch.epoch} ends at ${divergingEpoch.endOffset}`
      const told = each.abortedTransactions?.map(({ producerId, firstOffset }) => ` ${producerId} from ${firstOffset}`)
      const aborted = told === undefined ? '' : ` aborted${told.join(',') || ' 0'}`
      const stable = each.lastStableOffset === each.highWatermark ? '' : ` lso ${each.lastStableOffset}`
      return `${at} hw ${each.highWatermark}${stable}${aborted}: ${printBatches(each.records)}`
    }))
    return lines.length === 0 ? 'no partitions' : lines.join('\n')
  })
}

function brokerEpochOf({ line, stage }: RequestSource, brokerId: number): number {
  if (line.options.has('broker-epoch')) return optionNumber(line, 'broker-epoch', -1)
  for (const { image } of stage.cluster.running.values()) {
    const broker = image?.brokers.get(brokerId)
    if (broker !== undefined) return broker.epoch
  }
  return -1
}

/** `offsets @1 t-0:latest t-1:earliest t-2:-3 leader-epoch replica isolation`. */
export function offsetsCommand(source: RequestSource): StoryRequest {
  const { line } = source
  const named = new Map([['latest', -1], ['earliest', -2], ['max', -3]])
  const body = {
    replicaId: optionNumber(line, 'replica', -1),
    isolationLevel: optionNumber(line, 'isolation', 0),
    topics: partitionWords(line).map(({ topic, index, rest }) => ({
      name: topic,
      partitions: [{
        partitionIndex: index,
        currentLeaderEpoch: optionNumber(line, 'leader-epoch', -1),
        timestamp: toBigInt(named.get(rest) ?? Number(rest)),
      }],
    })),
  }
  return storyRequest(source, apis.ListOffsets, body, ({ topics }) =>
    topics.flatMap(({ name, partitions }) => partitions.map((each) => {
      if (each.errorCode !== errorCode.NONE) return `${name}-${each.partitionIndex} ${errorName(each.errorCode)}`
      const time = each.timestamp === -1n ? '' : ` time ${each.timestamp > storyTimeMax ? 'of the clock' : each.timestamp}`
      return `${name}-${each.partitionIndex} offset ${each.offset} epoch ${each.leaderEpoch}${time}`
    })).join('\n'))
}

/** `epoch-end @1 t-0:EPOCH leader-epoch`. */
export function epochEndCommand(source: RequestSource): StoryRequest {
  const body = {
    replicaId: optionNumber(source.line, 'replica', -1),
    topics: partitionWords(source.line).map(({ topic, index, rest }) => ({
      topic,
      partitions: [{
        partition: index,
        currentLeaderEpoch: optionNumber(source.line, 'leader-epoch', -1),
        leaderEpoch: Number(rest),
      }],
    })),
  }
  return storyRequest(source, apis.OffsetForLeaderEpoch, body, ({ topics }) =>
    topics.flatMap(({ topic, partitions }) => partitions.map((each) => {
      const at = `${topic}-${each.partition}`
      if (each.errorCode !== errorCode.NONE) return `${at} ${errorName(each.errorCode)}`
      return `${at} epoch ${each.leaderEpoch} ends at ${each.endOffset}`
    })).join('\n'))
}

/** `init-producer @1 txn=NAME id epoch timeout=MS`. */
export function initProducerCommand(source: RequestSource): StoryRequest {
  const { line } = source
  const body = {
    transactionalId: line.options.get('txn') ?? null,
    transactionTimeoutMs: optionNumber(line, 'timeout', 60_000),
    producerId: toBigInt(optionNumber(line, 'id', -1)),
    producerEpoch: optionNumber(line, 'epoch', -1),
  }
  return storyRequest(source, apis.InitProducerId, body, (answer) => {
    if (answer.errorCode !== errorCode.NONE) return errorName(answer.errorCode)
    return `producer ${answer.producerId} epoch ${answer.producerEpoch}`
  })
}

