/**
 * Settings as DescribeConfigs tells them: every name with its value, where the value comes from, and the names that stand
 * behind it (its synonyms, the one that counts first). Values are written as Kafka writes them.
 * Sources: KIP-226, KIP-569; Kafka's documentation, "Broker Configs" and "Topic Configs" (4.3).
 */
import { brokerSettings, identitySettings } from './broker-settings.ts'
import { clusterWideSettings, type Overrides } from './effective-config.ts'
import { otherNames, promisingNames } from './known-names.ts'
import { splitList, type Setting } from './setting.ts'
import { brokerWideSettings, internalSegmentBytes, topicSettingByName } from './topic-names.ts'
import type { TopicSetting } from './topic-settings.ts'

/** Kafka's numbers. */
export const settingSource = { topic: 1, clusterWide: 3, given: 4, default: 5 } as const
const typeNumber = { boolean: 1, string: 2, int: 3, long: 5, double: 6, list: 7 } as const
const unknownType = 0
const passwordType = 9

export interface Synonym {
  readonly name: string
  readonly value: string | null
  readonly source: number
}

export interface DescribedSetting extends Synonym {
  /** What counts is first; the others would count without it. */
  readonly synonyms: readonly Synonym[]
  readonly readOnly: boolean
  /** Its value is never told. */
  readonly isSensitive: boolean
  readonly type: number
}

/** What brokers were told: when they were started, and since. */
export interface Origins {
  readonly given: Readonly<Record<string, string>>
  readonly cluster: Overrides
}

/** Every setting of one topic, by name. */
export function describeTopicSettings(origins: Origins, topic: Overrides): DescribedSetting[] {
  const settings = [...topicSettingByName.values()].filter(
    (setting) => setting !== internalSegmentBytes || topic.has(setting.name),
  )
  return settings.map((setting) => describeTopicSetting(origins, topic, setting)).sort(byName)
}

function describeTopicSetting(origins: Origins, topic: Overrides, setting: TopicSetting): DescribedSetting {
  const { name } = setting
  const own = topic.get(name)
  const names = setting.brokerWide.map((wide) => wide.name)
  const behind = toldSynonyms(synonymsOf(origins, names), names)
  const itself = own === undefined ? [] : [{ name, value: canonical(setting, own), source: settingSource.topic }]
  const synonyms = [...itself, ...behind]
  const first = synonyms[0]
  const scale = setting.brokerWide.find((wide) => wide.name === first?.name)?.scale ?? 1
  return {
    name,
    value: first === undefined ? setting.default : scaled(first.value, scale),
    source: first?.source ?? settingSource.default,
    synonyms,
    readOnly: false,
    isSensitive: false,
    type: typeNumber[setting.type],
  }
}

/** As in Kafka, a default under an older name is told only beside what somebody has set. */
function toldSynonyms(synonyms: readonly Synonym[], [first]: readonly string[]): readonly Synonym[] {
  const isSet = synonyms.some(({ source }) => source !== settingSource.default)
  return isSet || synonyms[0]?.name === first ? synonyms : []
}

/** Every setting of this broker, by name. */
export function describeBrokerSettings(origins: Origins): DescribedSetting[] {
  const names = new Set([...brokerDefaults.keys(), ...Object.keys(origins.given)])
  return [...names].map((name) => describeBrokerSetting(name, toldSynonyms(synonymsOf(origins, synonymNames(name)), [name]))).sort(byName)
}

/** What was set for the whole cluster while it runs. */
export function describeClusterSettings(origins: Origins): DescribedSetting[] {
  return [...origins.cluster.keys()].map((name) => {
    const synonyms = synonymsOf(origins, [name]).filter(({ source }) => source === settingSource.clusterWide)
    return describeBrokerSetting(name, synonyms)
  }).sort(byName)
}

function describeBrokerSetting(name: string, synonyms: readonly Synonym[]): DescribedSetting {
  const own = synonyms.find((synonym) => synonym.name === name)
  const isSensitive = isSecret(name)
  const setting = settingByName.get(name)
  return {
    name,
    value: own?.value ?? null,
    source: synonyms[0]?.source ?? settingSource.default,
    synonyms,
    readOnly: !clusterWideSettings.has(name),
    isSensitive,
    type: isSensitive ? passwordType : setting === undefined ? unknownType : typeNumber[setting.type],
  }
}

function byName(a: Synonym, b: Synonym): number {
  return a.name < b.name ? -1 : 1
}

const settingByName: ReadonlyMap<string, Setting> = new Map(
  [...Object.values<Setting>(brokerSettings), ...Object.values<Setting>(identitySettings), ...brokerWideSettings].map(
    (setting) => [setting.name, setting],
  ),
)

/** By name, null where Kafka has no default. Of several names for one thing the last has it. */
const brokerDefaults: ReadonlyMap<string, string | null> = new Map([
  ...[...promisingNames.map(({ names }) => names), otherNames].flatMap((names) =>
    Object.entries(names).map(([name, text]): [string, string | null] => [name, text === '' ? null : text]),
  ),
  ...[...settingByName.values()].map(({ name, default: text }): [string, string | null] => [name, text]),
  ...[...topicSettingByName.values()].flatMap(({ brokerWide, default: text }) =>
    brokerWide.slice(-1).map(({ name, scale }): [string, string | null] => {
      return [name, text === null ? null : unscaled(text, scale)]
    }),
  ),
])

/** All names of the same thing, the one that wins first. */
function synonymNames(name: string): readonly string[] {
  for (const { brokerWide } of topicSettingByName.values()) {
    const names = brokerWide.map((wide) => wide.name)
    if (names.includes(name)) return names
  }
  return [name]
}

function synonymsOf({ given, cluster }: Origins, names: readonly string[]): Synonym[] {
  const found = (source: number, text: (name: string) => string | null | undefined): Synonym[] =>
    names.flatMap((name) => {
      const value = text(name)
      return value === undefined || value === null ? [] : [{ name, value: told(name, value), source }]
    })
  return [
    ...found(settingSource.clusterWide, (name) => cluster.get(name)),
    ...found(settingSource.given, (name) => (Object.hasOwn(given, name) ? given[name] : undefined)),
    ...found(settingSource.default, (name) => brokerDefaults.get(name)),
  ]
}

function told(name: string, text: string): string | null {
  if (isSecret(name)) return null
  const setting = settingByName.get(name)
  return setting === undefined ? text.trim() : canonical(setting, text)
}

const secretEndings = /[.](password|passphrase|secret[.]key|client[.]secret)$/
const secretNames: ReadonlySet<string> = new Set([
  'sasl.jaas.config',
  'ssl.keystore.certificate.chain',
  'ssl.keystore.key',
  'ssl.truststore.certificates',
])

/** Whatever is not known to be harmless is kept secret, as in Kafka. */
function isSecret(name: string): boolean {
  return secretNames.has(name) || secretEndings.test(name) || !brokerDefaults.has(name)
}

/** As Kafka writes a value of this type; `text` is valid. */
export function canonical(setting: Setting, text: string): string {
  const trimmed = text.trim()
  switch (setting.type) {
    case 'int':
    case 'long':
      return String(BigInt(trimmed.replace('+', '')))
    case 'double':
      return Number.isInteger(Number(trimmed)) ? Number(trimmed).toFixed(1) : String(Number(trimmed))
    case 'boolean':
      return trimmed.toLowerCase()
    case 'list':
      return [...new Set(splitList(trimmed))].join(',')
    case 'string':
      return trimmed
  }
}

/** From hours or minutes to the setting's own unit; negative means without limit in any unit. */
function scaled(text: string | null, scale: number): string | null {
  return text === null || scale === 1 || text.startsWith('-') ? text : String(BigInt(text) * BigInt(scale))
}

function unscaled(text: string, scale: number): string {
  return scale === 1 || text.startsWith('-') ? text : String(BigInt(text) / BigInt(scale))
}
