/**
 * One race from its topic to its last reading, under each version of transactions it is to be played in, the same on every
 * target. It only plays and records; what it meant is for `judge-race.ts`.
 */
import type { Finding } from '../../checkers/verdict.ts'
import type { Recorder } from '../../history/recorder.ts'
import type { RuleProxy } from '../../nemesis/wire-rules/rule-proxy.ts'
import type { WireEvent } from '../../nemesis/wire-rules/rule.ts'
import type { Loop } from '../../ports/loop.ts'
import { apis } from '../../protocol/apis.ts'
import type { MetadataResponse } from '../../protocol/apis/03-metadata.ts'
import type { AdminResult, NewTopic, WorkloadClient } from '../../workloads/client/client.ts'
import { closing } from './closing-read.ts'
import { told, type Play } from './play.ts'
import { CannotPlay, type Race, type TransactionVersion, type WirePattern } from './race.ts'
import { RawClient } from './raw-client.ts'
import { Stage, topicOf, type RaceCluster } from './stage.ts'

/** Where races are played, one after another. */
export interface RaceFloor {
  readonly loop: Loop
  readonly proxy: RuleProxy
  readonly cluster: RaceCluster
  readonly replicationFactor: number
  readonly prefix: string
  readonly requestTimeoutMs: number
  readonly patienceMs: number
  /** Of our own, whose way leads through the proxy. */
  readonly makeClient: (name: string) => WorkloadClient
}

export interface RacePlayed {
  readonly versions: readonly TransactionVersion[]
  readonly findings: readonly Finding[]
  /** Why nothing was tried, or not all. */
  readonly reasons: readonly string[]
  readonly wire: readonly WireEvent[]
  /** By value, of records that are wrong: what on the wire shows that their producer is to blame. */
  readonly clientFaults: ReadonlyMap<string, string>
}

const minInSyncReplicas = 2
const versionsWithFeature = 3
/** The last without topic ids. */
const metadataVersion = 8

export function* playRace(floor: RaceFloor, race: Race, recorder: Recorder): Play<RacePlayed> {
  recorder.record({ process: 'harness', type: 'info', f: 'config', value: configOf(floor) })
  const reasons: string[] = []
  const findings: Finding[] = []
  const clientFaults = new Map<string, string>()
  const wireFrom = floor.proxy.record.length
  let versions: readonly TransactionVersion[] = []
  try {
    versions = versionsToPlay(race, yield* finalizedVersion(floor))
    let process = 0
    for (const version of versions) {
      const from = floor.proxy.record.length
      const played = yield* playVersion(floor, { race, version, recorder, nextProcess: () => process++ })
      findings.push(...played.findings)
      for (const [value, because] of played.clientFaults) clientFaults.set(value, because)
      const missed = missing(race.interleaving(version), floor.proxy.record.slice(from), version)
      reasons.push(...[...played.reasons, ...missed].map((reason) => `under version ${version}: ${reason}`))
    }
  } catch (error) {
    if (!(error instanceof CannotPlay)) throw error
    reasons.push(error.message)
  }
  if (versions.length === 0 && reasons.length === 0) reasons.push('these brokers know no version of transactions that it is about')
  return { versions, findings, reasons, clientFaults, wire: floor.proxy.record.slice(wireFrom) }
}

function configOf({ replicationFactor }: RaceFloor): Readonly<Record<string, unknown>> {
  return {
    acks: -1, idempotence: true, isolation: 'read_committed', transactional: true, replicationFactor,
    minInSyncReplicas: Math.min(minInSyncReplicas, replicationFactor), uncleanLeaderElection: false,
  }
}

/** With version 2 finalized clients may speak either, and both are played, but for one in which the protocol itself is at fault. */
function versionsToPlay({ versions = [2, 1], protocolBug }: Race, finalized: TransactionVersion): readonly TransactionVersion[] {
  if (finalized === 1) return versions.filter((version) => version === 1)
  const sound = versions.filter((version) => version !== protocolBug?.under)
  return sound.length > 0 ? sound : versions
}

/** As clients find it out: by what the cluster has finalized. */
function* finalizedVersion({ loop, proxy, cluster, requestTimeoutMs, patienceMs }: RaceFloor): Play<TransactionVersion> {
  const raw = new RawClient(loop, { clientId: 'features', addressOf: (node) => proxy.address(node)!, requestTimeoutMs })
  const deadlineMs = loop.now() + patienceMs
  const body = { clientSoftwareName: 'tribunal', clientSoftwareVersion: '1' }
  for (;;) {
    const reply = yield* raw.ask(apis.ApiVersions, body, { node: cluster.nodes[0]!, maxVersion: versionsWithFeature })
    if (reply.body !== undefined) {
      raw.disconnect()
      const level = reply.body.finalizedFeatures.find(({ name }) => name === 'transaction.version')?.maxVersionLevel ?? 0
      return level >= 2 ? 2 : 1
    }
    if (loop.now() > deadlineMs) throw new CannotPlay('no broker tells its features')
    yield (resume) => void loop.after(100, resume)
  }
}

interface Setting {
  readonly race: Race
  readonly version: TransactionVersion
  readonly recorder: Recorder
  readonly nextProcess: () => number
}

function* playVersion(floor: RaceFloor, setting: Setting): Play<Pick<RacePlayed, 'findings' | 'reasons' | 'clientFaults'>> {
  const { race } = setting
  yield* makeTopic(floor, setting)
  const stage = new Stage({ ...floor, ...setting })
  const reasons: string[] = []
  const tried = function* (part: Play): Play {
    try {
      yield* part
    } catch (error) {
      if (!(error instanceof CannotPlay)) throw error
      reasons.push(error.message)
    }
  }
  yield* tried(race.play(stage))
  floor.proxy.setRules([])
  yield* tried(closing(stage, floor.makeClient))
  stage.close()
  return { findings: stage.findings, reasons, clientFaults: stage.clientFaults }
}

function* makeTopic(floor: RaceFloor, { race, version }: Setting): Play {
  const { replicationFactor, patienceMs } = floor
  const client = floor.makeClient('topic-maker')
  const topic: NewTopic = {
    name: topicOf({ prefix: floor.prefix, race, version }),
    partitions: race.partitions,
    replicationFactor,
    configs: { 'min.insync.replicas': String(Math.min(minInSyncReplicas, replicationFactor)), ...race.topicConfigs },
  }
  try {
    yield* untilWhole(floor, undefined)
    const made = yield* told<AdminResult<null>>((done) => client.admin.createTopics([topic], patienceMs, done))
    if (!made.ok) throw new CannotPlay(`its topic could not be made: ${made.error.code} ${made.error.message ?? ''}`)
    yield* untilWhole(floor, topic)
  } finally {
    client.close()
  }
}

/** Until every broker knows every other, and the topic, with all replicas in sync: a script meets no broker that is behind. */
function* untilWhole({ loop, proxy, cluster, requestTimeoutMs, patienceMs }: RaceFloor, topic: NewTopic | undefined): Play {
  const raw = new RawClient(loop, { clientId: 'looker', addressOf: (node) => proxy.address(node)!, requestTimeoutMs })
  const topics = topic === undefined ? [] : [{ name: topic.name }]
  const deadlineMs = loop.now() + patienceMs
  const isWhole = ({ brokers, topics: [told] }: MetadataResponse): boolean => {
    if (brokers.length < cluster.nodes.length) return false
    return topic === undefined || (told?.partitions.length === topic.partitions
      && told.partitions.every(({ leaderId, isrNodes }) => leaderId >= 0 && isrNodes.length === topic.replicationFactor))
  }
  for (const node of cluster.nodes) {
    for (;;) {
      const { body } = yield* raw.ask(apis.Metadata, { topics }, { node, maxVersion: metadataVersion })
      if (body !== undefined && isWhole(body)) break
      if (loop.now() > deadlineMs) throw new CannotPlay('the cluster never was whole')
      yield (resume) => void loop.after(50, resume)
    }
  }
  raw.disconnect()
}

/** What did not happen in the order it must have; nothing when all did. */
function missing(patterns: readonly WirePattern[], record: readonly WireEvent[], version: TransactionVersion): string[] {
  let at = 0
  for (const [i, pattern] of patterns.entries()) {
    const found = record.findIndex((event, where) => where >= at && fits(pattern, event, version))
    if (found < 0) return [`the interleaving did not happen: step ${i + 1}, ${JSON.stringify(pattern)}, is not in the wire record`]
    at = found + 1
  }
  return []
}

function fits(pattern: WirePattern, event: WireEvent, version: TransactionVersion): boolean {
  const { client, ...rest } = pattern
  if (client !== undefined && event.client !== `${client}-tv${version}`) return false
  return Object.entries(rest).every(([name, value]) => event[name as keyof WireEvent] === value)
}
