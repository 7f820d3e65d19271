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
import { splitOtherBrokers } from './other-brokers.ts'

type Answer = IncrementalAlterConfigsResponseInput['responses'][number]
type Asked = IncrementalAlterConfigsRequest['resources'][number]

const operations: readonly ConfigOperation[] = ['set', 'delete', 'append', 'subtract']

export function incrementalAlterConfigsHandler(node: QuorumNode): Handler {
  return handler(apis.IncrementalAlterConfigs, (_context, request, respond) => {
    const controller = node.controller()
    if (controller === undefined) return respond(allFailed(request, errorCode.NOT_CONTROLLER))
    const resources = request.resources.map(readResource)
    if (!areRead(resources)) return respond(unknownOperation(request))
    const { validateOnly } = request
    return alterConfigs(controller, { resources, validateOnly }, (altered) => {
      respond({ responses: altered.map(alteredAnswer) })
    })
  })
}

/** undefined when an operation is unknown. */
function readResource({ resourceType, resourceName, configs }: Asked): AskedResource | undefined {
  const changes = configs.flatMap(({ name, configOperation, value }) => {
    const operation = operations[configOperation]
    return operation === undefined ? [] : [{ name, operation, value }]
  })
  if (changes.length < configs.length) return undefined
  return { type: resourceType, name: resourceName, replaceAll: false, changes }
}

function areRead(resources: readonly (AskedResource | undefined)[]): resources is readonly AskedResource[] {
  return !resources.includes(undefined)
}

/** One costs the whole request, as in Kafka. */
function unknownOperation({ resources }: IncrementalAlterConfigsRequest): IncrementalAlterConfigsResponseInput {
  const errorMessage = 'An operation is none of 0 (set), 1 (delete), 2 (append), 3 (subtract).'
  const refused = { errorCode: errorCode.INVALID_REQUEST, errorMessage }
  return { responses: resources.map(({ resourceType, resourceName }) => ({ ...refused, resourceType, resourceName })) }
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
    split: (request) => splitOtherBrokers(node, request),
    wasNotController: ({ responses }) => responses.some((each) => each.errorCode === errorCode.NOT_CONTROLLER),
    failed: allFailed,
  })
}
