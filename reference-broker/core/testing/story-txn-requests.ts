/**
 * The story commands about transactions. A transactional id is the first word after the broker, `~` an empty one; id and epoch
 * are the producer's.
 */
import { apis } from '../../../protocol/apis.ts'
import { errorCode, errorName } from '../../../protocol/errors.ts'
import { toBigInt } from '../../../protocol/int64.ts'
import { partitionWords, storyRequest, type RequestSource, type StoryRequest } from './story-data-requests.ts'
import { optionNumber } from './story-records.ts'
import type { StoryLine } from './story.ts'

function producerOf({ line }: RequestSource): { transactionalId: string; producerId: bigint; producerEpoch: number } {
  return {
    transactionalId: line.words[0] === '~' ? '' : (line.words[0] ?? ''),
    producerId: toBigInt(optionNumber(line, 'id', -1)),
    producerEpoch: optionNumber(line, 'epoch', -1),
  }
}

function namedPartitions(line: StoryLine): { name: string; partitions: number[] }[] {
  const byTopic = Map.groupBy(partitionWords(line), ({ topic }) => topic)
  return [...byTopic].map(([name, each]) => ({ name, partitions: each.map(({ index }) => index) }))
}

interface AddedTopic {
  readonly name: string
  readonly resultsByPartition: readonly { readonly partitionIndex: number; readonly partitionErrorCode: number }[]
}

function printAdded(topics: readonly AddedTopic[]): string {
  return topics.flatMap(({ name, resultsByPartition }) =>
    resultsByPartition.map((each) => `${name}-${each.partitionIndex} ${errorName(each.partitionErrorCode)}`)).join('\n')
}

/** `add @1 NAME t-0 t-1 id epoch`; as a broker does it, with `v=5`, also `verify`. */
export function addPartitionsCommand(source: RequestSource): StoryRequest {
  const { line } = source
  const { transactionalId, producerId, producerEpoch } = producerOf(source)
  const topics = namedPartitions(line)
  const version = optionNumber(line, 'v', 3)
  const versioned = { ...source, line: { ...line, options: new Map([...line.options, ['v', String(version)]]) } }
  if (version > 3) {
    const verifyOnly = line.words.includes('verify')
    const transactions = [{ transactionalId, producerId, producerEpoch, verifyOnly, topics }]
    return storyRequest(versioned, apis.AddPartitionsToTxn, { transactions }, ({ resultsByTransaction }) =>
      resultsByTransaction.map(({ topicResults }) => printAdded(topicResults)).join('\n'))
  }
  const body = {
    v3AndBelowTransactionalId: transactionalId,
    v3AndBelowProducerId: producerId,
    v3AndBelowProducerEpoch: producerEpoch,
    v3AndBelowTopics: topics,
  }
  return storyRequest(versioned, apis.AddPartitionsToTxn, body, (answer) => printAdded(answer.resultsByTopicV3AndBelow))
}

/** `add-offsets @1 NAME group=g id epoch`. */
export function addOffsetsCommand(source: RequestSource): StoryRequest {
  const body = { ...producerOf(source), groupId: source.line.options.get('group') ?? '' }
  return storyRequest(source, apis.AddOffsetsToTxn, body, (answer) => errorName(answer.errorCode))
}

/** `end @1 NAME commit id epoch`, or `abort`. */
export function endCommand(source: RequestSource): StoryRequest {
  const body = { ...producerOf(source), committed: source.line.words.includes('commit') }
  return storyRequest(source, apis.EndTxn, body, (answer) => {
    if (answer.errorCode !== errorCode.NONE || answer.producerId < 0n) return errorName(answer.errorCode)
    return `goes on as producer ${answer.producerId} epoch ${answer.producerEpoch}`
  })
}

/** `commit-in @1 NAME t-0:5 t-1:6 group=g id epoch member generation`: offsets in a transaction. */
export function commitInCommand(source: RequestSource): StoryRequest {
  const { line } = source
  const version = optionNumber(line, 'v', apis.TxnOffsetCommit.versions.max)
  const body = {
    ...producerOf(source),
    groupId: line.options.get('group') ?? '',
    ...(version >= 3 && { memberId: line.options.get('member') ?? '', generationIdOrMemberEpoch: optionNumber(line, 'generation', -1) }),
    topics: partitionWords(line).map(({ topic, index, rest }) => ({
      name: topic,
      partitions: [{ partitionIndex: index, committedOffset: toBigInt(Number(rest)), committedMetadata: '' }],
    })),
  }
  return storyRequest(source, apis.TxnOffsetCommit, body, ({ topics }) =>
    topics.flatMap(({ name, partitions }) => partitions.map((each) => `${name}-${each.partitionIndex} ${errorName(each.errorCode)}`)).join('\n'))
}

/** `transaction @1 NAME…`: what its coordinator knows. */
export function transactionCommand(source: RequestSource): StoryRequest {
  const transactionalIds = source.line.words.map((word) => (word === '~' ? '' : word))
  return storyRequest(source, apis.DescribeTransactions, { transactionalIds }, ({ transactionStates }) =>
    transactionStates.map((each) => {
      if (each.errorCode !== errorCode.NONE) return `${each.transactionalId} ${errorName(each.errorCode)}`
      const partitions = each.topics.flatMap(({ topic, partitions }) => partitions.map((index) => `${topic}-${index}`))
      const where = partitions.length === 0 ? '' : ` on ${partitions.join(' ')}`
      return `${each.transactionalId} ${each.transactionState} producer ${each.producerId} epoch ${each.producerEpoch}${where}`
    }).join('\n'))
}

/** `transactions @1 states=Ongoing,Empty producers=1,2 longer=MS pattern=a.*`. */
export function transactionsCommand(source: RequestSource): StoryRequest {
  const { line } = source
  const list = (name: string): string[] => line.options.get(name)?.split(',') ?? []
  const version = optionNumber(line, 'v', apis.ListTransactions.versions.max)
  const body = {
    stateFilters: list('states'),
    producerIdFilters: list('producers').map(BigInt),
    ...(version >= 1 && { durationFilter: toBigInt(optionNumber(line, 'longer', -1)) }),
    ...(version >= 2 && { transactionalIdPattern: line.options.get('pattern') ?? null }),
  }
  return storyRequest(source, apis.ListTransactions, body, (answer) => {
    const unknown = answer.unknownStateFilters.length === 0 ? '' : ` unknown states ${answer.unknownStateFilters}`
    if (answer.errorCode !== errorCode.NONE) return `${errorName(answer.errorCode)}${unknown}`
    const found = answer.transactionStates.map((each) => `${each.transactionalId} ${each.transactionState} producer ${each.producerId}`)
    return `${found.toSorted().join('; ') || 'none'}${unknown}`
  })
}

/** `marker @1 commit t-0 t-1 id epoch coordinator tv`: a coordinator's word that a transaction has ended. */
export function markerCommand(source: RequestSource): StoryRequest {
  const { line } = source
  const topics = partitionWords(line).map(({ topic, index }) => ({ name: topic, partitionIndexes: [index] }))
  const transactionVersion = optionNumber(line, 'tv', 0)
  const marker = {
    producerId: toBigInt(optionNumber(line, 'id', -1)),
    producerEpoch: optionNumber(line, 'epoch', -1),
    transactionResult: line.words.includes('commit'),
    topics,
    coordinatorEpoch: optionNumber(line, 'coordinator', 0),
    ...(transactionVersion === 0 ? {} : { transactionVersion }),
  }
  return storyRequest(source, apis.WriteTxnMarkers, { markers: [marker] }, ({ markers }) =>
    markers.flatMap((each) => each.topics).flatMap(({ name, partitions }) =>
      partitions.map((each) => `${name}-${each.partitionIndex} ${errorName(each.errorCode)}`)).join('\n'))
}

/** `producers @1 t-0`. */
export function producersCommand(source: RequestSource): StoryRequest {
  const topics = partitionWords(source.line).map(({ topic, index }) => ({ name: topic, partitionIndexes: [index] }))
  return storyRequest(source, apis.DescribeProducers, { topics }, (answer) =>
    answer.topics.flatMap(({ name, partitions }) => partitions.map((each) => {
      const at = `${name}-${each.partitionIndex}`
      if (each.errorCode !== errorCode.NONE) return `${at} ${errorName(each.errorCode)}`
      const producers = each.activeProducers.map((known) => {
        const open = known.currentTxnStartOffset < 0n ? '' : ` open from ${known.currentTxnStartOffset}`
        const coordinator = known.coordinatorEpoch < 0 ? '' : ` coordinator ${known.coordinatorEpoch}`
        return `${known.producerId} epoch ${known.producerEpoch} sequence ${known.lastSequence}${coordinator}${open}`
      })
      return `${at}: ${producers.join('; ') || 'none'}`
    })).join('\n'))
}
