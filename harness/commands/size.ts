import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InvalidArgumentError, type Command } from 'commander'
import { Loop } from '../../ports/loop.ts'
import { NodeRunner } from '../../ports/node/node-runner.ts'
import type { AdminResult, WorkloadClient } from '../../workloads/client/client.ts'
import { compressions, type Compression } from '../../protocol/compression.ts'
import { apacheKafka } from '../apache-kafka/kafka-recipe.ts'
import { whyNoKafka } from '../apache-kafka/kafka-jars.ts'
import { brokerCommand } from '../broker-command.ts'
import { readClientConfig } from '../client-config/client-config.ts'
import { exitCodes, UserError } from '../exit-codes.ts'
import { attach } from '../external/attach.ts'
import { endOnInterrupt } from '../interrupt.ts'
import { parseBootstrap } from '../external/bootstrap.ts'
import type { ClientSecurity } from '../external/security.ts'
import { profiles } from '../profile.ts'
import { measurePartition, type PartitionMeasured } from '../size/measure-partition.ts'
import { guessedBytesPerSecond, sizeFor, type Demand, type Sizing } from '../size/sizing.ts'
import { referenceBroker } from '../targets/broker-recipe.ts'
import { ProcessCluster } from '../targets/process-cluster.ts'
import { brokerNames } from '../verify.ts'
import { wireClients } from '../wire-clients.ts'
import { durationOption, parseCount, parseRate } from './arguments.ts'

interface SizeFlags {
  readonly rate: number
  readonly recordSize: number
  readonly groups: number
  readonly consumers: number
  readonly retention: number
  readonly replicationFactor: number
  readonly brokers: number
  readonly headroom: number
  readonly compression: Compression
  readonly time: number
  readonly broker?: string
  readonly bootstrap?: string
  readonly clientConfig?: string
  readonly json?: boolean
}

const hourMs = 3_600_000

export function addSize(program: Command): void {
  program
    .command('size')
    .description('partitions, disk and network for a load, from what one partition really takes and gives here')
    .requiredOption('--rate <n>', 'records a second', parseRate)
    .option('--record-size <bytes>', 'key and value of a record', parseCount, 1000)
    .option('--groups <n>', 'consumer groups that each read everything', parseCount, 1)
    .option('--consumers <n>', 'consumers of one group that are to work at the same time', parseCount, 1)
    .addOption(durationOption('--retention <duration>', 'how long records are kept, as in 7d', '168h'))
    .option('--replication-factor <n>', 'replicas of each partition', parseCount, 3)
    .option('--brokers <n>', 'brokers that will carry it', parseCount, 3)
    .option('--headroom <share>', 'kept free of every rate and disk, as in 30%', parseHeadroom, 0.3)
    .option('--compression <codec>', `of the producers: ${compressions.join(', ')}`, parseCompression, 'none')
    .addOption(durationOption('--time <duration>', 'how long to measure, as in 5s', '5s'))
    .option('--broker <name>', `measured on three brokers as processes here: ${brokerNames.join(' or ')} (ours)`)
    .option('--bootstrap <addresses>', 'measured on a running cluster instead: HOST:PORT, several with commas between')
    .option('--client-config <file>', 'Java client properties with which to reach it: TLS, SASL')
    .option('--json', 'print as JSON')
    .action(async (flags: SizeFlags) => {
      endOnInterrupt()
      await size(flags)
    })
}

function parseHeadroom(text: string): number {
  const match = /^(\d+(?:\.\d+)?)%$/.exec(text)
  const share = match === null ? 1 : Number(match[1]) / 100
  if (share >= 1) throw new InvalidArgumentError('Give a share below 100%, such as 30%.')
  return share
}

function parseCompression(text: string): Compression {
  const known = compressions.find((name) => name === text)
  if (known === undefined) throw new InvalidArgumentError(`Give one of ${compressions.join(', ')}.`)
  return known
}

async function size(flags: SizeFlags): Promise<void> {
  if (flags.bootstrap !== undefined && flags.broker !== undefined) throw new UserError('--bootstrap measures a running cluster; leave out --broker.')
  const measured = flags.bootstrap === undefined ? await onProcesses(flags) : await onCluster(flags, flags.bootstrap)
  const demand: Demand = {
    recordsPerSecond: flags.rate, recordSizeBytes: flags.recordSize, groups: flags.groups, consumers: flags.consumers,
    retentionMs: flags.retention, replicationFactor: flags.replicationFactor, brokers: flags.brokers, headroomShare: flags.headroom,
  }
  const sizing = sizeFor(demand, measured)
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ demand, measured, sizing }, null, 2)}\n`)
  else process.stdout.write(textOf(demand, measured, sizing))
}

interface Place {
  readonly bootstrap: readonly { readonly host: string; readonly port: number }[]
  readonly security: ClientSecurity
  readonly replicationFactor: number
}

async function onProcesses(flags: SizeFlags): Promise<PartitionMeasured> {
  const { broker = 'ours' } = flags
  const isKafka = broker === 'kafka'
  if (!brokerNames.some((name) => name === broker)) throw new UserError(`--broker ${broker} is not one of ${brokerNames.join(', ')}.`)
  const missing = isKafka ? whyNoKafka() : undefined
  if (missing !== undefined) throw new UserError(missing, exitCodes.unknown)
  const brokers = Math.min(3, flags.replicationFactor)
  const dataDir = mkdtempSync(join(tmpdir(), 'tribunal-size-'))
  const recipe = isKafka ? apacheKafka() : referenceBroker(await brokerCommand())
  const cluster = await ProcessCluster.prepare({ brokers, settings: {}, dataDir, logDir: join(dataDir, 'logs'), recipe })
  try {
    const failed = await cluster.startAll()
    if (failed !== undefined) throw new UserError(`${failed.message}.`, exitCodes.unknown)
    return await measureAt({ bootstrap: cluster.brokerIds.map((id) => cluster.address(id)), security: {}, replicationFactor: brokers }, flags)
  } finally {
    await cluster.stopAll(5000)
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function onCluster(flags: SizeFlags, bootstrap: string): Promise<PartitionMeasured> {
  const security = flags.clientConfig === undefined ? {} : readClientConfig(flags.clientConfig)
  const { brokers } = await attach(parseBootstrap(bootstrap), security)
  return measureAt({ bootstrap: brokers, security, replicationFactor: Math.min(flags.replicationFactor, brokers.length) }, flags)
}

const setUpMs = 60_000
const settleMs = 200

/** On a topic of its own, which is gone afterwards. */
async function measureAt({ bootstrap, security, replicationFactor }: Place, { recordSize, compression, time }: SizeFlags): Promise<PartitionMeasured> {
  const runner = new NodeRunner({ network: { ...(security.tls !== undefined && { tls: security.tls }) } })
  const loop = new Loop(runner.ports)
  runner.run((event) => loop.step(event))
  const client = wireClients(loop, bootstrap, profiles.attached, security.sasl)('size')
  const topic = `tribunal-size-${Math.floor(Math.random() * 2 ** 31)}`
  try {
    await makeTopic(client, topic, { replicationFactor, brokers: bootstrap.length })
    const { deliveryTimeoutMs } = profiles.attached.clients
    return await measurePartition({ loop, client, topic, recordSizeBytes: recordSize, compression, timeMs: time, deliveryTimeoutMs })
  } catch (error) {
    throw error instanceof UserError ? error : new UserError(`Nothing could be measured: ${(error as Error).message}.`, exitCodes.unknown)
  } finally {
    await new Promise((done) => client.admin.deleteTopics([topic], setUpMs, done))
    client.close()
    await runner.stop()
  }
}

/** When all brokers are there. */
async function makeTopic(client: WorkloadClient, topic: string, wanted: { readonly replicationFactor: number; readonly brokers: number }): Promise<void> {
  const deadlineMs = performance.now() + setUpMs
  const { replicationFactor, brokers } = wanted
  for (;;) {
    const result = await new Promise<AdminResult<null>>((done) => client.admin.metadata([], setUpMs, (known) => {
      if (!known.ok) return done(known)
      if (known.value.nodes.length < brokers) return done({ ok: false, error: { code: 'BROKER_NOT_AVAILABLE', definite: true } })
      return client.admin.createTopics([{ name: topic, partitions: 1, replicationFactor }], setUpMs, done)
    }))
    if (result.ok) return
    if (performance.now() > deadlineMs) throw new Error(result.error.code)
    await new Promise((done) => setTimeout(done, settleMs))
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0)} MB`
}

function textOf(demand: Demand, measured: PartitionMeasured, sizing: Sizing): string {
  const { producedBytesPerSecond, consumedBytesPerSecond, storedPerByte, records } = measured
  const guess = Math.ceil(sizing.bytesPerSecond / guessedBytesPerSecond)
  const disk = sizing.diskBytesPerBroker
  return [
    `measured on one partition, ${records} records of ${demand.recordSizeBytes} bytes:`,
    `  written  ${megabytes(producedBytesPerSecond)}/s, acknowledged by all in-sync replicas`,
    `  read     ${megabytes(consumedBytesPerSecond)}/s, by one consumer`,
    `  stored   ${storedPerByte.toFixed(2)} bytes for a byte of the record`,
    `needed for ${megabytes(sizing.bytesPerSecond)}/s, with ${Math.round(100 * demand.headroomShare)} % kept free:`,
    `  partitions       ${sizing.partitions}, because of ${sizing.because} (to write ${sizing.partitionsToWrite}, to read ${sizing.partitionsToRead}, for ${demand.consumers} consumers ${sizing.partitionsForParallelism}; a guess of 10 MB/s each says ${guess})`,
    `  a broker holds   ${sizing.replicasPerBroker} replicas, ${disk > 1e12 ? `${(disk / 1e12).toFixed(2)} TB` : `${(disk / 1e9).toFixed(1)} GB`} of disk for ${demand.retentionMs / hourMs} h`,
    `  a broker's net   ${megabytes(sizing.networkInBytesPerBroker)}/s in, ${megabytes(sizing.networkOutBytesPerBroker)}/s out`,
    ...sizing.warnings.map((warning) => `! ${warning}`),
    '',
  ].join('\n')
}
