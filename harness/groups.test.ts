/**
 * Consumer groups of clients that others wrote, against three broker processes of ours whose coordinators die: what they go
 * through is in testing/group-trial.testing.ts.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Producer } from 'kafkajs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { kafkaLibs } from './apache-kafka/kafka-jars.ts'
import { GroupTrial, type GroupTrialMember, type GroupTrialSetup } from './testing/group-trial.testing.ts'
import { kafkajs } from './testing/kafkajs.testing.ts'
import { LiveCluster } from './testing/live-cluster.testing.ts'
import { isKafkaMissing, isMissing } from './testing/optional-tool.testing.ts'

const sessionMs = 6000
const heartbeatMs = 300
const settings = {
  'group.consumer.session.timeout.ms': String(sessionMs),
  'group.consumer.min.session.timeout.ms': '1000',
  'group.consumer.heartbeat.interval.ms': String(heartbeatMs),
  'group.consumer.min.heartbeat.interval.ms': '100',
}
const trialTimeoutMs = 300_000

let cluster: LiveCluster
let producer: Producer
let trial: GroupTrial | undefined
const scratch = mkdtempSync(join(tmpdir(), 'tribunal-groups-'))

beforeAll(async () => {
  cluster = await LiveCluster.start({ settings, ruled: true })
  producer = kafkajs(cluster.bootstrap).producer({ allowAutoTopicCreation: false })
  await producer.connect()
})
afterEach(async () => {
  await trial?.close()
  trial = undefined
})
afterAll(async () => {
  await producer.disconnect()
  await cluster.close()
  rmSync(scratch, { recursive: true, force: true })
})

/** What a member does, given its client id, the name of topic and group, and whom to tell. */
type Start = (place: { readonly name: string; readonly clientId: string; readonly told: (value: string) => void }) => Promise<GroupTrialMember>

async function rebalances(name: string, protocol: GroupTrialSetup['protocol'], start: Start): Promise<void> {
  trial = new GroupTrial({
    cluster, producer, topic: name, group: name, protocol,
    startMember: (clientId, told) => start({ name, clientId, told }),
  })
  await trial.run()
}

const promise = 'three members lose nothing while their coordinator dies in mid-stream, in a join and in a commit'

const keptComplaints = 2000

const memberProgram = fileURLToPath(new URL('testing/platformatic-member.testing.ts', import.meta.url))

interface Program extends GroupTrialMember {
  readonly closed: Promise<unknown>
}

/** A program that writes what it has worked on as lines, and the signal that ends it. */
function startProgram(argv: readonly [string, ...string[]], line: (text: string) => void, signal: NodeJS.Signals): Program {
  const child = spawn(argv[0], argv.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] })
  let rest = ''
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (more: string) => (complaints = (complaints + more).slice(-keptComplaints)))
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    const lines = (rest + more).split('\n')
    rest = lines.pop()!
    for (const each of lines) line(each)
  })
  const closed = once(child, 'close')
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null
  return {
    closed,
    ended: () => (hasEnded() ? `${child.signalCode ?? child.exitCode}: ${complaints}` : undefined),
    stop: async () => {
      child.kill(signal)
      await closed
    },
  }
}

describe('kafkajs', () => {
  it(promise, { timeout: trialTimeoutMs }, () => rebalances('group-kafkajs', 'classic', async ({ name, clientId, told }) => {
    const times = { sessionTimeout: sessionMs, heartbeatInterval: heartbeatMs, rebalanceTimeout: 5000, maxWaitTimeInMs: 200 }
    const consumer = kafkajs(cluster.bootstrap, clientId).consumer({ groupId: name, ...times })
    await consumer.connect()
    await consumer.subscribe({ topics: [name], fromBeginning: true })
    await consumer.run({
      autoCommitInterval: 200,
      eachMessage: async ({ message }) => told(message.value!.toString()),
    })
    return { stop: () => consumer.disconnect() }
  }))
})

describe('@platformatic/kafka, by the consumer protocol (KIP-848)', () => {
  /** It asks for its coordinator the first broker that lets it connect, and only that one, for as long as it does: behind a proxy a dead one
   * would. A member whose program has come to an end by itself is started again. */
  it(promise, { timeout: trialTimeoutMs }, () => rebalances('group-platformatic', 'consumer', async ({ name, clientId, told }) => {
    let isStopping = false
    let program: Program
    const start = (): void => {
      program = startProgram([process.execPath, memberProgram, cluster.ownBootstrap.join(','), name, clientId], told, 'SIGTERM')
      void program.closed.then(() => isStopping || start())
    }
    start()
    return {
      stop: () => {
        isStopping = true
        return program.stop()
      },
    }
  }))
})

const kcatMissing = isMissing('kcat')

describe.skipIf(kcatMissing)(kcatMissing ? 'kcat, which is librdkafka (kcat is not installed)' : 'kcat, which is librdkafka', () => {
  /** Asked to end, it commits a record it has been given and does not write it any more: so it is killed. With -E it stays when librdkafka says
   * that all brokers are down, which it says too while those that came back are merely not in use. */
  it(promise, { timeout: trialTimeoutMs }, () => rebalances('group-kcat', 'classic', async ({ name, clientId, told }) => {
    const times = [`session.timeout.ms=${sessionMs}`, `heartbeat.interval.ms=${heartbeatMs}`, 'auto.commit.interval.ms=200']
    const options = [...times, 'auto.offset.reset=earliest', `client.id=${clientId}`].flatMap((setting) => ['-X', setting])
    return startProgram(['kcat', '-b', cluster.bootstrap.join(','), '-G', name, ...options, '-q', '-E', '-u', '-f', '%s\n', name], told, 'SIGKILL')
  }))
})

const kafkaMissing = isKafkaMissing()

describe.skipIf(kafkaMissing)(kafkaMissing ? 'the Java consumer (apache-kafka is not installed)' : 'the Java consumer (apache-kafka)', () => {
  /** Its own times are made for machines that are minutes away. */
  const patient = [
    'max.poll.records=100', 'max.poll.interval.ms=10000', 'request.timeout.ms=3000', 'reconnect.backoff.max.ms=200',
  ]

  interface Consumed {
    readonly name: string
    readonly value?: string
  }

  /** Commits what it has told after every poll. */
  function startVerifiable(protocol: 'classic' | 'consumer'): Start {
    return async ({ name, clientId, told }) => {
      const config = join(scratch, `${name}-${clientId}.properties`)
      writeFileSync(config, [...patient, `client.id=${clientId}`, ''].join('\n'))
      const small = ['-Xmx96m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(kafkaLibs(), '*')]
      const classic = ['--session-timeout', String(sessionMs), '--assignment-strategy', 'org.apache.kafka.clients.consumer.CooperativeStickyAssignor']
      const options = ['--bootstrap-server', cluster.bootstrap.join(','), '--topic', name, '--group-id', name, '--group-protocol', protocol]
      const more = ['--verbose', '--command-config', config, ...(protocol === 'classic' ? classic : [])]
      return startProgram(['java', ...small, 'org.apache.kafka.tools.VerifiableConsumer', ...options, ...more], (line) => {
        if (!line.startsWith('{')) return
        const event = JSON.parse(line) as Consumed
        if (event.name === 'record_data') told(event.value!)
      }, 'SIGTERM')
    }
  }

  it(`by the classic protocol: ${promise}`, { timeout: trialTimeoutMs }, () => rebalances('group-java-classic', 'classic', startVerifiable('classic')))

  it(`with group.protocol=consumer: ${promise}`, { timeout: trialTimeoutMs }, () => rebalances('group-java', 'consumer', startVerifiable('consumer')))
})

describe('a group of the consumer protocol', () => {
  it('is no classic one', async () => {
    const admin = kafkajs(cluster.bootstrap).admin()
    await admin.connect()
    const { groups } = await admin.describeGroups(['group-platformatic']).finally(() => admin.disconnect())
    expect(groups[0]!.state).toBe('Dead')
  })
})
