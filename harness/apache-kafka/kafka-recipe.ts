/**
 * Apache Kafka as broker processes: the main class of its release on the jars of the cache. On trial with small heaps and the
 * serial collector, because three of them share one machine with the harness; a bench names flags of its own.
 */
import { execFile } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { buildDirectory, root } from '../checkout.ts'
import { buildClockShim } from '../clock-shim.ts'
import { exitCodes, UserError } from '../exit-codes.ts'
import type { BrokerRecipe } from '../targets/broker-recipe.ts'
import { kafkaLibs } from './kafka-jars.ts'

/** Any; all brokers of a cluster must agree. */
const clusterId = 'dHJpYnVuYWwta2Fma2EtMQ'
const trialFlags = ['-Xms128m', '-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.awt.headless=true']

/** Of what the harness never looks at, small. */
const settings: Readonly<Record<string, string>> = {
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'inter.broker.listener.name': 'PLAINTEXT',
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.num.partitions': '1',
  'share.coordinator.state.topic.num.partitions': '1',
  'log.cleaner.dedupe.buffer.size': '2097152',
  'auto.create.topics.enable': 'false',
}

/** 128 + SIGTERM: what a JVM ends with after its shutdown hooks. */
const stoppedBySignal = 143

function java({ version, jvmFlags = trialFlags }: KafkaChoice, ...argv: readonly string[]): readonly string[] {
  const ours = (name: string): string => join(root, 'harness', 'apache-kafka', name)
  const logging = [`-Dlog4j2.configurationFile=${ours('log4j2.xml')}`, `-Dlog4j.configuration=file:${ours('log4j.properties')}`]
  const classPath = [join(kafkaLibs(version), '*')].join(delimiter)
  return ['java', ...jvmFlags, ...logging, '-cp', classPath, ...argv]
}

/** `scram`: users there from the beginning, as `SCRAM-SHA-256=[name=…,password=…]`. Throws a UserError. */
export async function formatStorage(configFile: string, scram: readonly string[] = [], choice: KafkaChoice = {}): Promise<void> {
  const users = scram.flatMap((each) => ['--add-scram', each])
  const features = Object.entries(choice.features ?? {}).flatMap(([name, level]) => ['--feature', `${name}=${level}`])
  const [program, ...argv] = java(choice, 'kafka.tools.StorageTool', 'format', '--cluster-id', clusterId, '--config', configFile, ...users, ...features)
  try {
    await promisify(execFile)(program!, argv)
  } catch (error) {
    const said = String((error as { stderr?: string }).stderr ?? error).trim().split('\n').at(-1)
    throw new UserError(`Apache Kafka's storage could not be formatted: ${said}`, exitCodes.unknown)
  }
}

export interface KafkaChoice {
  /** The usual one when missing. */
  readonly version?: string
  /** Of the broker's JVM; those of a trial when missing. */
  readonly jvmFlags?: readonly string[]
  /** Levels finalized from the beginning. */
  readonly features?: Readonly<Record<string, number>>
}

/** Clocks can be put wrong where the clock shim can be compiled. */
export function apacheKafka(choice: KafkaChoice = {}): BrokerRecipe {
  const shim = buildClockShim(buildDirectory)
  return {
    command: (configFile) => java(choice, 'kafka.Kafka', configFile),
    environment: (clockFile) => (shim === undefined ? {} : { LD_PRELOAD: shim, CLOCK_SKEW_FILE: clockFile }),
    settings,
    format: (configFile) => formatStorage(configFile, [], choice),
    needsFixedPorts: true,
    boundBy: (line, listenerAt) => {
      const port = Number(/Awaiting socket connections on \S+:(\d+)\./.exec(line)?.[1] ?? 0)
      const listener = listenerAt(port)
      return listener === undefined ? undefined : { listener, port }
    },
    startedBy: 'controller',
    readsClockFile: shim !== undefined,
    exitCodes: { stopped: stoppedBySignal, refused: undefined },
  }
}
