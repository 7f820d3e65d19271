/**
 * IncrementalAlterConfigs v0-1 (KIP-339): settings of topics, and the cluster-wide defaults of topics (resource broker, no
 * name), one change each: 0 set, 1 delete, 2 append, 3 subtract. At the controller it checks and writes, at a broker it is
 * forwarded. Hosted partitions follow as soon as their broker reads of it.
 *
 * Errors as in Kafka: INVALID_CONFIG for what a topic cannot be set to, INVALID_REQUEST for what a broker cannot be
 * (KAFKA-13609). Settings of a single broker, of loggers, groups and client metrics are refused with INVALID_REQUEST.
 */
import { apis } from '../../../protocol/apis.ts'
import type {
  IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponseInput,
} from '../../../protocol/apis/44-incremental-alter-configs.ts'
import { errorCode } from '../../../protocol/errors.ts'
import { alterConfigs, type AlteredResource, type AskedResource, type ConfigOperation } from '../controller/configs.ts'
import type { BrokerNode, QuorumNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'
import { forwardedHandler } from './forwarded.ts'

type Answer = IncrementalAlterConfigsResponseInput['responses'][number]
type Asked = IncrementalAlterConfigsRequest['resources'][number]

const operations: readonly ConfigOperation[] = ['set', 'delete', 'append', 'subtract']

export function incrementalAlterConfigsHandler(node: QuorumNode): Handler {
  return handler(apis.IncrementalAlterConfigs, (_context, request, respond) => {
    const controller = node.controller()
    if (controller === undefined) return respond(allFailed(request, errorCode.NOT_CONTROLLER))
    const read = request.resources.map(readResource)
    const resources = read.flatMap((each) => ('resource' in each ? [each.resource] : []))
    const { validateOnly } = request
    return alterConfigs(controller, { resources, validateOnly }, (altered) => {
      const answers = altered.values()
      const responses = read.map((each) => ('resource' in each ? alteredAnswer(answers.next().value!) : each.refused))
      respond({ responses })
    })
  })
}

function readResource(asked: Asked): { readonly resource: AskedResource } | { readonly refused: Answer } {
  const { resourceType, resourceName } = asked
  const changes = asked.configs.flatMap(({ name, configOperation, value }) => {
    const operation = operations[configOperation]
    return operation === undefined ? [] : [{ name, operation, value }]
  })
  if (changes.length < asked.configs.length) {
    const errorMessage = 'An operation is none of 0 (set), 1 (delete), 2 (append), 3 (subtract).'
    return { refused: { errorCode: errorCode.INVALID_REQUEST, errorMessage, resourceType, resourceName } }
  }
  return { resource: { type: resourceType, name: resourceName, replaceAll: false, changes } }
}

export function alteredAnswer({ type, name, error, message }: AlteredResource): Answer {
  return { errorCode: errorCode[error], errorMessage: message, resourceType: type, resourceName: name }
}

function allFailed({ resources }: IncrementalAlterConfigsRequest, code: number): IncrementalAlterConfigsResponseInput {
  const responses = resources.map(({ resourceType, resourceName }) => ({
    errorCode: code, errorMessage: null, resourceType, resourceName,
  }))
  return { responses }
}

export function incrementalAlterConfigsForwarded(node: BrokerNode): Handler {
  return forwardedHandler(node, {
    api: apis.IncrementalAlterConfigs,
    timeoutMs: () => node.config.requestTimeoutMs,
    wasNotController: ({ responses }) => responses.some((each) => each.errorCode === errorCode.NOT_CONTROLLER),
    failed: allFailed,
  })
}
