import { describe, expect, it } from 'vitest'
import type { BrokerConfig } from './broker-config.ts'
import { brokerSettings } from './broker-settings.ts'
import { otherNames, promisingNames, removedNames } from './known-names.ts'
import { brokerSettingNames, readBrokerConfig } from './read-broker-config.ts'
import { defaultValue } from './setting.ts'
import { topicSettingByName } from './topic-names.ts'

const minimal: Readonly<Record<string, string>> = {
  'node.id': '1',
  'process.roles': 'broker,controller',
  listeners: 'PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
  'controller.listener.names': 'CONTROLLER',
  'controller.quorum.voters': '1@127.0.0.1:9093',
  'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL',
}

function read(changes: Record<string, string> = {}): { config: BrokerConfig; warnings: string[] } {
  const result = readBrokerConfig({ ...minimal, ...changes })
  if ('errors' in result) throw new Error(result.errors.join('\n'))
  return result
}

function errors(changes: Record<string, string>, without: string[] = []): string[] {
  const given = Object.entries({ ...minimal, ...changes }).filter(([name]) => !without.includes(name))
  const result = readBrokerConfig(Object.fromEntries(given))
  return 'errors' in result ? result.errors : []
}

describe('settings', () => {
  it('a minimal file is enough, without a warning, and everything else has its default', () => {
    const { config, warnings } = read()
    expect(warnings).toEqual([])
    expect(config).toMatchObject({ nodeId: 1, numPartitions: 1, replicaLagTimeMaxMs: 30_000, rack: null })
    expect(config.topicDefaults).toMatchObject({
      segmentBytes: 2 ** 30,
      retentionMs: 604_800_000,
      flushMessages: 2 ** 63,
    })
  })

  it('every number and switch reaches its own field', () => {
    const usual = read().config
    for (const [field, setting] of Object.entries(brokerSettings)) {
      if (setting.type === 'list') continue
      const before = defaultValue(setting)
      const after = typeof before === 'boolean' ? !before : Number(before) + (before === 2 ** 31 - 1 ? -1 : 1)
      const changed = read({ [setting.name]: String(after) }).config
      expect({ ...changed, given: {} }, setting.name).toEqual({ ...usual, given: {}, [field]: after })
    }
  })

  it('every default given explicitly changes nothing and warns of nothing', () => {
    const defaults = Object.fromEntries([
      ...Object.values(brokerSettings).map((setting) => [setting.name, setting.default]),
      ...promisingNames.flatMap(({ names }) => Object.entries(names)),
      ...Object.entries(otherNames),
    ]) as Record<string, string>
    const { config, warnings } = read(defaults)
    expect(warnings).toEqual([])
    expect({ ...config, given: {} }).toEqual({ ...read().config, given: {} })
  })

  it('milliseconds win over minutes, and minutes over hours', () => {
    const hours = { 'log.retention.hours': '3', 'log.roll.hours': '2' }
    const minutes = { ...hours, 'log.retention.minutes': '7' }
    const ms = { ...minutes, 'log.retention.ms': '11', 'log.roll.ms': '13' }
    expect(read(hours).config.topicDefaults).toMatchObject({
      retentionMs: 3 * 3_600_000,
      segmentMs: 2 * 3_600_000,
    })
    expect(read(minutes).config.topicDefaults.retentionMs).toBe(7 * 60_000)
    expect(read(ms).config.topicDefaults).toMatchObject({ retentionMs: 11, segmentMs: 13 })
    expect(read({ 'log.retention.hours': '-1' }).config.topicDefaults.retentionMs).toBe(-1)
  })

  it('log.flush.interval.ms wins over log.flush.scheduler.interval.ms', () => {
    const scheduler = { 'log.flush.scheduler.interval.ms': '5' }
    expect(read(scheduler).config.topicDefaults.flushMs).toBe(5)
    expect(read({ ...scheduler, 'log.flush.interval.ms': '6' }).config.topicDefaults.flushMs).toBe(6)
  })

  it('all that is wrong is said at once', () => {
    const wrong = { 'num.partitions': '0', 'delete.topic.enable': 'maybe', 'no.such.name': '1' }
    expect(errors(wrong)).toHaveLength(3)
  })

  it('followers may not wait longer than they may lag', () => {
    expect(errors({ 'replica.fetch.wait.max.ms': '2000', 'replica.lag.time.max.ms': '1999' })).toHaveLength(1)
    expect(errors({ 'replica.fetch.wait.max.ms': '2000', 'replica.lag.time.max.ms': '2000' })).toEqual([])
  })

  it('heartbeats that leave no room for a late one are a warning', () => {
    expect(read({ 'broker.heartbeat.interval.ms': '4501' }).warnings).toHaveLength(1)
    expect(read({ 'broker.heartbeat.interval.ms': '4500' }).warnings).toEqual([])
  })
})

describe('names that are not acted upon', () => {
  it('whatever would promise security or durability is refused, with the name', () => {
    for (const { what, names } of promisingNames) {
      for (const name of Object.keys(names)) {
        const [only, ...more] = errors({ [name]: '17' })
        expect(only, name).toContain(name)
        expect(only).toContain(what)
        expect(more).toEqual([])
      }
    }
  })

  it('a secret is never repeated in the refusal', () => {
    expect(errors({ 'ssl.keystore.password': 'hunter2' }).join()).not.toContain('hunter2')
    expect(errors({ 'listener.name.x.plain.sasl.jaas.config': 'hunter2' }).join()).not.toContain('hunter2')
  })

  it('the same is refused behind the prefix of a listener or of a mechanism', () => {
    expect(errors({ 'listener.name.internal.ssl.keystore.location': '/k' })).toHaveLength(1)
    expect(errors({ 'listener.name.internal.scram-sha-256.sasl.login.class': 'X' })).toHaveLength(1)
    expect(errors({ 'listener.name.internal.no.such.name': 'X' })[0]).toContain('Unknown setting')
  })

  it('all others together are one warning that names them', () => {
    const others = {
      'num.io.threads': '3',
      'offsets.topic.compression.codec': '7',
      'rlmm.config.x': '1',
      'log.preallocate': 'true',
    }
    const { warnings } = read(others)
    expect(warnings).toHaveLength(1)
    for (const name of Object.keys(others)) expect(warnings[0]).toContain(name)
  })

  it('an unknown name is refused with the nearest real one', () => {
    expect(errors({ 'num.partition': '3' })).toEqual([
      'Unknown setting num.partition; the nearest real name is num.partitions.',
    ])
  })

  it('the name of a topic setting is refused with its broker-wide name', () => {
    expect(errors({ 'retention.ms': '3' })[0]).toContain('log.retention.ms')
  })

  it('names that are gone since 4.0 are refused as such', () => {
    for (const name of [...Object.keys(removedNames), 'zookeeper.connect']) {
      expect(errors({ [name]: '1' })[0]).toContain('gone since Kafka 4.0')
      expect(brokerSettingNames).not.toContain(name)
    }
  })

  it('no name is both acted upon and not', () => {
    const acted = new Set(Object.values(brokerSettings).map((setting) => setting.name))
    const known = [...promisingNames.flatMap(({ names }) => Object.keys(names)), ...Object.keys(otherNames)]
    expect(known.filter((name) => acted.has(name) || topicSettingByName.has(name))).toEqual([])
    expect(new Set(known).size).toBe(known.length)
  })
})

describe('identity', () => {
  const brokerOnly = {
    'node.id': '2',
    'process.roles': 'broker',
    listeners: 'PLAINTEXT://127.0.0.1:9092',
  }
  const controllerOnly = { 'process.roles': 'controller', listeners: 'CONTROLLER://127.0.0.1:9093' }

  it('brokers, controllers and both at once are read', () => {
    expect(errors({})).toEqual([])
    expect(read(brokerOnly).config.processRoles).toEqual(['broker'])
    expect(read(controllerOnly).config).toMatchObject({
      processRoles: ['controller'],
      advertisedListeners: [],
    })
  })

  it('listeners have names in capitals, hosts, IPv6 hosts and ports', () => {
    const map = 'A:PLAINTEXT,B:PLAINTEXT,C:PLAINTEXT,CONTROLLER:PLAINTEXT'
    const { config } = read({
      listeners: 'a://h-1.x:1,B://[::1]:0,C://:65535,CONTROLLER://127.0.0.1:9093',
      'listener.security.protocol.map': map,
      'inter.broker.listener.name': 'a',
    })
    expect(config.listeners.slice(0, 3)).toEqual([
      { name: 'A', host: 'h-1.x', port: 1 },
      { name: 'B', host: '::1', port: 0 },
      { name: 'C', host: '127.0.0.1', port: 65_535 },
    ])
    expect(config.advertisedListeners).toEqual(config.listeners.slice(0, 3))
    expect(config.interBrokerListenerName).toBe('A')
  })

  it('what is advertised can differ from what is bound', () => {
    const { config } = read({
      listeners: 'PLAINTEXT://0.0.0.0:9092,CONTROLLER://127.0.0.1:9093',
      'advertised.listeners': 'PLAINTEXT://example.org:19092',
    })
    expect(config.advertisedListeners).toEqual([{ name: 'PLAINTEXT', host: 'example.org', port: 19_092 }])
  })

  it('voters are read with id, host and port', () => {
    const { config } = read({ 'controller.quorum.voters': '1@a:1, 7@[::1]:2' })
    expect(config.quorumVoters).toEqual([
      { id: 1, host: 'a', port: 1 },
      { id: 7, host: '::1', port: 2 },
    ])
  })

  it('log.dirs wins over log.dir, and broker.id stands in for node.id', () => {
    expect(read({ 'log.dir': '/a', 'log.dirs': '/b' }).config.logDir).toBe('/b')
    expect(errors({ 'broker.id': '1' }, ['node.id'])).toEqual([])
  })

  const refusals: [claim: string, changes: Record<string, string>, words: string, without?: string[]][] = [
    ['no node.id', {}, 'node.id is missing', ['node.id']],
    ['node.id and broker.id that differ', { 'broker.id': '2' }, 'differ'],
    ['no process.roles', {}, 'process.roles is missing', ['process.roles']],
    ['an unknown role', { 'process.roles': 'broker,zookeeper' }, 'a list of broker, controller'],
    [
      'no controller.listener.names',
      {},
      'controller.listener.names is missing',
      ['controller.listener.names'],
    ],
    ['no voters', {}, 'controller.quorum.voters is missing', ['controller.quorum.voters']],
    ['a voter twice', { 'controller.quorum.voters': '1@a:1,1@b:2' }, 'an id twice'],
    ['a voter on all interfaces', { 'controller.quorum.voters': '1@0.0.0.0:1' }, 'nobody can connect'],
    ['a voter without a port', { 'controller.quorum.voters': '1@a' }, 'id@host:port'],
    ['a voter on port 0', { 'controller.quorum.voters': '1@a:0' }, 'between 1 and 65535'],
    ['a controller that is no voter', { 'controller.quorum.voters': '2@a:1' }, 'must be one of'],
    ['a voter that is no controller', { ...brokerOnly, 'node.id': '1' }, 'must not be one of'],
    ['a controller that does not listen', { listeners: 'PLAINTEXT://:9092' }, 'is in listeners'],
    [
      'a broker with a controller listener',
      { ...brokerOnly, listeners: minimal['listeners']! },
      'must not have',
    ],
    [
      'a controller with another listener',
      { 'process.roles': 'controller' },
      'only have controller listeners',
    ],
    ['a listener that is no address', { listeners: 'localhost:9092' }, 'NAME://host:port'],
    ['a port that is none', { listeners: 'PLAINTEXT://h:65536,CONTROLLER://h:1' }, 'above 65535'],
    [
      'a listener name twice',
      { listeners: 'PLAINTEXT://h:1,PLAINTEXT://h:2,CONTROLLER://h:3' },
      'PLAINTEXT twice',
    ],
    ['an address twice', { listeners: 'PLAINTEXT://h:1,CONTROLLER://h:1' }, 'h:1 twice'],
    [
      'advertising all interfaces',
      { listeners: 'PLAINTEXT://0.0.0.0:1,CONTROLLER://h:2' },
      'cannot advertise',
    ],
    ['advertising what is not bound', { 'advertised.listeners': 'OTHER://h:1' }, 'not one of listeners'],
    [
      'talking to brokers where none listen',
      { 'inter.broker.listener.name': 'OTHER' },
      'an advertised listener',
    ],
    [
      'an encrypted listener',
      { 'listener.security.protocol.map': 'PLAINTEXT:SSL,CONTROLLER:PLAINTEXT' },
      'mapped to SSL',
    ],
    [
      'a listener of unknown kind',
      { 'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT' },
      'CONTROLLER:PLAINTEXT',
    ],
    ['a map that is none', { 'listener.security.protocol.map': 'PLAINTEXT' }, 'NAME:PROTOCOL'],
    ['encryption between brokers', { 'security.inter.broker.protocol': 'SSL' }, 'only has PLAINTEXT'],
    ['two data directories', { 'log.dirs': '/a,/b' }, 'one directory'],
  ]
  it.each(refusals)('%s is refused', (_claim, changes, words, without) => {
    expect(errors(changes, without).some((error) => error.includes(words) && error.endsWith('.'))).toBe(true)
  })
})
