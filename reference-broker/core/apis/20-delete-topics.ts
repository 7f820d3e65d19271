/** DeleteTopics v1-6: at the controller it writes, at a broker it is forwarded. v3 TOPIC_DELETION_DISABLED; v6 also by topic id. */
import { apis } from '../../../protocol/apis.ts'
import type { DeleteTopicsRequest, DeleteTopicsResponseInput } from '../../../protocol/apis/20-delete-topics.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import { zeroUuid } from '../../../protocol/uuid.ts'
import { deleteTopics } from '../controller/topics.ts'
import type { BrokerNode, QuorumNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'
import { forwardedHandler } from './forwarded.ts'

interface AskedTopic {
  readonly name: string | null
  readonly topicId: string
}

function topicsAsked(request: DeleteTopicsRequest): AskedTopic[] {
  return [...request.topics, ...request.topicNames.map((name) => ({ name, topicId: zeroUuid }))]
}

export function deleteTopicsHandler(node: QuorumNode): Handler {
  return handler(apis.DeleteTopics, ({ apiVersion }, request, respond) => {
    const controller = node.controller()
    if (controller === undefined) return respond(allFailed(request, errorCode.NOT_CONTROLLER))
    if (!node.config.deleteTopicEnable) {
      return respond(allFailed(request, errorCode[apiVersion < 3 ? 'INVALID_REQUEST' : 'TOPIC_DELETION_DISABLED']))
    }
    return deleteTopics(controller, topicsAsked(request), (answers) => {
      const responses = answers.map(({ name, topicId, error }) => ({
        name, topicId, errorCode: errorCode[error], errorMessage: error === 'NONE' ? null : inWords(error),
      }))
      respond({ responses })
    })
  })
}

function inWords(error: ErrorName): string {
  return error === 'INVALID_REQUEST' ? 'Give each topic once, by its name or by its id.' : 'There is no such topic.'
}

function allFailed(request: DeleteTopicsRequest, code: number): DeleteTopicsResponseInput {
  return { responses: topicsAsked(request).map(({ name, topicId }) => ({ name, topicId, errorCode: code })) }
}

export function deleteTopicsForwarded(node: BrokerNode): Handler {
  return forwardedHandler(node, {
    api: apis.DeleteTopics,
    timeoutMs: (request) => request.timeoutMs,
    wasNotController: ({ responses }) => responses.some((each) => each.errorCode === errorCode.NOT_CONTROLLER),
    failed: allFailed,
  })
}
