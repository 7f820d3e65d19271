import { describe, expect, it } from 'vitest'
import { environmentSettings } from './environment-settings.ts'

describe('environment variables', () => {
  it('are settings under the names the official image gives them', () => {
    const environment = {
      KAFKA_NODE_ID: '7',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_LISTENER_NAME_INTERNAL_SSL_KEY__STORE: 'a',
      KAFKA_LISTENER_NAME_A___B_PLAIN: 'b',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_LOG_DIRS: '',
    }
    expect(environmentSettings(environment)).toEqual({
      'node.id': '7',
      'process.roles': 'broker,controller',
      'listener.name.internal.ssl.key_store': 'a',
      'listener.name.a-b.plain': 'b',
      'group.initial.rebalance.delay.ms': '0',
      'log.dirs': '',
    })
  })

  it('that are for the JVM, for the image or for somebody else are none', () => {
    const others = ['KAFKA_HEAP_OPTS', 'KAFKA_OPTS', 'KAFKA_LOG4J_LOGGERS', 'KAFKA_VERSION', 'KAFKA_', 'KAFKA', 'CLUSTER_ID', 'kafka_node_id', 'MY_KAFKA_NODE_ID']
    expect(environmentSettings(Object.fromEntries(others.map((name) => [name, 'x'])))).toEqual({})
    expect(environmentSettings({ KAFKA_NODE_ID: undefined })).toEqual({})
  })
})
