/**
 * Answers made comparable. What two brokers cannot have in common (ids, ports, clocks, sizes of disks, the wording of
 * messages) gets a stable name at first sight or becomes a word that says only that it is there; lists whose order means
 * nothing are sorted; topics of others are left out. The rules are data: one per field name, an API's own before them.
 */
import type { AnyApi } from '../../protocol/apis.ts'
import { errorName } from '../../protocol/errors.ts'
import type { Names } from './names.ts'
import { describeRecords } from './record-spec.ts'
import type { Json, JsonObject } from './step.ts'

type Rule = 'drop' | 'presence' | 'node' | 'host' | 'port' | 'cluster' | 'id' | 'producer' | 'time' | 'error' | 'size' | 'session' | 'text'

const rules: Readonly<Record<string, Rule>> = {
  throttleTimeMs: 'drop',
  errorCode: 'error',
  topicConfigErrorCode: 'error',
  partitionErrorCode: 'error',
  errorMessage: 'presence',
  batchIndexErrorMessage: 'presence',
  documentation: 'presence',
  clusterId: 'cluster',
  topicId: 'id',
  producerId: 'producer',
  nodeId: 'node',
  leaderId: 'node',
  brokerId: 'node',
  controllerId: 'node',
  replicaId: 'node',
  replicaNodes: 'node',
  isrNodes: 'node',
  offlineReplicas: 'node',
  eligibleLeaderReplicas: 'node',
  lastKnownElr: 'node',
  host: 'host',
  port: 'port',
  logDir: 'presence',
  totalBytes: 'size',
  usableBytes: 'size',
  timestamp: 'time',
  maxTimestamp: 'time',
  logAppendTimeMs: 'time',
  transactionStartTimeMs: 'time',
  lastTimestamp: 'time',
  clientHost: 'presence',
  memberMetadata: 'text',
  memberAssignment: 'text',
  'JoinGroup.metadata': 'text',
  'SyncGroup.assignment': 'text',
  'Fetch.sessionId': 'session',
  'ApiVersions.apiKeys': 'drop',
  'ApiVersions.supportedFeatures': 'drop',
  'ApiVersions.finalizedFeatures': 'drop',
  'ApiVersions.finalizedFeaturesEpoch': 'drop',
  'DescribeQuorum.replicaDirectoryId': 'drop',
  'DescribeQuorum.leaderEpoch': 'drop',
  'DescribeQuorum.highWatermark': 'drop',
  'DescribeQuorum.logEndOffset': 'drop',
  'DescribeQuorum.lastFetchTimestamp': 'drop',
  'DescribeQuorum.lastCaughtUpTimestamp': 'drop',
}

/** Lists of numbers and batches keep their order; lists of structures have none that means anything, nor what is a set. */
const sets: ReadonlySet<string> = new Set(['subscribedTopicNames'])
const ordered: ReadonlySet<string> = new Set(['records', 'Fetch.abortedTransactions'])

/** Answers that speak of every topic there is. */
const listing: ReadonlySet<string> = new Set(['Metadata', 'DescribeTopicPartitions', 'DescribeLogDirs', 'ElectLeaders', 'ListConfigResources', 'ListGroups', 'ListTransactions'])

/** How far from a clock a time may be and still be that clock's. */
const clockMs = 120_000

export class Normaliser {
  readonly #names: Names
  readonly #wallNow: () => number
  /** Per kind of name what was seen, in order. */
  readonly #seen = new Map<string, unknown[]>()

  constructor(names: Names, wallNow: () => number) {
    this.#names = names
    this.#wallNow = wallNow
  }

  normalise(api: AnyApi, body: object, asked: JsonObject): Json {
    const isOurs = listing.has(api.name) ? this.#filter(asked) : () => true
    return this.#struct({ api: api.name, isOurs }, body)
  }

  /** Keeps what belongs to the sequence and what was asked for by its name. */
  #filter(asked: JsonObject): (element: Json) => boolean {
    const named = JSON.stringify(asked)
    return (element) => {
      if (element === null || typeof element !== 'object' || Array.isArray(element)) return true
      const { name, topic, topicName, resourceName, resourceType, groupId, transactionalId } = element as JsonObject
      if (resourceName !== undefined && resourceType !== 2) return true
      const found = name ?? topic ?? topicName ?? resourceName ?? groupId ?? transactionalId
      return typeof found !== 'string' || found.startsWith('~') || named.includes(JSON.stringify(found))
    }
  }

  #struct(scope: Scope, body: object): JsonObject {
    const normal: Record<string, Json> = {}
    for (const [name, value] of Object.entries(body)) {
      const rule = rules[`${scope.api}.${name}`] ?? rules[name]
      if (rule === 'drop') continue
      normal[name] = Array.isArray(value) ? this.#list(scope, name, value) : this.#value(scope, name, value)
    }
    return normal
  }

  #list(scope: Scope, name: string, list: readonly unknown[]): Json {
    const normal = merged(list.map((element) => this.#value(scope, name, element)).filter(scope.isOurs))
    const isOrdered = ordered.has(name) || ordered.has(`${scope.api}.${name}`) || (typeof list[0] !== 'object' && !sets.has(name))
    return isOrdered ? normal : sorted(normal)
  }

  #value(scope: Scope, name: string, value: unknown): Json {
    const rule = rules[`${scope.api}.${name}`] ?? rules[name]
    if (rule !== undefined && rule !== 'drop') return this.#ruled(rule, value)
    if (name === 'nextCursor' && value !== null) return this.#cursor(scope, value as object)
    if (value instanceof Uint8Array) return this.#records(scope, value)
    if (value === null || typeof value === 'boolean' || typeof value === 'number') return value
    if (typeof value === 'bigint') return plainNumber(value)
    if (typeof value === 'string') return this.#names.symbolic(value)
    return this.#struct(scope, value as object)
  }

  /** None where it goes on at somebody else's topic. */
  #cursor(scope: Scope, cursor: object): Json {
    const normal = this.#struct(scope, cursor)
    return scope.isOurs(normal) ? normal : null
  }

  #records(scope: Scope, bytes: Uint8Array): Json {
    const described = describeRecords(bytes)
    return Array.isArray(described) ? described.map((batch: Json) => this.#batch(scope, batch)) : described
  }

  #batch(scope: Scope, batch: Json): Json {
    return typeof batch === 'string' ? batch : this.#struct(scope, batch as object)
  }

  #ruled(rule: Exclude<Rule, 'drop'>, value: unknown): Json {
    switch (rule) {
      case 'presence':
        return value === null || value === '' ? value : 'text'
      case 'error':
        return errorName(value as number)
      case 'size':
        return Number(value) > 0 ? 'bytes' : Number(value)
      case 'id':
        return this.#names.idReference(String(value)) ?? this.#named('id', value)
      case 'time':
        return this.#time(Number(value))
      case 'producer':
      case 'node':
        return Number(value) < 0 ? Number(value) : this.#named(rule, Number(value))
      case 'text':
        return Buffer.from(value as Uint8Array).toString()
      case 'session':
        return value === 0 ? 0 : this.#named(rule, value)
      case 'host':
      case 'port':
      case 'cluster':
        return value === null ? null : this.#named(rule, value)
    }
  }

  #time(ms: number): Json {
    if (ms <= 0) return ms
    const after = ms - this.#names.zeroMs
    if (after >= -clockMs && after < clockMs) return `zero${after < 0 ? '' : '+'}${after}`
    return Math.abs(ms - this.#wallNow()) < clockMs ? 'clock' : after
  }

  #named(kind: string, value: unknown): string {
    const seen = this.#seen.get(kind) ?? []
    this.#seen.set(kind, seen)
    if (!seen.includes(value)) seen.push(value)
    return `${kind}${seen.indexOf(value) + 1}`
  }
}

/** A topic that is told in pieces is put together: a fetch may name it again for partitions that have nothing to read. */
function merged(list: readonly Json[]): readonly Json[] {
  const byTopic = new Map<string, Json>()
  for (const [i, element] of list.entries()) {
    const { topic, topicId, partitions } = (element ?? {}) as JsonObject
    const isTopic = topicId !== undefined && topic !== undefined && Array.isArray(partitions)
    const key = isTopic ? JSON.stringify([topic, topicId]) : String(i)
    const before = byTopic.get(key) as JsonObject | undefined
    const joined = before === undefined ? element : { ...before, partitions: sorted([...(before['partitions'] as Json[]), ...(partitions as Json[])]) }
    byTopic.set(key, joined)
  }
  return [...byTopic.values()]
}

/** By what an element is about first, so that two answers about the same thing stand in the same place. */
function sorted(list: readonly Json[]): Json[] {
  return list.map((each) => ({ each, key: `${subjectOf(each)} ${textOf(each)}` })).toSorted((a, b) => (a.key < b.key ? -1 : 1)).map(({ each }) => each)
}

function subjectOf(element: Json): string {
  const { resourceType, resourceName, name, topic, topicId, partitionIndex, index, partition, partitionId, groupId, transactionalId, memberId } = (element ?? {}) as JsonObject
  const subject = [resourceType, resourceName, name, topic, topicId, partitionIndex, index, partition, partitionId, groupId, transactionalId, memberId]
  return textOf(subject.map((each) => each ?? null))
}

interface Scope {
  readonly api: string
  readonly isOurs: (element: Json) => boolean
}

function plainNumber(value: bigint): Json {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : String(value)
}

function textOf(value: Json): string {
  return JSON.stringify(value)
}
