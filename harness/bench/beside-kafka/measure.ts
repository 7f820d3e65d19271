/** One run of a tool on one kind of brokers, and what the brokers took for it. */
import { exitCodes, UserError } from '../../exit-codes.ts'
import type { BenchCluster } from './bench-cluster.ts'
import { isPaced, isReadBack, nameOf, paced, sizeOf, type BenchCase, type RunSize } from './cases.ts'
import { readConsumerOutput, readProducerOutput, type Produced } from './perf-output.ts'
import { runTool, type ToolName } from './perf-tool.ts'
import type { OneRun, Turn } from './rounds.ts'

const toolTimeoutMs = 120_000

/** Of the brokers, all three together. */
export interface Taken {
  readonly cpuMsPerMb: number
  readonly rssBytes: number
}

export interface ProduceRun extends Produced, Taken {}

export interface ConsumeRun extends Taken {
  readonly recordsPerSecond: number
}

/** All of a case on one kind of brokers, in a topic of its own. */
export async function runCase(cluster: BenchCluster, { of, name }: Turn, keepRaw: (file: string, text: string) => void): Promise<OneRun> {
  const topic = `bench-${name}`
  const keep = (what: string) => (text: string) => keepRaw(`${name}-${cluster.side}-${what}.txt`, text)
  await cluster.createTopic(topic, of)
  const produced = await produce(cluster, topic, { of, keep: keep('produced') })
  const consumed = isReadBack(of) ? await consume(cluster, topic, { of, keep: keep('consumed') }) : undefined
  const pacedRun = isPaced(of) ? await produce(cluster, topic, { of, perSecond: paced.perSecond, keep: keep('paced') }) : undefined
  await cluster.deleteTopic(topic)
  return { produced, ...(consumed !== undefined && { consumed }), ...(pacedRun !== undefined && { paced: pacedRun }) }
}

interface RunOrder {
  readonly of: BenchCase
  /** As fast as it goes when missing. */
  readonly perSecond?: number
  readonly keep: (text: string) => void
}

async function produce(cluster: BenchCluster, topic: string, { of, perSecond, keep }: RunOrder): Promise<ProduceRun> {
  const size: RunSize = perSecond === undefined ? sizeOf(of) : paced
  const argv = [
    '--bootstrap-server', cluster.bootstrap, '--topic', topic, '--num-records', String(size.records), '--warmup-records', String(size.warmUp),
    '--record-size', String(of.recordBytes), '--throughput', String(perSecond ?? -1),
    '--command-property', `acks=${of.acks}`, `compression.type=${of.compression}`,
  ]
  const { text, taken } = await measured(cluster, 'ProducerPerformance', { argv, megabytes: (size.records * of.recordBytes) / 1e6 })
  keep(text)
  const produced = readProducerOutput(text)
  if (produced?.records !== size.records - size.warmUp) throw unfinished('ProducerPerformance', cluster, of)
  return { ...produced, ...taken }
}

/** Reads what one run has produced. */
async function consume(cluster: BenchCluster, topic: string, { of, keep }: RunOrder): Promise<ConsumeRun> {
  const { records } = sizeOf(of)
  const argv = ['--bootstrap-server', cluster.bootstrap, '--topic', topic, '--num-records', String(records)]
  const { text, taken } = await measured(cluster, 'ConsumerPerformance', { argv, megabytes: (records * of.recordBytes) / 1e6 })
  keep(text)
  const consumed = readConsumerOutput(text)
  if (consumed === undefined || consumed.records < records) throw unfinished('ConsumerPerformance', cluster, of)
  return { recordsPerSecond: consumed.recordsPerSecond, ...taken }
}

function unfinished(tool: ToolName, { side }: BenchCluster, of: BenchCase): UserError {
  return new UserError(`${tool} did not come to the end of its records (${nameOf(of)}, ${side}).`, exitCodes.unknown)
}

interface ToolRun {
  readonly argv: readonly string[]
  readonly megabytes: number
}

async function measured(cluster: BenchCluster, tool: ToolName, { argv, megabytes }: ToolRun): Promise<{ text: string; taken: Taken }> {
  const before = cluster.usage()
  const text = await runTool(tool, argv, toolTimeoutMs)
  const after = cluster.usage()
  return { text, taken: { cpuMsPerMb: (after.cpuMs - before.cpuMs) / megabytes, rssBytes: after.rssBytes } }
}
