/**
 * ElectLeaders v0-2 (KIP-183, KIP-460): type 0 gives leadership to the preferred replica if it is alive and in sync, type 1
 * finds a leader for partitions that have none, at the price of data if need be. No list of partitions means all of them.
 * At the controller it elects and writes, at a broker it is forwarded.
 *
 * Version notes: v0 knows the preferred election only and no top-level error.
 */
import { apis } from '../../../protocol/apis.ts'
import type { ElectLeadersRequest, ElectLeadersResponseInput } from '../../../protocol/apis/43-elect-leaders.ts'
import { errorCode } from '../../../protocol/errors.ts'
import {
  electLeaders, everyPartition, type AskedPartition, type ElectionAnswer, type ElectionType,
} from '../controller/leader-elections.ts'
import type { BrokerNode, QuorumNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'
import { forwardedHandler } from './forwarded.ts'

type TopicResult = ElectLeadersResponseInput['replicaElectionResults'][number]

const electionTypes: readonly ElectionType[] = ['preferred', 'unclean']

export function electLeadersHandler(node: QuorumNode): Handler {
  return handler(apis.ElectLeaders, ({ apiVersion }, request, respond) => {
    const controller = node.controller()
    const type = electionTypes[request.electionType]
    if (controller === undefined) return respond(allFailed(node, request, { code: errorCode.NOT_CONTROLLER, apiVersion }))
    if (type === undefined) return respond(allFailed(node, request, { code: errorCode.INVALID_REQUEST, apiVersion, message: 'There is no such kind of election.' }))
    return electLeaders(controller, { type, asked: partitionsAsked(request) }, (answers) => {
      const results = answers.map((answer) => ({ ...answer, code: errorCode[answer.error] }))
      const { topicPartitions } = request
      respond({ replicaElectionResults: topicPartitions === null ? wherever(results) : asAsked(topicPartitions, results) })
    })
  })
}

function partitionsAsked({ topicPartitions }: ElectLeadersRequest): AskedPartition[] | null {
  return topicPartitions?.flatMap(({ topic, partitions }) => partitions.map((index) => ({ topic, index }))) ?? null
}

type Result = Omit<ElectionAnswer, 'error'> & { readonly code: number }

function byTopic(results: readonly Result[]): TopicResult[] {
  const topics = Map.groupBy(results, ({ topic }) => topic)
  return [...topics].map(([topic, partitions]) => topicResult(topic, partitions))
}

/** Every topic, with those of its partitions that were elected or should have been. */
function wherever(results: readonly Result[]): TopicResult[] {
  return byTopic(results).map(({ topic, partitionResult }) => ({
    topic, partitionResult: partitionResult.filter((each) => each.errorCode !== errorCode.ELECTION_NOT_NEEDED),
  }))
}

/** Answers in the shape of what was asked, whatever is in it twice or empty. */
function asAsked(asked: NonNullable<ElectLeadersRequest['topicPartitions']>, results: readonly Result[]): TopicResult[] {
  let at = 0
  return asked.map(({ topic, partitions }) => topicResult(topic, results.slice(at, (at += partitions.length))))
}

function topicResult(topic: string, results: readonly Result[]): TopicResult {
  const partitionResult = results.map(({ index, code, message }) => ({ partitionId: index, errorCode: code, errorMessage: message }))
  return { topic, partitionResult }
}

/** v0 has no place for an error but beside a partition, so there it says all of them where none is named. */
function allFailed(
  node: QuorumNode,
  request: ElectLeadersRequest,
  { code, apiVersion, message = null }: { readonly code: number; readonly apiVersion: number; readonly message?: string | null },
): ElectLeadersResponseInput {
  const asked = partitionsAsked(request) ?? (apiVersion === 0 ? everyPartition(node.image) : [])
  const results = asked.map((each) => ({ ...each, code, message }))
  const { topicPartitions } = request
  const replicaElectionResults = topicPartitions === null ? byTopic(results) : asAsked(topicPartitions, results)
  return apiVersion === 0 ? { replicaElectionResults } : { errorCode: code, replicaElectionResults }
}

export function electLeadersForwarded(node: BrokerNode): Handler {
  const refused = (code: number): boolean => code === errorCode.NOT_CONTROLLER
  return forwardedHandler(node, {
    api: apis.ElectLeaders,
    timeoutMs: (request) => request.timeoutMs,
    wasNotController: ({ errorCode: code, replicaElectionResults }) =>
      refused(code) ||
      replicaElectionResults.some(({ partitionResult }) => partitionResult.some((each) => refused(each.errorCode))),
    failed: (request, code, apiVersion) => allFailed(node, request, { code, apiVersion }),
  })
}
