import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BrokerConfig } from '../core/config/broker-config.ts'
import type { Environment } from './environment-settings.ts'
import { loadConfig } from './load-config.ts'

let directory = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'config-'))
})

afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

/** A whole broker, as a compose file would describe it. */
const environment = {
  KAFKA_NODE_ID: '1',
  KAFKA_PROCESS_ROLES: 'broker,controller',
  KAFKA_LISTENERS: 'PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
  KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
  KAFKA_CONTROLLER_QUORUM_VOTERS: '1@127.0.0.1:9093',
  KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
  KAFKA_NUM_IO_THREADS: '3',
  KAFKA_NUM_PARTITIONS: '3',
  KAFKA_HEAP_OPTS: '-Xmx1g',
}

function load(variables: Environment, properties?: string, overrides: Readonly<Record<string, string>> = {}): { config: BrokerConfig; warnings: string[] } {
  const configFile = properties === undefined ? null : join(directory, 'server.properties')
  if (configFile !== null) writeFileSync(configFile, properties!)
  const loaded = loadConfig({ configFile, overrides, logLevel: 'info' }, variables)
  if ('errors' in loaded) throw new Error(loaded.errors.join(' '))
  return loaded
}

describe('the configuration of a process', () => {
  it('can come from the environment alone', () => {
    const { config, warnings } = load(environment)
    expect(config).toMatchObject({ nodeId: 1, processRoles: ['broker', 'controller'], numPartitions: 3 })
    expect(config.quorumVoters).toEqual([{ id: 1, host: '127.0.0.1', port: 9093 }])
    expect(warnings).toEqual([expect.stringContaining('num.io.threads')])
  })

  it('what the file says counts over the environment, what the command line says over both', () => {
    const file = 'num.partitions=4\ndefault.replication.factor=2\n'
    expect(load(environment, file).config).toMatchObject({ numPartitions: 4, defaultReplicationFactor: 2, nodeId: 1 })
    expect(load(environment, file, { 'num.partitions': '5' }).config).toMatchObject({ numPartitions: 5, defaultReplicationFactor: 2 })
    expect(load(environment, undefined, { 'num.partitions': '5' }).config.numPartitions).toBe(5)
  })

  it('a variable that names nothing real is a warning with the nearest name, and has no effect', () => {
    const { config, warnings } = load({ ...environment, KAFKA_NUM_PARTITONS: '9', KAFKA_BOOTSTRAP_SERVERS: 'b:1' })
    expect(config.numPartitions).toBe(3)
    expect(warnings).toContain('The environment sets num.partitons, which is no setting of Kafka; the nearest real name is num.partitions.')
    expect(warnings).toContainEqual(expect.stringContaining('bootstrap.servers'))
    expect(config.given).not.toHaveProperty('num.partitons')
  })

  it('what is wrong with a known variable is an error, as anywhere else', () => {
    const errors = (variables: Environment): unknown => loadConfig({ configFile: null, overrides: {}, logLevel: 'info' }, variables)
    expect(errors({ ...environment, KAFKA_NUM_PARTITIONS: 'many' })).toEqual({ errors: [expect.stringContaining('num.partitions=many')] })
    expect(errors({ ...environment, KAFKA_ZOOKEEPER_CONNECT: 'zk:2181' })).toEqual({ errors: [expect.stringContaining('gone since Kafka 4.0')] })
    expect(errors({ ...environment, KAFKA_SASL_ENABLED_MECHANISMS: 'PLAIN' })).toEqual({ errors: [expect.stringContaining('no authentication')] })
    expect(errors({})).toHaveProperty('errors')
  })

  it('a file that cannot be read is one sentence', () => {
    const configFile = join(directory, 'missing.properties')
    const loaded = loadConfig({ configFile, overrides: {}, logLevel: 'info' }, environment)
    expect(loaded).toEqual({ errors: [expect.stringMatching(/^Cannot read the configuration .*missing[.]properties: .*[.]$/)] })
  })
})
