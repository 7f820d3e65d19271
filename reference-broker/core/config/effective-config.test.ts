import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultBrokerConfig } from './broker-config.ts'
import { clusterWideSettings, effectiveTopicConfig } from './effective-config.ts'
import { readBrokerConfig } from './read-broker-config.ts'

const { topicDefaults } = defaultBrokerConfig({ 'log.retention.ms': '5', 'message.max.bytes': '500' })
const of = (settings: Readonly<Record<string, string>>): Map<string, string> => new Map(Object.entries(settings))

describe('what a topic lives by', () => {
  it('is its own setting, else that of the cluster, else what the node was started with', () => {
    const cluster = of({ 'log.retention.ms': '7', 'min.insync.replicas': '2' })
    const topic = of({ 'retention.ms': '9', preallocate: 'true' })
    expect(effectiveTopicConfig(topicDefaults, cluster, topic)).toEqual({ ...topicDefaults, retentionMs: 9, minInSyncReplicas: 2 })
    expect(effectiveTopicConfig(topicDefaults, cluster, of({}))).toEqual({ ...topicDefaults, retentionMs: 7, minInSyncReplicas: 2 })
    expect(effectiveTopicConfig(topicDefaults, of({}), of({}))).toEqual(topicDefaults)
  })

  it('may have segments below the minimum, as simulated runs do', () => {
    const topic = of({ 'internal.segment.bytes': '100', 'segment.bytes': '2000000' })
    expect(effectiveTopicConfig(topicDefaults, of({}), topic).segmentBytes).toBe(100)
  })

  it('does not come from what nobody can have accepted', () => {
    expect(() => effectiveTopicConfig(topicDefaults, of({}), of({ 'retention.ms': 'x' }))).toThrow('retention.ms=x')
  })
})

describe('the names of cluster-wide defaults', () => {
  it('are those that mean the same in the file a broker is started with', () => {
    fc.assert(
      fc.property(fc.constantFrom(...clusterWideSettings), fc.integer({ min: 14, max: 99 }), ([name, { setting, field }], number) => {
        const text = setting.type === 'boolean' ? 'true' : setting.type === 'double' ? '0.25' : (setting.oneOf?.[0] ?? String(number * 1_048_576))
        const started = readBrokerConfig({ ...defaultBrokerConfig().given, [name]: text })
        if ('errors' in started) throw new Error(started.errors.join(' '))
        const cluster = of({ [name]: text })
        expect(effectiveTopicConfig(defaultBrokerConfig().topicDefaults, cluster, of({}))[field]).toEqual(started.config.topicDefaults[field])
      }),
    )
    expect(clusterWideSettings.size).toBeGreaterThan(15)
  })
})
