/**
 * An exactly-once pipeline as a further part of a scenario on real brokers: three workers of a consumer group that die and
 * freeze at every boundary, under whatever the scenario breaks.
 */
import { consumeTransformProduce } from '../workloads/consume-transform-produce/consume-transform-produce.ts'
import { pipelineConfig, type PipelineOptions } from '../workloads/consume-transform-produce/pipeline-options.ts'
import { transactionalDefaults } from '../workloads/client/defaults.ts'
import { groupConfig, rebalanceBound } from '../workloads/groups/group-plan.ts'
import type { KeyedAppendOptions } from '../workloads/keyed-append/options.ts'
import { groupTimesOf } from './group-times.ts'
import type { Profile } from './profile.ts'
import { nameOn, topicOn, type Site } from './site.ts'
import { transactionalConfig, transactionTimeoutMs } from './transaction-part.ts'
import type { TrialPart } from './trial-part.ts'

const acknowledgedFloor = 300
const recordsPerSecond = 60
const partitions = 3
const delivery = 'exactly-once'

export function pipelinePart(traffic: KeyedAppendOptions, profile: Profile, site: Site): TrialPart {
  const options = pipelineOptions(traffic, profile, site)
  const { outputs } = options
  const topics = [...options.group.topics, ...outputs].map((name) => topicOn(site, name, partitions))
  const group = { ...options.group, members: options.workers, staticMembers: 0, delivery: 'at-least-once' as const }
  const { requestTimeoutMs } = profile.clients
  return {
    workload: consumeTransformProduce(options),
    topics,
    quietTopics: outputs,
    acknowledgedMin: acknowledgedFloor,
    config: {
      ...transactionalConfig({ profile, site }, acknowledgedFloor),
      delivery,
      pipeline: pipelineConfig(options, topics),
      groups: [{ ...groupConfig(group), delivery }],
      rebalanceBoundMs: rebalanceBound([group], { requestTimeoutMs }),
    },
  }
}

export function pipelineOptions(traffic: KeyedAppendOptions, profile: Profile, site: Site): PipelineOptions {
  const times = groupTimesOf(profile)
  const { deliveryTimeoutMs } = profile.clients
  return {
    traffic: { ...traffic, producers: 1, consumers: 1, recordsPerSecond, isolation: 'read_committed' },
    group: {
      group: nameOn(site, 'pipeline'), protocol: 'classic', assignors: ['cooperative-sticky'], topics: [nameOn(site, 'inputs')], resetPolicy: 'earliest', times,
    },
    outputs: ['outputs', 'audit'].map((name) => nameOn(site, name)),
    workers: 3,
    delivery,
    recordsPerPoll: 20,
    pollTimeoutMs: 200,
    crashChance: 0.02,
    pauseChance: 0.02,
    pauseMs: times.sessionTimeoutMs * 1.5,
    freshIdChance: 0.1,
    abortChance: 0.2,
    takenForDeadMs: 0,
    producer: { ...transactionalDefaults, deliveryTimeoutMs, maxBlockMs: deliveryTimeoutMs, transactionTimeoutMs },
    watchMs: 5000,
  }
}
