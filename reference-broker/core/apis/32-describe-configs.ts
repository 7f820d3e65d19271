/**
 * DescribeConfigs v1-4 (KIP-133, KIP-226): the settings of topics, of the node that is asked, and those set for the whole
 * cluster (resource broker, no name), each with its source. A broker's settings must be asked of that broker.
 *
 * Version notes: v1 source and synonyms; v3 types. There is no documentation here, so it is null also where asked for.
 */
import { apis } from '../../../protocol/apis.ts'
import type { DescribeConfigsRequest, DescribeConfigsResponseInput } from '../../../protocol/apis/32-describe-configs.ts'
import { errorCode, type ErrorName } from '../../../protocol/errors.ts'
import {
  describeBrokerSettings, describeClusterSettings, describeTopicSettings, type DescribedSetting, type Origins,
} from '../config/described-settings.ts'
import { clusterConfigsOf } from '../config/effective-config.ts'
import { resourceType } from '../controller/configs.ts'
import { isLegalTopicName } from '../controller/topic-name.ts'
import type { QuorumNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'

type AskedResource = DescribeConfigsRequest['resources'][number]
type Answer = DescribeConfigsResponseInput['results'][number]
type Found = { readonly settings: readonly DescribedSetting[] } | { readonly error: ErrorName; readonly message: string }

/** Topic, broker, broker logger, client metrics, group. */
const describedTypes: ReadonlySet<number> = new Set([2, 4, 8, 16, 32])

export function describeConfigsHandler(node: QuorumNode): Handler {
  return handler(apis.DescribeConfigs, (_context, request, respond) => {
    const strange = request.resources.find(({ resourceType: type }) => !describedTypes.has(type))
    if (strange !== undefined) return respond({ results: request.resources.map((asked) => refused(asked, strange.resourceType)) })
    return respond({ results: request.resources.map((asked) => answerOf(node, asked, request.includeSynonyms)) })
  })
}

/** One type that has no settings is refused with all that was asked beside it. */
function refused({ resourceType: type, resourceName }: AskedResource, strange: number): Answer {
  const errorMessage = `Resources of type ${strange} have no settings.`
  return { errorCode: errorCode.INVALID_REQUEST, errorMessage, resourceType: type, resourceName, configs: [] }
}

function answerOf(node: QuorumNode, asked: AskedResource, includeSynonyms: boolean): Answer {
  const { resourceType, resourceName, configurationKeys } = asked
  const found = find(node, asked)
  if ('error' in found) {
    return { errorCode: errorCode[found.error], errorMessage: found.message, resourceType, resourceName, configs: [] }
  }
  const keys = configurationKeys === null || configurationKeys.length === 0 ? undefined : new Set(configurationKeys)
  const configs = found.settings
    .filter(({ name }) => keys?.has(name) ?? true)
    .map(({ source, type, synonyms, ...setting }) => ({
      ...setting,
      configSource: source,
      configType: type,
      synonyms: includeSynonyms ? synonyms : [],
      documentation: null,
    }))
  return { errorCode: errorCode.NONE, errorMessage: '', resourceType, resourceName, configs }
}

function find(node: QuorumNode, asked: AskedResource): Found {
  const { config, image } = node
  const origins: Origins = { given: config.given, cluster: clusterConfigsOf(config.given, image.clusterConfigs) }
  const name = asked.resourceName
  switch (asked.resourceType) {
    case resourceType.topic: {
      if (!isLegalTopicName(name)) return { error: 'INVALID_TOPIC_EXCEPTION', message: `${name} is no topic's name.` }
      const topic = image.topicsByName.get(name)
      if (topic === undefined) return { error: 'UNKNOWN_TOPIC_OR_PARTITION', message: '' }
      return { settings: describeTopicSettings(origins, topic.configs) }
    }
    case resourceType.broker:
      if (name === '') return { settings: describeClusterSettings(origins) }
      if (name === String(config.nodeId)) return { settings: describeBrokerSettings(origins) }
      return { error: 'INVALID_REQUEST', message: `This is node ${config.nodeId}; it does not know the settings of ${name}.` }
    default:
      return { error: 'INVALID_REQUEST', message: `Resources of type ${asked.resourceType} have no settings here.` }
  }
}
