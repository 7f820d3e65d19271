/** Finds topic settings by name, and the broker-wide settings that stand behind them. */
import type { TopicConfig } from './broker-config.ts'
import { keptTopicSettings } from './kept-topic-settings.ts'
import type { Setting, SettingValue } from './setting.ts'
import { topicSettings, type TopicSetting } from './topic-settings.ts'

type Field = keyof TopicConfig

/** Wins over segment.bytes and may be below its minimum; Kafka has it for tests, and so do simulated runs. */
export const internalSegmentBytes: TopicSetting = {
  name: 'internal.segment.bytes',
  type: 'int',
  default: null,
  min: 14,
  brokerWide: [],
}

/** Every topic setting of Kafka 4, acted upon or kept, by its name. */
export const topicSettingByName: ReadonlyMap<string, TopicSetting> = new Map(
  [...Object.values(topicSettings), internalSegmentBytes, ...keptTopicSettings].map((setting) => [
    setting.name,
    setting,
  ]),
)

/** The field a setting fills, if it is one that is acted upon. */
export const topicFieldByName: ReadonlyMap<string, Field> = new Map(
  (Object.keys(topicSettings) as Field[]).map((field) => [topicSettings[field].name, field]),
)

/**
 * The broker-wide settings as settings of their own: those in hours and minutes are ints without the topic's
 * limits.
 */
export const brokerWideSettings: readonly (Setting & {
  readonly topicSetting: string
  readonly scale: number
})[] = [...topicSettingByName.values()].flatMap((setting) =>
  setting.brokerWide.map(({ name, scale }) => ({
    ...inUnit(setting, scale),
    name,
    default: null,
    topicSetting: setting.name,
    scale,
  })),
)

function inUnit(setting: TopicSetting, scale: number): Setting {
  return scale === 1
    ? setting
    : { name: setting.name, type: 'int', default: null, min: Math.sign(setting.min ?? 0) }
}

/** Turns a checked broker-wide value into the topic setting's unit. */
export function toTopicUnit(value: SettingValue, scale: number): SettingValue {
  if (scale === 1 || typeof value !== 'number' || value < 0) return value
  return value * scale
}
