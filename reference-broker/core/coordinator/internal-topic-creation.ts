/**
 * Internal topics are made when somebody first asks for their coordinator, through the controller, which refuses when there are
 * fewer brokers than replicas are wanted: then clients go on asking, as with Kafka.
 */
import { apis } from '../../../protocol/apis.ts'
import { errorName } from '../../../protocol/errors.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { Logger } from '../logger.ts'
import { offsetsTopic, transactionsTopic } from '../metadata/internal-topics.ts'
import type { ControllerChannel } from '../server/controller-channel.ts'

export interface InternalTopicShape {
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

/** The topic of group offsets as the settings want it. Compacted: only the newest record of a key counts. */
export function offsetsTopicShape(config: BrokerConfig): InternalTopicShape {
  return {
    numPartitions: config.offsetsTopicNumPartitions,
    replicationFactor: config.offsetsTopicReplicationFactor,
    configs: {
      'cleanup.policy': 'compact',
      'compression.type': 'producer',
      'segment.bytes': String(config.offsetsTopicSegmentBytes),
    },
  }
}

/** The topic of transactions. What it says is lost with nobody: it wants more in-sync replicas than others may. */
export function transactionsTopicShape(config: BrokerConfig): InternalTopicShape {
  return {
    numPartitions: config.transactionStateLogNumPartitions,
    replicationFactor: config.transactionStateLogReplicationFactor,
    configs: {
      'cleanup.policy': 'compact',
      'compression.type': 'uncompressed',
      'min.insync.replicas': String(config.transactionStateLogMinIsr),
      'segment.bytes': String(config.transactionStateLogSegmentBytes),
      'unclean.leader.election.enable': 'false',
    },
  }
}

const shapes: Readonly<Record<string, (config: BrokerConfig) => InternalTopicShape>> = {
  [offsetsTopic]: offsetsTopicShape,
  [transactionsTopic]: transactionsTopicShape,
}

export interface InternalTopicCreationOptions {
  readonly config: BrokerConfig
  readonly channel: ControllerChannel
  readonly logger: Logger
}

export class InternalTopicCreation {
  readonly #options: InternalTopicCreationOptions
  readonly #underWay = new Set<string>()

  constructor(options: InternalTopicCreationOptions) {
    this.#options = options
  }

  /** Asks the controller for the topic, unless that was asked and not answered yet. */
  create(topic: string): void {
    const { config, channel, logger } = this.#options
    const shape = shapes[topic]?.(config)
    if (shape === undefined || this.#underWay.has(topic)) return
    this.#underWay.add(topic)
    const { numPartitions, replicationFactor } = shape
    const configs = Object.entries(shape.configs).map(([name, value]) => ({ name, value }))
    const topics = [{ name: topic, numPartitions, replicationFactor, assignments: [], configs }]
    channel.request(apis.CreateTopics, { topics, timeoutMs: config.requestTimeoutMs }, (answer) => {
      this.#underWay.delete(topic)
      const made = answer.ok ? answer.body.topics[0] : undefined
      logger('info', 'internal topic created', { topic, error: made === undefined ? 'no answer' : errorName(made.errorCode) })
    })
  }
}
