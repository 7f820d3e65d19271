import fc from 'fast-check'
import { expect, it } from 'vitest'
import { defaultBrokerConfig, topicConfig, type TopicConfig } from './broker-config.ts'
import { keptTopicSettings } from './kept-topic-settings.ts'
import { defaultValue } from './setting.ts'
import { topicSettings } from './topic-settings.ts'

const defaults = defaultBrokerConfig().topicDefaults

function config(overrides: Record<string, string>): TopicConfig {
  const result = topicConfig(defaults, overrides)
  if ('error' in result) throw new Error(result.error)
  return result.config
}

function error(overrides: Record<string, string>): string {
  const result = topicConfig(defaults, overrides)
  return 'error' in result ? result.error : ''
}

it('a config with changes has them, and one with mistakes throws', () => {
  expect(defaultBrokerConfig({ 'num.partitions': '7' }).numPartitions).toBe(7)
  expect(() => defaultBrokerConfig({ 'num.partitions': '-7' })).toThrow('num.partitions')
})

it('a topic without settings of its own has the defaults', () => {
  expect(config({})).toEqual(defaults)
})

it('every number and switch of a topic reaches its own field, over whatever the broker says', () => {
  for (const [field, setting] of Object.entries(topicSettings)) {
    if (setting.type === 'list' || setting.type === 'string') continue
    const before = defaultValue(setting)
    const after = typeof before === 'boolean' ? !before : Math.max(1, setting.min ?? 1)
    expect(config({ [setting.name]: String(after) }), setting.name).toEqual({ ...defaults, [field]: after })
  }
})

it('lists and choices are read', () => {
  expect(config({ 'cleanup.policy': 'compact, delete' }).cleanupPolicy).toEqual(['compact', 'delete'])
  expect(config({ 'cleanup.policy': '' }).cleanupPolicy).toEqual([])
  expect(config({ 'compression.type': 'zstd' }).compressionType).toBe('zstd')
  expect(config({ 'message.timestamp.type': 'LogAppendTime' }).messageTimestampType).toBe('LogAppendTime')
})

it('settings that are only kept are checked and change nothing', () => {
  for (const setting of keptTopicSettings) {
    expect(config({ [setting.name]: setting.default! })).toEqual(defaults)
    if (setting.type !== 'string') expect(error({ [setting.name]: 'nonsense' }), setting.name).not.toBe('')
  }
})

it('segments below a mebibyte are refused unless the internal setting asks for them, in any order', () => {
  expect(error({ 'segment.bytes': '1048575' })).toContain('at least 1048576')
  expect(config({ 'internal.segment.bytes': '1000' }).segmentBytes).toBe(1000)
  const both = { 'internal.segment.bytes': '1000', 'segment.bytes': '2000000' }
  expect(config(both).segmentBytes).toBe(1000)
  expect(config(Object.fromEntries(Object.entries(both).reverse())).segmentBytes).toBe(1000)
})

it('an unknown, a removed and a broker-wide name are refused with the name that is meant', () => {
  expect(error({ 'retention.sm': '1' })).toContain('retention.ms')
  expect(error({ 'message.format.version': '3.0' })).toContain('Unknown topic setting message.format.version')
  expect(error({ 'log.retention.minutes': '1' })).toContain('retention.ms')
})

it('tiered storage is refused, since it would not be there', () => {
  expect(error({ 'remote.storage.enable': 'true' })).toContain('tiered storage')
})

it('compaction must be allowed before it is due', () => {
  expect(error({ 'min.compaction.lag.ms': '2', 'max.compaction.lag.ms': '1' })).toContain('must not be above')
})

it('hostile names and values are refused or accepted, never thrown upon', () => {
  const name = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'toString', 'flush.ms'), fc.string())
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.string())), (entries) => {
      const result = topicConfig(defaults, Object.fromEntries(entries))
      if ('config' in result) expect(Object.keys(result.config)).toEqual(Object.keys(defaults))
      else expect(result.error).not.toBe('')
    }),
  )
})
