/**
 * Settings of topics, and defaults of topics for the whole cluster, changed while it runs (AlterConfigs, KIP-133;
 * IncrementalAlterConfigs, KIP-339). Checked in Kafka's order; resources are independent of each other, the changes of one
 * are made together or not at all.
 */
import type { ErrorName } from '../../../protocol/errors.ts'
import { topicConfig, type TopicConfig } from '../config/broker-config.ts'
import { clusterConfigsOf, clusterWideSettings, effectiveTopicConfig, minInSyncReplicas, type Overrides } from '../config/effective-config.ts'
import { nearestName } from '../config/nearest-name.ts'
import { parseSetting, splitList, type Setting } from '../config/setting.ts'
import { topicSettingByName } from '../config/topic-names.ts'
import { topicSettings } from '../config/topic-settings.ts'
import type { TopicImage } from '../metadata/image.ts'
import type { MetadataRecord, PartitionRecord } from '../metadata/records.ts'
import type { Refusal } from './assignments.ts'
import type { Controller } from './controller.ts'
import { partitionRecord } from './elections.ts'
import { isLegalTopicName } from './topic-name.ts'

/** Kafka's numbers. */
export const resourceType = { topic: 2, broker: 4 } as const

export type ConfigOperation = 'set' | 'delete' | 'append' | 'subtract'

export interface ConfigChange {
  readonly name: string
  readonly operation: ConfigOperation
  readonly value: string | null
}

export interface AskedResource {
  readonly type: number
  readonly name: string
  /** Settings that are not named are removed. */
  readonly replaceAll: boolean
  readonly changes: readonly ConfigChange[]
}

export interface AlteredResource {
  readonly type: number
  readonly name: string
  readonly error: ErrorName
  readonly message: string | null
}

type Planned = { readonly records: readonly MetadataRecord[] } | Refusal

export function alterConfigs(
  controller: Controller,
  request: { readonly resources: readonly AskedResource[]; readonly validateOnly: boolean },
  done: (answers: readonly AlteredResource[]) => void,
): void {
  const { resources, validateOnly } = request
  const records: MetadataRecord[] = []
  const answers = resources.map((asked): AlteredResource => {
    const { type, name } = asked
    const twice = resources.filter((other) => other.type === type && other.name === name).length > 1
    const planned: Planned = twice ? invalid('Each resource must appear at most once.') : plan(controller, asked)
    if ('error' in planned) return { type, name, ...planned }
    if (!validateOnly) records.push(...planned.records)
    return { type, name, error: 'NONE', message: null }
  })
  controller.propose(records, (committed) => {
    const lost = { error: 'NOT_CONTROLLER', message: null } as const
    done(committed ? answers : answers.map((answer) => ({ ...answer, ...lost })))
  })
}

function invalid(message: string): Refusal {
  return { error: 'INVALID_REQUEST', message }
}

function plan(controller: Controller, asked: AskedResource): Planned {
  const names = asked.changes.map(({ name }) => name)
  if (new Set(names).size < names.length) return invalid('A setting is named twice.')
  const nulls = asked.changes.filter(({ operation, value }) => operation !== 'delete' && value === null)
  if (nulls.length > 0) return invalid(`Null value not supported for: ${nulls.map(({ name }) => name).join(', ')}.`)
  if (asked.type === resourceType.topic) return planTopic(controller, asked)
  if (asked.type !== resourceType.broker) return invalid(`Resources of type ${asked.type} have no settings here.`)
  return asked.name === '' ? planCluster(controller, asked) : planBroker(controller, asked)
}

function planTopic(controller: Controller, asked: AskedResource): Planned {
  const topic = controller.image.topicsByName.get(asked.name)
  const { topicDefaults } = controller
  const changed = apply(topic?.configs ?? new Map(), asked, (name) => topicSettingByName.get(name))
  if ('error' in changed) return changed
  if (asked.name === '') return invalid('Default topic resources are not allowed.')
  if (!isLegalTopicName(asked.name)) return { error: 'INVALID_TOPIC_EXCEPTION', message: `${asked.name} is no topic's name.` }
  const read = topicConfig(topicDefaults, Object.fromEntries(changed.settings))
  if ('error' in read) return { error: 'INVALID_CONFIG', message: read.error }
  if (topic === undefined) return { error: 'UNKNOWN_TOPIC_OR_PARTITION', message: `Topic ${asked.name} does not exist.` }
  if (isSame(topic.configs, changed.settings)) return { records: [] }
  const record = { kind: 'topic-configs' as const, topicId: topic.id, configs: listed(changed.settings) }
  return { records: [record, ...eligibilityAfter(controller, [topic], () => read.config)] }
}

function planCluster(controller: Controller, asked: AskedResource): Planned {
  const { image, options } = controller
  const before = clusterConfigsOf(options.config.given, image.clusterConfigs)
  const changed = apply(before, asked, clusterWideSetting)
  if ('error' in changed) return changed
  const error = clusterError(options.config.topicDefaults, changed.settings)
  if (error !== undefined) return invalid(error)
  if (!changed.settings.has(minInSyncReplicas)) {
    return { error: 'INVALID_CONFIG', message: `${minInSyncReplicas} of the cluster can be changed, but not removed.` }
  }
  if (isSame(before, changed.settings)) return { records: [] }
  const configOf = (topic: TopicImage): TopicConfig =>
    effectiveTopicConfig(options.config.topicDefaults, changed.settings, topic.configs)
  const record = { kind: 'cluster-configs' as const, configs: listed(changed.settings) }
  return { records: [record, ...eligibilityAfter(controller, [...image.topicsById.values()], configOf)] }
}

function clusterWideSetting(name: string): Setting | undefined {
  const known = clusterWideSettings.get(name)
  return known === undefined ? undefined : { ...known.setting, default: topicSettings[known.field].default }
}

/** Why these cannot be the cluster's settings. As in Kafka that is an invalid request, not an invalid config (KAFKA-13609). */
function clusterError(defaults: TopicConfig, settings: Overrides): string | undefined {
  for (const [name, value] of settings) {
    const known = clusterWideSettings.get(name)
    if (known === undefined) {
      const nearest = nearestName(name, [...clusterWideSettings.keys()])
      return `Cannot change ${name} while the cluster runs; the nearest name that can be is ${nearest}.`
    }
    const parsed = parseSetting(known.setting, value)
    if (!parsed.ok) return parsed.problem
  }
  const together = topicConfig(effectiveTopicConfig(defaults, settings, new Map()), {})
  return 'error' in together ? together.error : undefined
}

/** No setting can be changed for one broker alone; removing one that is not there is no change. */
function planBroker({ image }: Controller, asked: AskedResource): Planned {
  const applied = apply(new Map(), asked, clusterWideSetting)
  if ('error' in applied) return applied
  if (!/^\d{1,10}$/.test(asked.name)) return invalid(`A broker's id must be a whole number; ${asked.name} is none.`)
  if (!image.brokers.has(Number(asked.name))) {
    return { error: 'BROKER_ID_NOT_REGISTERED', message: `There is no broker ${asked.name}.` }
  }
  const changes = asked.changes.filter(({ operation }) => operation !== 'delete').map(({ name }) => name)
  if (changes.length === 0) return { records: [] }
  const minimum = applied.settings.get(minInSyncReplicas)
  if (minimum !== undefined && parseSetting(clusterWideSettings.get(minInSyncReplicas)!.setting, minimum).ok) {
    return { error: 'INVALID_CONFIG', message: `${minInSyncReplicas} is the cluster's, and no broker's alone.` }
  }
  return invalid(`Cannot change for one broker: ${changes.join(', ')}. Without a name it is changed for the cluster.`)
}

/** The settings there would be. */
function apply(
  before: Overrides,
  { replaceAll, changes }: AskedResource,
  settingOf: (name: string) => Setting | undefined,
): { readonly settings: Overrides } | Refusal {
  const settings = new Map(replaceAll ? [] : before)
  for (const { name, operation, value } of changes) {
    if (operation === 'delete') settings.delete(name)
    else if (operation === 'set') settings.set(name, value!)
    else {
      const setting = settingOf(name)
      if (setting?.type !== 'list') {
        return { error: 'INVALID_CONFIG', message: `Cannot ${operation} to ${name}: it is not a list.` }
      }
      const entries = splitList(settings.get(name) ?? setting.default ?? '')
      settings.set(name, edited(entries, operation, splitList(value!)).join(','))
    }
  }
  return { settings }
}

function edited(
  entries: readonly string[],
  operation: 'append' | 'subtract',
  values: readonly string[],
): readonly string[] {
  if (operation === 'append') return [...new Set([...entries, ...values])]
  return entries.filter((entry) => !values.includes(entry))
}

function isSame(a: Overrides, b: Overrides): boolean {
  return a.size === b.size && [...a].every(([name, value]) => b.get(name) === value)
}

function listed(settings: Overrides): { name: string; value: string }[] {
  return [...settings].map(([name, value]) => ({ name, value }))
}

/**
 * Where the minimum of in-sync replicas comes down to what there is, the high watermark moves again, so whoever was
 * eligible while it stood still no longer is (KIP-966).
 */
function eligibilityAfter(
  controller: Controller,
  topics: readonly TopicImage[],
  configOf: (topic: TopicImage) => TopicConfig,
): PartitionRecord[] {
  const context = { ...controller.elections, minInSyncReplicas: (topic: TopicImage) => configOf(topic).minInSyncReplicas }
  return topics.flatMap((topic) =>
    topic.partitions.flatMap((partition, index) => {
      if (partition.eligibleLeaderReplicas.length === 0) return []
      const { leader, inSyncReplicas } = partition
      const record = partitionRecord(context, topic, index, { leader, inSyncReplicas })
      return record.eligibleLeaderReplicas.length === partition.eligibleLeaderReplicas.length ? [] : [record]
    }),
  )
}
