/**
 * CreateTopics v2-7: at the controller it plans and writes, at a broker it is forwarded.
 * Version notes: v4 -1 means the broker's default; v5 the answer tells all settings of the topic with their sources (KIP-525).
 */
import { apis } from '../../../protocol/apis.ts'
import type { CreateTopicsRequest, CreateTopicsResponseInput } from '../../../protocol/apis/19-create-topics.ts'
import { errorCode } from '../../../protocol/errors.ts'
import { describeTopicSettings, type Origins } from '../config/described-settings.ts'
import { clusterConfigsOf } from '../config/effective-config.ts'
import { createTopics, type TopicAnswer } from '../controller/topics.ts'
import type { BrokerNode, QuorumNode } from '../node.ts'
import { handler, type Handler } from '../server/server.ts'
import { forwardedHandler } from './forwarded.ts'

export function createTopicsHandler(node: QuorumNode): Handler {
  return handler(apis.CreateTopics, (_context, request, respond) => {
    const controller = node.controller()
    if (controller === undefined) return respond(allFailed(request, errorCode.NOT_CONTROLLER))
    const origins = { given: node.config.given, cluster: clusterConfigsOf(node.config.given, controller.image.clusterConfigs) }
    return createTopics(controller, request, (answers) => {
      respond({ topics: answers.map((each) => answerOf(each, origins)) })
    })
  })
}

function answerOf(answer: TopicAnswer, origins: Origins): CreateTopicsResponseInput['topics'][number] {
  const { name, error, message, topic } = answer
  const outcome = { name, errorCode: errorCode[error], errorMessage: message }
  if (error !== 'NONE' || topic === undefined) return outcome
  return {
    ...outcome,
    topicId: topic.id,
    numPartitions: topic.partitions.length,
    replicationFactor: topic.partitions[0]?.replicas.length ?? -1,
    configs: describeTopicSettings(origins, topic.configs).map((setting) => {
      const { name: settingName, value, readOnly, source, isSensitive } = setting
      return { name: settingName, value: topic.configs.get(settingName) ?? value, readOnly, configSource: source, isSensitive }
    }),
  }
}

function allFailed(request: CreateTopicsRequest, code: number): CreateTopicsResponseInput {
  return { topics: request.topics.map(({ name }) => ({ name, errorCode: code, errorMessage: null })) }
}

export function createTopicsForwarded(node: BrokerNode): Handler {
  return forwardedHandler(node, {
    api: apis.CreateTopics,
    timeoutMs: (request) => request.timeoutMs,
    wasNotController: ({ topics }) => topics.some((topic) => topic.errorCode === errorCode.NOT_CONTROLLER),
    failed: allFailed,
  })
}
