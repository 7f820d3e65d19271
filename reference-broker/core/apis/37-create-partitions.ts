/**
 * CreatePartitions v0-3 (KIP-195): at the controller it plans and writes, at a broker it is forwarded. New partitions are
 * spread as those of a new topic are, or go where the request says; there can only be more of them, never fewer.
 * The answer comes when the log has committed them, which is before every broker knows.
 */
import { apis } from '../../../protocol/apis.ts'
import type { CreatePartitionsRequest, CreatePartitionsResponseInput } from '../../../protocol/apis/37-create-partitions.ts'
import { errorCode } from '../../../protocol/errors.ts'
import { createPartitions } from '../controller/partitions.ts'
import type { BrokerNode, QuorumNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'
import { forwardedHandler } from './forwarded.ts'

export function createPartitionsHandler(node: QuorumNode): Handler {
  return handler(apis.CreatePartitions, (_context, request, respond) => {
    const controller = node.controller()
    if (controller === undefined) return respond(allFailed(request, errorCode.NOT_CONTROLLER))
    return createPartitions(controller, request, (answers) => {
      respond({
        results: answers.map(({ name, error, message }) => ({ name, errorCode: errorCode[error], errorMessage: message })),
      })
    })
  })
}

function allFailed(request: CreatePartitionsRequest, code: number): CreatePartitionsResponseInput {
  return { results: request.topics.map(({ name }) => ({ name, errorCode: code })) }
}

export function createPartitionsForwarded(node: BrokerNode): Handler {
  return forwardedHandler(node, {
    api: apis.CreatePartitions,
    timeoutMs: (request) => request.timeoutMs,
    wasNotController: ({ results }) => results.some((each) => each.errorCode === errorCode.NOT_CONTROLLER),
    failed: allFailed,
  })
}
