import { expect, it } from 'vitest'
import type { Docker } from '../containers/docker.ts'
import { exitCodes } from '../exit-codes.ts'
import { labelledBrokers } from './broker-labels.ts'

interface Told {
  readonly id?: string
  readonly image?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly ports?: Readonly<Record<string, { HostIp: string; HostPort: string }[] | null>>
  readonly status?: string
  readonly env?: readonly string[]
}

function container(service: string, { id, image = 'tribunal-broker', labels = {}, ports, status = 'running', env = [] }: Told = {}): Docker.ContainerInspectInfo {
  const named = { 'com.docker.compose.service': service, ...(id !== undefined && { 'tribunal.broker.id': id }), ...labels }
  return {
    Id: service.padEnd(64, '0'),
    Config: { Labels: named, Env: env, Image: image },
    NetworkSettings: { Ports: ports ?? { '9092/tcp': [{ HostIp: '127.0.0.1', HostPort: `4${id ?? ''}` }] } },
    State: { Running: status !== 'exited', Paused: status === 'paused', Status: status },
  } as unknown as Docker.ContainerInspectInfo
}

const three = ['3', '1', '2'].map((id) => container(`broker-${id}`, { id }))

it('brokers are known by their id alone, the rest by the recipe of their image', () => {
  const brokers = labelledBrokers('compose.yml', [container('zookeeper'), ...three])
  expect(brokers.map(({ id, service }) => [id, service])).toEqual([[1, 'broker-1'], [2, 'broker-2'], [3, 'broker-3']])
  expect(brokers[0]).toMatchObject({ clientPort: 9092, published: { host: '127.0.0.1', port: 41 }, dataDir: '/var/lib/kafka/data', orderlyExitCodes: [0] })
})

it('labels say what no recipe does', () => {
  const ports = { '1/tcp': null, '2/tcp': [{ HostIp: '0.0.0.0', HostPort: '52' }], '3/tcp': [{ HostIp: '::', HostPort: '53' }] }
  const [broker] = labelledBrokers('compose.yml', [
    container('mine', { id: '0', image: 'mine:1', labels: { 'tribunal.broker.port': '3', 'tribunal.broker.data': '/data' }, ports }),
    container('other', { id: '4', image: 'mine:1', ports, env: ['KAFKA_LOG_DIRS=/logs'] }),
    ...three,
  ])
  expect(broker).toMatchObject({ id: 0, clientPort: 3, published: { host: '127.0.0.1', port: 53 }, dataDir: '/data', orderlyExitCodes: [0, 143] })
})

it('without labels the first port that is published is the clients\', and the data are where Kafka\'s variable says', () => {
  const ports = { '1/tcp': null, '2/tcp': [{ HostIp: '0.0.0.0', HostPort: '52' }] }
  const [broker] = labelledBrokers('compose.yml', [container('other', { id: '0', image: 'mine:1', ports, env: ['KAFKA_LOG_DIRS=/logs'] }), ...three])
  expect(broker).toMatchObject({ clientPort: 2, published: { host: '127.0.0.1', port: 52 }, dataDir: '/logs' })
})

it.each([
  ['none', [container('a')], 'No running service of compose.yml has the label tribunal.broker.id'],
  ['too few', three.slice(0, 2), 'has 2 brokers with the label tribunal.broker.id; a trial takes 3'],
  ['two clusters', [...three, container('kafka-1', { id: '1' })], 'broker-1 and kafka-1 of compose.yml have the same tribunal.broker.id, 1'],
  ['no number', [container('a', { id: 'one' })], 'The service a has the label tribunal.broker.id=one, which is no number'],
  ['unpublished', [container('a', { id: '1', ports: { '9092/tcp': null } })], 'The service a does not publish its port 9092'],
  ['paused', [container('a', { id: '1', status: 'paused' })], 'The service a is paused; bring the whole project up'],
])('a project with brokers that make no cluster (%s) is refused in one sentence', (_, containers, says) => {
  expect(() => labelledBrokers('compose.yml', containers)).toThrow(expect.objectContaining({ exitCode: exitCodes.unknown, message: expect.stringContaining(says) as string }))
})
