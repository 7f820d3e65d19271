import { describe, expect, it } from 'vitest'
import { apis } from '../../../protocol/apis.ts'
import { errorName } from '../../../protocol/errors.ts'
import { nodeName, RoleCluster } from '../../../simulator/role-cluster.testing.ts'

const topic = 2
const broker = 4
const set = 0
const remove = 1
const append = 2
const subtract = 3

type Change = readonly [name: string, operation: number, value: string | null]

function newCluster(settings: Readonly<Record<string, string>> = {}): RoleCluster {
  const cluster = new RoleCluster({ roles: ['both', 'both', 'both'], settings })
  cluster.untilUp()
  return cluster
}

function alter(
  cluster: RoleCluster,
  [resourceType, resourceName]: readonly [number, string],
  changes: readonly Change[],
  { validateOnly = false, version = 1 } = {},
): string {
  const configs = changes.map(([name, configOperation, value]) => ({ name, configOperation, value }))
  const body = { resources: [{ resourceType, resourceName, configs }], validateOnly }
  const [answer] = cluster.ask(2, apis.IncrementalAlterConfigs, body, { version }).responses
  expect(answer).toMatchObject({ resourceType, resourceName })
  return errorName(answer!.errorCode)
}

function ownConfigs(cluster: RoleCluster, name: string): Record<string, string> {
  return Object.fromEntries(cluster.topic(name)!.configs)
}

describe('settings of a topic', () => {
  it('are set, removed, appended to and subtracted from, and kept over restarts', () => {
    for (const version of [0, 1]) {
      const cluster = newCluster()
      cluster.create('t', { configs: { 'retention.ms': '1000', 'segment.jitter.ms': '5' } })
      const changes: readonly Change[] = [['flush.ms', set, '7'], ['retention.ms', remove, null], ['cleanup.policy', append, 'compact']]
      expect(alter(cluster, [topic, 't'], changes, { version })).toBe('NONE')
      expect(ownConfigs(cluster, 't')).toEqual({ 'segment.jitter.ms': '5', 'flush.ms': '7', 'cleanup.policy': 'delete,compact' })
      expect(alter(cluster, [topic, 't'], [['cleanup.policy', subtract, 'delete,nothing']], { version })).toBe('NONE')
      expect(ownConfigs(cluster, 't')['cleanup.policy']).toBe('compact')
      for (const id of cluster.nodeIds) cluster.kill(id)
      for (const id of cluster.nodeIds) cluster.start(id)
      cluster.untilUp()
      expect(ownConfigs(cluster, 't')).toEqual({ 'segment.jitter.ms': '5', 'flush.ms': '7', 'cleanup.policy': 'compact' })
    }
  })

  it('are what hosted partitions live by from then on', () => {
    const cluster = newCluster()
    cluster.create('t', { replicas: [[1, 2, 3]] })
    cluster.untilProduced('t', 0, 100)
    const changes: readonly Change[] = [['max.message.bytes', set, '200'], ['segment.bytes', set, '1048576'], ['min.insync.replicas', set, '2']]
    expect(alter(cluster, [topic, 't'], changes)).toBe('NONE')
    cluster.until(() => [1, 2, 3].every((id) => cluster.replica(id, 't', 0)!.options.config.maxMessageBytes === 200), 'followed')
    for (const id of [1, 2, 3]) {
      expect(cluster.replica(id, 't', 0)!.options.config).toMatchObject({ segmentBytes: 1_048_576, minInSyncReplicas: 2 })
      expect(cluster.replica(id, 't', 0)!.options.logConfig).toMatchObject({ segmentBytes: 1_048_576 })
    }
    expect(cluster.produce('t', 0, 100)).toBe('MESSAGE_TOO_LARGE')
    expect(cluster.produce('t', 0, 1)).toBe('NONE')
    expect(alter(cluster, [topic, 't'], [['max.message.bytes', remove, null]])).toBe('NONE')
    cluster.until(() => cluster.replica(1, 't', 0)!.options.config.maxMessageBytes === 1_048_588, 'back to the default')
    expect(cluster.produce('t', 0, 100)).toBe('NONE')
  })

  it('a lower minimum of in-sync replicas lets acknowledgements go on, and nobody stays eligible', () => {
    const cluster = newCluster()
    cluster.create('t', { replicas: [[1, 2, 3]], configs: { 'min.insync.replicas': '3' } })
    cluster.until(() => cluster.controllerId !== undefined, 'a controller')
    const lost = [2, 3].find((id) => id !== cluster.controllerId)!
    cluster.kill(lost)
    cluster.until(() => cluster.replica(1, 't', 0)?.image.inSyncReplicas.length === 2, 'the leader to know of two in sync')
    expect(cluster.partitionImage('t', 0)!.eligibleLeaderReplicas).toEqual([lost])
    expect(cluster.produce('t', 0)).toBe('NOT_ENOUGH_REPLICAS')
    const at = cluster.brokerIds.find((id) => id !== lost)!
    const resources = [{ resourceType: topic, resourceName: 't', configs: [{ name: 'min.insync.replicas', configOperation: set, value: '2' }] }]
    cluster.ask(at, apis.IncrementalAlterConfigs, { resources, validateOnly: false })
    cluster.untilProduced('t', 0)
    expect(cluster.partitionImage('t', 0)!.eligibleLeaderReplicas).toEqual([])
  })

  it('are not changed by asking whether they could be', () => {
    const cluster = newCluster()
    cluster.create('t', {})
    expect(alter(cluster, [topic, 't'], [['flush.ms', set, '7']], { validateOnly: true })).toBe('NONE')
    expect(alter(cluster, [topic, 't'], [['flush.ms', set, 'soon']], { validateOnly: true })).toBe('INVALID_CONFIG')
    cluster.pass(500)
    expect(ownConfigs(cluster, 't')).toEqual({})
  })

  it('are refused as in Kafka, and then nothing of the request is changed', () => {
    const cluster = newCluster()
    cluster.create('t', {})
    const refused = (name: string, operation: number, value: string | null): string =>
      alter(cluster, [topic, 't'], [['flush.ms', set, '9'], [name, operation, value]])
    expect(refused('retention.mss', set, '1')).toBe('INVALID_CONFIG')
    expect(refused('log.retention.ms', set, '1')).toBe('INVALID_CONFIG')
    expect(refused('message.format.version', set, '3.0')).toBe('INVALID_CONFIG')
    expect(refused('segment.bytes', set, '1000')).toBe('INVALID_CONFIG')
    expect(refused('cleanup.policy', append, 'forget')).toBe('INVALID_CONFIG')
    expect(refused('retention.ms', append, '1')).toBe('INVALID_CONFIG')
    expect(refused('nonsense', subtract, '1')).toBe('INVALID_CONFIG')
    expect(refused('retention.ms', set, null)).toBe('INVALID_REQUEST')
    expect(refused('cleanup.policy', append, null)).toBe('INVALID_REQUEST')
    expect(refused('flush.ms', remove, null)).toBe('INVALID_REQUEST')
    expect(refused('retention.ms', 4, '1')).toBe('INVALID_REQUEST')
    expect(refused('retention.ms', -1, '1')).toBe('INVALID_REQUEST')
    expect(alter(cluster, [topic, 'u'], [['flush.ms', set, '9']])).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(alter(cluster, [topic, 'a b'], [['flush.ms', set, '9']])).toBe('INVALID_TOPIC_EXCEPTION')
    expect(alter(cluster, [topic, ''], [['flush.ms', set, '9']])).toBe('INVALID_REQUEST')
    cluster.pass(500)
    expect(ownConfigs(cluster, 't')).toEqual({})
  })

  it('resources are independent, but none may appear twice', () => {
    const cluster = newCluster()
    cluster.create('t', {})
    cluster.create('u', {})
    const resource = (resourceName: string, value: string): object => ({
      resourceType: topic, resourceName, configs: [{ name: 'flush.ms', configOperation: set, value }],
    })
    const ask = (...resources: object[]): string[] =>
      cluster.ask(1, apis.IncrementalAlterConfigs, { resources: resources as never, validateOnly: false }).responses
        .map((each) => `${each.resourceName} ${errorName(each.errorCode)}`)
    expect(ask(resource('t', 'x'), resource('u', '3'))).toEqual(['t INVALID_CONFIG', 'u NONE'])
    expect(ask(resource('t', '1'), resource('t', '2'))).toEqual(['t INVALID_REQUEST', 't INVALID_REQUEST'])
    expect([ownConfigs(cluster, 't'), ownConfigs(cluster, 'u')]).toEqual([{}, { 'flush.ms': '3' }])
  })
})

describe('defaults for the whole cluster', () => {
  it('count for every topic that does not say otherwise, from then on and for new ones', () => {
    const cluster = newCluster({ 'message.max.bytes': '5000' })
    cluster.create('t', { replicas: [[1, 2, 3]] })
    cluster.create('own', { replicas: [[1, 2, 3]], configs: { 'max.message.bytes': '9000' } })
    const changes: readonly Change[] = [['message.max.bytes', set, '300'], ['log.retention.ms', set, '77'], ['log.cleanup.policy', append, 'compact']]
    expect(alter(cluster, [broker, ''], changes)).toBe('NONE')
    cluster.create('new', { replicas: [[1, 2, 3]] })
    cluster.pass(500)
    for (const id of [1, 2, 3]) {
      const bytes = ['t', 'own', 'new'].map((name) => cluster.replica(id, name, 0)!.options.config.maxMessageBytes)
      expect(bytes).toEqual([300, 9000, 300])
      expect(cluster.replica(id, 't', 0)!.options.config).toMatchObject({ retentionMs: 77, cleanupPolicy: ['delete', 'compact'] })
    }
    expect(alter(cluster, [broker, ''], [['message.max.bytes', remove, null]])).toBe('NONE')
    cluster.until(() => cluster.replica(3, 't', 0)!.options.config.maxMessageBytes === 5000, 'what the broker was started with')
  })

  it('are refused where they could not be honoured', () => {
    const cluster = newCluster()
    const refused = (name: string, value: string | null, operation = set): string => alter(cluster, [broker, ''], [[name, operation, value]])
    expect(refused('num.io.threads', '4')).toBe('INVALID_REQUEST')
    expect(refused('retention.ms', '4')).toBe('INVALID_REQUEST')
    expect(refused('log.retention.hours', '4')).toBe('INVALID_REQUEST')
    expect(refused('nonsense', '4')).toBe('INVALID_REQUEST')
    expect(refused('message.max.bytes', 'many')).toBe('INVALID_REQUEST')
    expect(refused('message.max.bytes', '4', append)).toBe('INVALID_CONFIG')
    expect(refused('min.insync.replicas', null, remove)).toBe('INVALID_CONFIG')
    expect(refused('log.cleaner.min.compaction.lag.ms', '4')).toBe('NONE')
    expect(refused('log.cleaner.max.compaction.lag.ms', '3')).toBe('INVALID_REQUEST')
  })

  it('settings of a single broker are refused, and removing what is not there is no change', () => {
    const cluster = newCluster()
    expect(alter(cluster, [broker, '2'], [['message.max.bytes', set, '300']])).toBe('INVALID_REQUEST')
    expect(alter(cluster, [broker, '2'], [['message.max.bytes', remove, null]])).toBe('NONE')
    expect(alter(cluster, [broker, '2'], [['min.insync.replicas', set, '1']])).toBe('INVALID_CONFIG')
    expect(alter(cluster, [broker, '1'], [['message.max.bytes', remove, null]])).toBe('INVALID_REQUEST')
    expect(alter(cluster, [broker, '9'], [['message.max.bytes', remove, null]])).toBe('INVALID_REQUEST')
    expect(alter(cluster, [broker, 'one'], [['message.max.bytes', remove, null]])).toBe('INVALID_REQUEST')
    for (const type of [0, 8, 16, 32, 99]) expect(alter(cluster, [type, '1'], [['x', set, '1']])).toBe('INVALID_REQUEST')
  })
})

describe('AlterConfigs', () => {
  it('replaces all settings of the resource', () => {
    for (const version of [0, 1, 2]) {
      const cluster = newCluster()
      cluster.create('t', { configs: { 'flush.ms': '7', 'retention.ms': '1000' } })
      const ask = (configs: { name: string; value: string | null }[], validateOnly = false): string => {
        const body = { resources: [{ resourceType: topic, resourceName: 't', configs }], validateOnly }
        return errorName(cluster.ask(3, apis.AlterConfigs, body, { version }).responses[0]!.errorCode)
      }
      expect(ask([{ name: 'flush.ms', value: '8' }], true)).toBe('NONE')
      expect(ownConfigs(cluster, 't')).toEqual({ 'flush.ms': '7', 'retention.ms': '1000' })
      expect(ask([{ name: 'flush.ms', value: null }])).toBe('INVALID_REQUEST')
      expect(ask([{ name: 'flush.ms', value: '-1' }])).toBe('INVALID_CONFIG')
      expect(ask([{ name: 'flush.ms', value: '8' }])).toBe('NONE')
      expect(ownConfigs(cluster, 't')).toEqual({ 'flush.ms': '8' })
    }
  })
})

describe('without a controller', () => {
  it('a broker answers that nobody did', () => {
    const cluster = new RoleCluster({ roles: ['controller', 'broker'], settings: { 'request.timeout.ms': '2000' } })
    cluster.untilUp()
    cluster.create('t', {})
    cluster.kill(1)
    expect(cluster.world.isRunning(nodeName(1))).toBe(false)
    expect(alter(cluster, [topic, 't'], [['flush.ms', set, '7']])).toBe('REQUEST_TIMED_OUT')
    const resources = [{ resourceType: topic, resourceName: 't', configs: [] }]
    const [answer] = cluster.ask(2, apis.AlterConfigs, { resources, validateOnly: false }).responses
    expect(errorName(answer!.errorCode)).toBe('REQUEST_TIMED_OUT')
  })
})
