/** The two sides of a comparison: brokers that run somewhere, or that are started for it and end with it. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { whyNoKafka } from '../apache-kafka/kafka-jars.ts'
import { apacheKafka } from '../apache-kafka/kafka-recipe.ts'
import { brokerCommand } from '../broker-command.ts'
import { exitCodes, UserError } from '../exit-codes.ts'
import { requireDefect } from '../planted-defects.ts'
import { referenceBroker, type BrokerRecipe } from '../targets/broker-recipe.ts'
import { ProcessCluster } from '../targets/process-cluster.ts'
import type { Address } from './session.ts'

export interface OpenedBroker {
  /** As the report calls it. */
  readonly name: string
  readonly address: Address
  /** How long it may be silent before it is taken for dead. */
  readonly startsWithinMs: number
  readonly close: () => Promise<void>
}

const stopTimeoutMs = 5000
/** A JVM listens to its clients long after it has begun. */
const startsWithinMs = 60_000
/** A change of the metadata is answered at once, so that a sequence takes as long as its requests, and one
 * broker is enough for groups; the rest is Kafka's default. */
const settings = {
  'controller.quorum.append.linger.ms': '0',
  'auto.create.topics.enable': 'true',
  'offsets.topic.num.partitions': '1',
  'offsets.topic.replication.factor': '1',
  'group.initial.rebalance.delay.ms': '0',
}

/**
 * `HOST:PORT`, `ours`, `ours:DEFECT`, which is ours with that defect planted, or `kafka` where its jars are. UserError when it
 * is none of these, or cannot be started.
 */
export async function openBroker(text: string): Promise<OpenedBroker> {
  const [kind, detail] = text.split(':')
  if (text === 'kafka') return startKafka()
  if (kind === 'ours' && !/^\d+$/.test(detail ?? '')) {
    if (detail !== undefined) requireDefect(detail)
    return startBroker(text, referenceBroker(await brokerCommand(detail)))
  }
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? []
  if (host === undefined || Number(port) > 65_535) {
    throw new UserError(`${text} is no broker; give HOST:PORT, or ours or kafka for one that is started for the comparison.`)
  }
  return { name: text, address: { host, port: Number(port) }, startsWithinMs: 0, close: () => Promise.resolve() }
}

function startKafka(): Promise<OpenedBroker> {
  const missing = whyNoKafka()
  if (missing !== undefined) throw new UserError(missing, exitCodes.unknown)
  return startBroker('kafka', apacheKafka())
}

async function startBroker(name: string, recipe: BrokerRecipe): Promise<OpenedBroker> {
  const directory = mkdtempSync(join(tmpdir(), 'tribunal-conformance-'))
  const logDir = join(directory, 'logs')
  mkdirSync(logDir)
  const cluster = await ProcessCluster.prepare({ brokers: 1, settings, dataDir: directory, logDir, recipe })
  const close = async (): Promise<void> => {
    await cluster.stopAll(stopTimeoutMs)
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }
  const failed = await cluster.startAll()
  if (failed === undefined) return { name, address: cluster.address(1), startsWithinMs, close }
  await close()
  throw new UserError(`${failed.message}.`, exitCodes.unknown)
}
