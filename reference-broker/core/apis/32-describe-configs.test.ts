import { describe, expect, it } from 'vitest'
import { apis } from '../../../protocol/apis.ts'
import type { DescribeConfigsResponse } from '../../../protocol/apis/32-describe-configs.ts'
import { errorName } from '../../../protocol/errors.ts'
import { RoleCluster } from '../../../simulator/role-cluster.testing.ts'

const topic = 2
const broker = 4
const source = { topic: 1, clusterWide: 3, given: 4, default: 5 }

type Result = DescribeConfigsResponse['results'][number]

interface Asked {
  readonly keys?: readonly string[] | null
  readonly version?: number
  readonly at?: number
  readonly synonyms?: boolean
  readonly controller?: boolean
}

function newCluster(settings: Readonly<Record<string, string>> = {}): RoleCluster {
  const cluster = new RoleCluster({ roles: ['both', 'broker'], settings })
  cluster.untilUp()
  return cluster
}

function ask(cluster: RoleCluster, [resourceType, resourceName]: readonly [number, string], asked: Asked = {}): Result {
  const { keys = null, version = 4, at = 2, synonyms = true } = asked
  const resources = [{ resourceType, resourceName, configurationKeys: keys }]
  const body = { resources, includeSynonyms: synonyms, ...(version < 3 ? {} : { includeDocumentation: true }) }
  if (asked.controller === true) return cluster.askController(1, apis.DescribeConfigs, body).results[0]!
  return cluster.ask(at, apis.DescribeConfigs, body, { version }).results[0]!
}

function setting(result: Result, name: string): Result['configs'][number] | undefined {
  return result.configs.find((each) => each.name === name)
}

function setForCluster(cluster: RoleCluster, name: string, value: string): void {
  const resources = [{ resourceType: broker, resourceName: '', configs: [{ name, configOperation: 0, value }] }]
  const [answer] = cluster.ask(1, apis.IncrementalAlterConfigs, { resources, validateOnly: false }).responses
  expect(answer!.errorCode).toBe(0)
  cluster.pass(500)
}

describe('the settings of a topic', () => {
  it('come from the topic, from the cluster, from what the broker was told, or from nobody, in this order', () => {
    const cluster = newCluster({ 'log.retention.hours': '2', 'log.flush.interval.ms': '50' })
    cluster.create('t', { configs: { 'retention.ms': '1000', 'segment.jitter.ms': '3' } })
    setForCluster(cluster, 'log.flush.interval.ms', '40')
    const result = ask(cluster, [topic, 't'])
    expect(setting(result, 'retention.ms')).toMatchObject({
      value: '1000', configSource: source.topic, readOnly: false, isSensitive: false, configType: 5,
      synonyms: [
        { name: 'retention.ms', value: '1000', source: source.topic },
        { name: 'log.retention.hours', value: '2', source: source.given },
        { name: 'log.retention.hours', value: '168', source: source.default },
      ],
    })
    expect(setting(result, 'flush.ms')).toMatchObject({
      value: '40', configSource: source.clusterWide,
      synonyms: [
        { name: 'log.flush.interval.ms', value: '40', source: source.clusterWide },
        { name: 'log.flush.interval.ms', value: '50', source: source.given },
        { name: 'log.flush.scheduler.interval.ms', value: '9223372036854775807', source: source.default },
      ],
    })
    expect(setting(result, 'segment.ms')).toMatchObject({
      value: '604800000', configSource: source.default, synonyms: [],
    })
    expect(setting(result, 'segment.jitter.ms')).toMatchObject({ value: '3', configSource: source.topic })
    expect(setting(result, 'cleanup.policy')).toMatchObject({ value: 'delete', configSource: source.default, configType: 7 })
    expect(setting(result, 'remote.storage.enable')).toMatchObject({ value: 'false', configSource: source.default, synonyms: [], configType: 1 })
    expect(setting(result, 'flush.messages')!.value).toBe('9223372036854775807')
    expect(setting(result, 'min.cleanable.dirty.ratio')).toMatchObject({ value: '0.5', configType: 6 })
    expect(setting(result, 'internal.segment.bytes')).toBeUndefined()
  })

  it('hours that the broker was told are told as milliseconds', () => {
    const cluster = newCluster({ 'log.retention.hours': '2' })
    cluster.create('t', {})
    expect(setting(ask(cluster, [topic, 't']), 'retention.ms')).toMatchObject({ value: '7200000', configSource: source.given })
    const never = newCluster({ 'log.retention.minutes': '-1' })
    never.create('t', {})
    expect(setting(ask(never, [topic, 't']), 'retention.ms')!.value).toBe('-1')
  })

  it('are told as Kafka writes them, whatever they were written like', () => {
    const cluster = newCluster()
    const configs = { 'cleanup.policy': ' compact , delete ', 'preallocate': 'TRUE', 'flush.ms': '+007', 'min.cleanable.dirty.ratio': '1' }
    cluster.create('t', { configs })
    const result = ask(cluster, [topic, 't'])
    const told = Object.keys(configs).map((name) => setting(result, name)!.value)
    expect(told).toEqual(['compact,delete', 'true', '7', '1.0'])
  })

  it('at every version: only the names that were asked for, synonyms only on request', () => {
    const cluster = newCluster()
    cluster.create('t', { configs: { 'flush.ms': '7' } })
    for (const version of [1, 2, 3, 4]) {
      const some = ask(cluster, [topic, 't'], { version, keys: ['flush.ms', 'nonsense', 'preallocate'], synonyms: false })
      expect(some.configs.map(({ name, value, configSource, synonyms }) => [name, value, configSource, synonyms])).toEqual([
        ['flush.ms', '7', source.topic, []],
        ['preallocate', 'false', source.default, []],
      ])
      expect(some.configs.map(({ configType }) => configType)).toEqual(version >= 3 ? [5, 1] : [0, 0])
    }
    const all = ask(cluster, [topic, 't'])
    expect(ask(cluster, [topic, 't'], { keys: [] }).configs).toEqual(all.configs)
    expect(all.configs.length).toBeGreaterThan(30)
    expect(all.configs.map(({ name }) => name)).toEqual(all.configs.map(({ name }) => name).sort())
  })

  it('must be asked of a topic that is there', () => {
    const cluster = newCluster()
    const error = (name: string): string => errorName(ask(cluster, [topic, name]).errorCode)
    expect(error('t')).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(error('')).toBe('INVALID_TOPIC_EXCEPTION')
    expect(error('a/b')).toBe('INVALID_TOPIC_EXCEPTION')
  })
})

describe('the settings of a broker', () => {
  it('are its own, with those nobody gave it, and what can be changed while it runs', () => {
    const cluster = newCluster({ 'num.partitions': '4', 'log.retention.ms': '99' })
    setForCluster(cluster, 'log.retention.ms', '88')
    const result = ask(cluster, [broker, '2'])
    expect(setting(result, 'node.id')).toMatchObject({ value: '2', configSource: source.given, readOnly: true, configType: 3 })
    expect(setting(result, 'num.partitions')).toMatchObject({ value: '4', configSource: source.given, readOnly: true })
    expect(setting(result, 'default.replication.factor')).toMatchObject({ value: '1', configSource: source.default })
    expect(setting(result, 'log.retention.ms')).toMatchObject({ value: '88', configSource: source.clusterWide, readOnly: false })
    expect(setting(result, 'log.retention.hours')).toMatchObject({ value: '168', configSource: source.clusterWide, readOnly: true })
    expect(setting(result, 'log.roll.ms')).toMatchObject({ value: null, configSource: source.default })
    expect(setting(result, 'num.io.threads')).toMatchObject({ value: '8', configSource: source.default, readOnly: true })
    expect(setting(result, 'broker.rack')).toMatchObject({ value: null })
  })

  it('that may be secrets are never told', () => {
    const cluster = newCluster({ 'rsm.config.token': 'hunter2' })
    const result = ask(cluster, [broker, '2'])
    expect(setting(result, 'rsm.config.token')).toMatchObject({ value: null, isSensitive: true, configType: 9, configSource: source.given })
    expect(setting(result, 'rsm.config.token')!.synonyms).toEqual([{ name: 'rsm.config.token', value: null, source: source.given }])
    expect(setting(result, 'ssl.keystore.password')).toMatchObject({ value: null, isSensitive: true })
  })

  it('are told by that broker only; a controller tells its own', () => {
    const cluster = newCluster()
    expect(errorName(ask(cluster, [broker, '1'], { at: 2 }).errorCode)).toBe('INVALID_REQUEST')
    expect(errorName(ask(cluster, [broker, 'two'], { at: 2 }).errorCode)).toBe('INVALID_REQUEST')
    expect(setting(ask(cluster, [broker, '1'], { controller: true }), 'node.id')!.value).toBe('1')
  })

  it('of the whole cluster are those that were set while it runs', () => {
    const cluster = newCluster({ 'log.retention.ms': '99' })
    expect(ask(cluster, [broker, '']).configs.map(({ name }) => name)).toEqual(['min.insync.replicas'])
    setForCluster(cluster, 'log.retention.ms', '88')
    const { configs } = ask(cluster, [broker, ''])
    expect(configs).toMatchObject([
      { name: 'log.retention.ms', value: '88', configSource: source.clusterWide, readOnly: false },
      { name: 'min.insync.replicas', value: '1', configSource: source.clusterWide, readOnly: false },
    ])
    expect(configs[0]!.synonyms).toEqual([{ name: 'log.retention.ms', value: '88', source: source.clusterWide }])
  })

  it('resources of other types have none', () => {
    const cluster = newCluster()
    for (const type of [-1, 0, 8, 16, 32]) expect(errorName(ask(cluster, [type, '2']).errorCode)).toBe('INVALID_REQUEST')
  })
})
