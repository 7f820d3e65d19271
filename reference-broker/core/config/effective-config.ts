/**
 * What a topic lives by, in Kafka's order: its own settings, over those that were set for the whole cluster while it runs,
 * over those this node was started with. The controller has checked them before they came into the metadata log, so here
 * they only are laid over each other; rules between settings do not hold a running topic up.
 */
import type { TopicConfig } from './broker-config.ts'
import { parseSetting, type Setting, type SettingValue } from './setting.ts'
import { brokerWideSettings, internalSegmentBytes, topicFieldByName, topicSettingByName } from './topic-names.ts'

/** Settings by name, as text. */
export type Overrides = ReadonlyMap<string, string>

interface ClusterWideSetting {
  readonly setting: Setting
  readonly field: keyof TopicConfig
}

/**
 * The names under which defaults of all topics can be changed while the cluster runs: the first broker-wide name of each
 * topic setting that is acted upon.
 */
export const clusterWideSettings: ReadonlyMap<string, ClusterWideSetting> = new Map(
  [...topicFieldByName].flatMap(([topicSetting, field]) => {
    const name = topicSettingByName.get(topicSetting)!.brokerWide[0]?.name
    const setting = brokerWideSettings.find((each) => each.name === name)
    return setting === undefined ? [] : [[setting.name, { setting, field }] as const]
  }),
)

/**
 * What is set for the whole cluster. The minimum of in-sync replicas always is: with eligible leader replicas (KIP-966) it
 * belongs to the cluster, and what this node was started with stands for it until somebody changes it.
 */
export function clusterConfigsOf(given: Readonly<Record<string, string>>, cluster: Overrides): Overrides {
  if (cluster.has(minInSyncReplicas)) return cluster
  return new Map([...cluster, [minInSyncReplicas, given[minInSyncReplicas] ?? '1']])
}

export const minInSyncReplicas = 'min.insync.replicas'

/** Throws on a value that no controller can have accepted. */
export function effectiveTopicConfig(defaults: TopicConfig, cluster: Overrides, topic: Overrides): TopicConfig {
  if (cluster.size === 0 && topic.size === 0) return defaults
  const changes: Partial<Record<keyof TopicConfig, SettingValue>> = {}
  for (const [name, text] of cluster) {
    const known = clusterWideSettings.get(name)
    if (known !== undefined) changes[known.field] = valueOf(known.setting, text)
  }
  for (const [name, text] of topic) {
    const field = topicFieldByName.get(name)
    if (field !== undefined) changes[field] = valueOf(topicSettingByName.get(name)!, text)
  }
  const internalBytes = topic.get(internalSegmentBytes.name)
  if (internalBytes !== undefined) changes.segmentBytes = valueOf(internalSegmentBytes, internalBytes)
  return { ...defaults, ...changes } as TopicConfig
}

function valueOf(setting: Setting, text: string): SettingValue {
  const parsed = parseSetting(setting, text)
  if (!parsed.ok) throw new Error(`the metadata log holds a setting nobody can have accepted: ${parsed.problem}`)
  return parsed.value
}
