/**
 * Turns settings under Kafka's names into a BrokerConfig, or into every reason why not. A setting is acted
 * upon, or named in a warning, or refused: none is silently ignored.
 */
import type { BrokerConfig, ScalarConfig, TopicConfig } from './broker-config.ts'
import { brokerSettings, identitySettings } from './broker-settings.ts'
import { readIdentity, type IdentityValues } from './identity.ts'
import { keptTopicSettings } from './kept-topic-settings.ts'
import { otherNames, pluginPrefixes, promisingNames, removedNames } from './known-names.ts'
import { groupSettingErrors } from './group-settings.ts'
import { nearestName } from './nearest-name.ts'
import { defaultValue, parseSetting, splitList, type Setting, type SettingValue } from './setting.ts'
import { brokerWideSettings, toTopicUnit, topicSettingByName } from './topic-names.ts'
import { topicSettings } from './topic-settings.ts'

export type BrokerConfigResult = { config: BrokerConfig; warnings: string[] } | { errors: string[] }

/**
 * Reads a whole configuration. `errors` has one sentence for each thing that is wrong with single settings;
 * only when nothing is, one for each thing that is wrong between them.
 */
export function readBrokerConfig(properties: Readonly<Record<string, string>>): BrokerConfigResult {
  const errors: string[] = []
  const warnings: string[] = []
  const values = readValues(properties, errors)
  checkOtherNames(properties, errors, warnings)
  if (errors.length > 0) return { errors }
  const identity = readIdentity(identityValues(values), errors)
  const scalars = readScalars(values)
  const topicDefaults = readTopicDefaults(values)
  checkTogether(scalars, topicDefaults, { errors, warnings })
  if (errors.length > 0) return { errors }
  return { config: { ...identity, ...scalars, topicDefaults, given: properties }, warnings }
}

/** Every name whose value is checked, whether it is acted upon or not. */
const settingByName: ReadonlyMap<string, Setting> = new Map(
  [
    ...Object.values<Setting>(brokerSettings),
    ...Object.values<Setting>(identitySettings),
    ...brokerWideSettings,
  ].map((setting) => [setting.name, setting]),
)

/** Defaults of the names that are known and not acted upon, and what the promising ones promise. */
const knownDefaults: ReadonlyMap<string, string> = new Map([
  ...promisingNames.flatMap(({ names }) => Object.entries(names)),
  ...Object.entries(otherNames),
  ...keptTopicSettings.flatMap((setting) =>
    setting.brokerWide.map(({ name }): [string, string] => [name, setting.default ?? '']),
  ),
])
const promiseByName: ReadonlyMap<string, string> = new Map(
  promisingNames.flatMap(({ what, names }) =>
    Object.keys(names).map((name): [string, string] => [name, what]),
  ),
)

/** All names Kafka 4 knows for brokers and controllers, as far as this broker knows them. */
export const brokerSettingNames: readonly string[] = [
  ...new Set([...settingByName.keys(), ...knownDefaults.keys()]),
]

/** Whether Kafka knows, or knew, a setting of this name: whatever else, it is meant for a broker or controller. */
export function isSettingName(name: string): boolean {
  const isReal = settingByName.has(name) || knownName(name) !== undefined
  const isGone = name in removedNames || name.startsWith('zookeeper.')
  return isReal || isGone || pluginPrefixes.some((prefix) => name.startsWith(prefix))
}

function readValues(
  properties: Readonly<Record<string, string>>,
  errors: string[],
): Map<string, SettingValue> {
  const values = new Map<string, SettingValue>()
  for (const [name, text] of Object.entries(properties)) {
    const setting = settingByName.get(name)
    if (setting === undefined) continue
    const parsed = parseSetting(setting, text)
    if (parsed.ok) values.set(name, parsed.value)
    else errors.push(parsed.problem)
  }
  return values
}

function checkOtherNames(
  properties: Readonly<Record<string, string>>,
  errors: string[],
  warnings: string[],
): void {
  const ignored: string[] = []
  for (const [name, text] of Object.entries(properties)) {
    const known = knownName(name)
    if (known === undefined) {
      if (settingByName.has(name)) continue
      if (pluginPrefixes.some((prefix) => name.startsWith(prefix))) ignored.push(name)
      else errors.push(unknownSetting(name))
    } else if (!sameText(text, knownDefaults.get(known)!)) {
      const promise = promiseByName.get(known)
      if (promise === undefined) ignored.push(name)
      else errors.push(`${name}=${shown(name, text)} is not supported: this broker has no ${promise}.`)
    }
  }
  if (ignored.length > 0)
    warnings.push(`Known to Kafka, but without effect on this broker: ${ignored.join(', ')}.`)
}

/**
 * The name itself, or the one behind a prefix such as `listener.name.internal.` or
 * `listener.name.internal.plain.`.
 */
function knownName(name: string): string | undefined {
  if (knownDefaults.has(name)) return name
  const behind = /^listener\.name\.[^.]+\.(.+)$/.exec(name)?.[1]
  if (behind === undefined) return undefined
  const behindMechanism = behind.slice(behind.indexOf('.') + 1)
  return [behind, behindMechanism].find((candidate) => knownDefaults.has(candidate))
}

function sameText(text: string, known: string): boolean {
  return splitList(text).join() === splitList(known).join()
}

/** Secrets stay out of logs. */
function shown(name: string, text: string): string {
  return /password|secret|key|jaas|passphrase/.test(name) ? '…' : text.trim()
}

function unknownSetting(name: string): string {
  const instead = name.startsWith('zookeeper.') ? 'set controller.quorum.voters' : removedNames[name]
  if (instead !== undefined) return `${name} is gone since Kafka 4.0; ${instead}.`
  const wide = topicSettingByName.get(name)?.brokerWide[0]
  if (wide !== undefined) return `${name} is a setting of topics; its broker-wide name is ${wide.name}.`
  return `Unknown setting ${name}; the nearest real name is ${nearestName(name, brokerSettingNames)}.`
}

function identityValues(values: ReadonlyMap<string, SettingValue>): IdentityValues {
  const read: Record<string, SettingValue> = {}
  for (const [key, setting] of Object.entries<Setting>(identitySettings)) {
    const value = values.get(setting.name) ?? defaultValue(setting)
    read[key] = value === '' ? defaultValue(setting) : value
  }
  return read as IdentityValues
}

function readScalars(values: ReadonlyMap<string, SettingValue>): ScalarConfig {
  const read: Record<string, SettingValue> = {}
  for (const [field, setting] of Object.entries(brokerSettings)) {
    read[field] = values.get(setting.name) ?? defaultValue(setting)
  }
  return read as unknown as ScalarConfig
}

function readTopicDefaults(values: ReadonlyMap<string, SettingValue>): TopicConfig {
  const read: Record<string, SettingValue> = {}
  for (const [field, setting] of Object.entries(topicSettings)) {
    const wide = setting.brokerWide.find(({ name }) => values.has(name))
    read[field] = wide === undefined ? defaultValue(setting) : toTopicUnit(values.get(wide.name)!, wide.scale)
  }
  return read as unknown as TopicConfig
}

/** Kafka's rules between settings. */
function checkTogether(
  scalars: ScalarConfig,
  topicDefaults: TopicConfig,
  found: { errors: string[]; warnings: string[] },
): void {
  if (scalars.replicaFetchWaitMaxMs > scalars.replicaLagTimeMaxMs) {
    found.errors.push('replica.fetch.wait.max.ms must not be above replica.lag.time.max.ms.')
  }
  found.errors.push(...groupSettingErrors(scalars))
  if (topicDefaults.minCompactionLagMs > topicDefaults.maxCompactionLagMs) {
    found.errors.push(
      'log.cleaner.min.compaction.lag.ms must not be above log.cleaner.max.compaction.lag.ms.',
    )
  }
  if (scalars.brokerHeartbeatIntervalMs * 2 > scalars.brokerSessionTimeoutMs) {
    found.warnings.push(
      'broker.heartbeat.interval.ms is above half of broker.session.timeout.ms: one late one fences.',
    )
  }
}
