/**
 * AlterConfigs v0-2 (KIP-133): all settings of a resource are replaced by those given. What can be changed, and how it is
 * checked, is as in IncrementalAlterConfigs (44), which newer clients send.
 */
import { apis } from '../../../protocol/apis.ts'
import type { AlterConfigsRequest, AlterConfigsResponseInput } from '../../../protocol/apis/33-alter-configs.ts'
import { errorCode } from '../../../protocol/errors.ts'
import { alterConfigs, type AskedResource } from '../controller/configs.ts'
import type { BrokerNode, QuorumNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'
import { alteredAnswer } from './44-incremental-alter-configs.ts'
import { forwardedHandler } from './forwarded.ts'
import { splitOtherBrokers } from './other-brokers.ts'

export function alterConfigsHandler(node: QuorumNode): Handler {
  return handler(apis.AlterConfigs, (_context, request, respond) => {
    const controller = node.controller()
    if (controller === undefined) return respond(allFailed(request, errorCode.NOT_CONTROLLER))
    const resources = request.resources.map(({ resourceType, resourceName, configs }): AskedResource => ({
      type: resourceType,
      name: resourceName,
      replaceAll: true,
      changes: configs.map(({ name, value }) => ({ name, operation: 'set', value })),
    }))
    const { validateOnly } = request
    return alterConfigs(controller, { resources, validateOnly }, (answers) => {
      respond({ responses: answers.map(alteredAnswer) })
    })
  })
}

function allFailed({ resources }: AlterConfigsRequest, code: number): AlterConfigsResponseInput {
  const responses = resources.map(({ resourceType, resourceName }) => ({
    errorCode: code, errorMessage: null, resourceType, resourceName,
  }))
  return { responses }
}

export function alterConfigsForwarded(node: BrokerNode): Handler {
  return forwardedHandler(node, {
    api: apis.AlterConfigs,
    timeoutMs: () => node.config.requestTimeoutMs,
    split: (request) => splitOtherBrokers(node, request),
    wasNotController: ({ responses }) => responses.some((each) => each.errorCode === errorCode.NOT_CONTROLLER),
    failed: allFailed,
  })
}
