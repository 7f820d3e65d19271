/**
 * Where a script plays: the cluster behind the rule proxy, its own topic, the history it writes, and what it finds. A script asks
 * for what it needs and says what it expects; everything it does is in the history and in the wire record.
 */
import type { Finding } from '../../checkers/verdict.ts'
import { makeValue } from '../../history/value-checksum.ts'
import type { Recorder } from '../../history/recorder.ts'
import type { RuleProxy } from '../../nemesis/wire-rules/rule-proxy.ts'
import type { WireEvent, WireRule } from '../../nemesis/wire-rules/rule.ts'
import type { Loop } from '../../ports/loop.ts'
import { apis } from '../../protocol/apis.ts'
import type { OffsetFetchResponse } from '../../protocol/apis/09-offset-fetch.ts'
import { toBigInt, toNumber } from '../../protocol/int64.ts'
import type { ErrorName } from '../../protocol/errors.ts'
import { readFetched } from '../../workloads/client/fetched-records.ts'
import { perform, told, type Play } from './play.ts'
import { RaceProducer } from './race-producer.ts'
import { RaceTransaction } from './race-transaction.ts'
import { CannotPlay, type Race, type TransactionVersion } from './race.ts'
import { RawClient, type Reply } from './raw-client.ts'
import type { PlannedSend } from './recorded-transaction.ts'
import { wireAnomalies } from './wire-anomalies.ts'

/** What a script may do to the brokers. */
export interface RaceCluster {
  readonly nodes: readonly number[]
  readonly kill?: (node: number, done: () => void) => void
  readonly start?: (node: number, done: () => void) => void
}

export interface StageOptions {
  readonly loop: Loop
  readonly proxy: RuleProxy
  readonly recorder: Recorder
  readonly cluster: RaceCluster
  readonly race: Race
  readonly version: TransactionVersion
  /** Of names of topics, transactional ids and groups. */
  readonly prefix: string
  readonly requestTimeoutMs: number
  /** How long what must work may take to do so. */
  readonly patienceMs: number
  readonly nextProcess: () => number
}

export type Answer = ErrorName | 'NO_ANSWER'

export interface Fetched {
  readonly values: readonly string[]
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly aborted: number | undefined
  readonly error: string
}

/** What is otherwise before long; asked for again wherever a script has nothing else to expect. */
export const passing: ReadonlySet<string> = new Set([
  'CONCURRENT_TRANSACTIONS', 'COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR',
  'UNSTABLE_OFFSET_COMMIT', 'NOT_LEADER_OR_FOLLOWER', 'LEADER_NOT_AVAILABLE', 'NOT_ENOUGH_REPLICAS', 'UNKNOWN_TOPIC_OR_PARTITION', 'REQUEST_TIMED_OUT', 'NO_ANSWER',
])
const fetchBytes = 1 << 20
const againMs = 20
/** The last for one group. */
const offsetFetchVersion = 7
const transactionKey = 1
const groupKey = 0
/** Transactions of scripts end by their word: none takes so long. */
const transactionTimeoutMs = 60_000

export class Stage {
  readonly version: TransactionVersion
  readonly topic: string
  readonly findings: Finding[] = []
  /** By value: why it is the client's fault. */
  readonly clientFaults: Map<string, string> = new Map()
  readonly loop: Loop
  readonly options: StageOptions
  readonly #raw: RawClient
  readonly #clients: RawClient[] = []
  readonly #found = new Map<string, number>()
  readonly #identities = new Map<string, string>()
  readonly #recordFrom: number
  #sequence = 0

  constructor(options: StageOptions) {
    this.options = options
    this.loop = options.loop
    this.version = options.version
    this.topic = topicOf(options)
    this.#recordFrom = options.proxy.record.length
    this.#raw = this.#newRaw('director')
    options.proxy.setRules(options.race.rules(this.version).map((rule) => this.#named(rule)))
  }

  /** Scripts call clients and ids by short names. */
  #named(rule: WireRule): WireRule {
    const { client, transactionalId, ...rest } = rule.match
    const match = {
      ...rest,
      ...(client !== undefined && { client: this.clientId(client) }),
      ...(transactionalId !== undefined && { transactionalId: this.transactionalId(transactionalId) }),
    }
    return { ...rule, match }
  }

  clientId(name: string): string {
    return `${name}-tv${this.version}`
  }

  transactionalId(name: string): string {
    return `${this.topic}-${name}`
  }

  group(name: string): string {
    return `${this.topic}-${name}`
  }

  key(partition: number): string {
    return `${this.topic}-${partition}`
  }

  wallNow(): number {
    return this.loop.ports.clock.wallNow()
  }

  get partitions(): readonly number[] {
    return Array.from({ length: this.options.race.partitions }, (_, partition) => partition)
  }

  #newRaw(name: string): RawClient {
    const { proxy, requestTimeoutMs } = this.options
    const addressOf = (node: number): { host: string; port: number } => proxy.address(node)!
    const raw = new RawClient(this.loop, { clientId: this.clientId(name), addressOf, requestTimeoutMs })
    this.#clients.push(raw)
    return raw
  }

  /** Two of one transactional id are two instances. */
  producer(name: string, { id = name, timeoutMs = transactionTimeoutMs }: { readonly id?: string; readonly timeoutMs?: number } = {}): RaceProducer {
    return new RaceProducer(this, this.#newRaw(name), { transactionalId: this.transactionalId(id), timeoutMs })
  }

  /** Begins as a new instance of its transactional id. */
  *initialised(name: string, options: { readonly id?: string; readonly timeoutMs?: number } = {}): Play<RaceProducer> {
    const producer = this.producer(name, options)
    yield* this.initialise(producer)
    return producer
  }

  *initialise(producer: RaceProducer): Play {
    const { recorder, nextProcess } = this.options
    const { transactionalId, raw: { clientId: client } } = producer
    const process = nextProcess()
    recorder.record({ process, type: 'invoke', f: 'init-transactions', value: { transactionalId }, client })
    yield* this.well(`InitProducerId of ${client}`, () => producer.init())
    recorder.record({ process, type: 'ok', f: 'init-transactions', value: { transactionalId, ...producer.identity }, client })
  }

  /** A transaction that means to send one record to each of these partitions. */
  begin(producer: RaceProducer, partitions: readonly number[]): RaceTransaction {
    const client = producer.raw.clientId
    const sends = partitions.map((partition): PlannedSend & { readonly partition: number } =>
      ({ partition, key: this.key(partition), value: makeValue(client, this.#sequence++) }))
    return new RaceTransaction(this, producer, sends)
  }

  /** A record of a producer without transactions. */
  beginSend(producer: RaceProducer, partition: number): RaceTransaction {
    const value = makeValue(producer.raw.clientId, this.#sequence++)
    return new RaceTransaction(this, producer, [{ partition, key: this.key(partition), value }], 'send')
  }

  /** Goes on beside the script; nothing waits for it. */
  spawn(play: Play<unknown>): void {
    perform(play, () => undefined)
  }

  *pause(ms: number): Play {
    yield (resume) => void this.loop.after(ms, resume)
  }

  *until(what: string, holds: () => boolean): Play {
    const deadlineMs = this.loop.now() + this.options.patienceMs
    while (!holds()) {
      if (this.loop.now() > deadlineMs) throw new CannotPlay(`${what} never came`)
      yield* this.pause(againMs)
    }
  }

  /** What has passed since this stage was set. */
  get wire(): readonly WireEvent[] {
    return this.options.proxy.record.slice(this.#recordFrom)
  }

  /** Until the proxy has done what the rule says. */
  *fired(rule: string): Play {
    yield* this.until(`what ${rule} waits for`, () => this.wire.some((event) => event.rule === rule))
  }

  /** Sends what the rule kept; what was answered, which nobody else is told. */
  *release(rule: string): Play<Answer> {
    const released = yield* told<{ errors: readonly string[] } | { lost: string }>((done) => {
      if (!this.options.proxy.release(rule, done)) throw new CannotPlay(`${rule} kept nothing`)
    })
    if ('lost' in released) throw new CannotPlay(`what ${rule} kept was released, and the connection ended: ${released.lost}`)
    return (released.errors.find((name) => name !== 'NONE') ?? 'NONE') as Answer
  }

  /** From here on everything passes. */
  liftRules(): void {
    this.options.proxy.setRules([])
  }

  /** Lets go on what the rule holds. */
  resume(rule: string): void {
    if (!this.options.proxy.resume(rule)) throw new CannotPlay(`${rule} holds nothing`)
  }

  *kill(node: number): Play {
    const { kill } = this.options.cluster
    if (kill === undefined) throw new CannotPlay('brokers cannot be killed here')
    yield (resume) => kill(node, resume)
    this.forget()
  }

  *start(node: number): Play {
    const { start } = this.options.cluster
    if (start === undefined) throw new CannotPlay('brokers cannot be started here')
    yield (resume) => start(node, resume)
    this.forget()
  }

  /** Until somebody else leads what that broker led: `find` tells who. */
  *movedFrom(node: number, find: () => Play<number>): Play<number> {
    const deadlineMs = this.loop.now() + this.options.patienceMs
    for (;;) {
      this.forget()
      const now = yield* find()
      if (now !== node) return now
      if (this.loop.now() > deadlineMs) throw new CannotPlay(`broker ${node} went on leading`)
      yield* this.pause(againMs)
    }
  }

  /** What is wrong with these records is their producer's own doing, as the wire shows. */
  blameClient(values: readonly string[], because: string): void {
    for (const value of values) this.clientFaults.set(value, because)
  }

  /** A record that goes out as two, each with an identity of its own, can be told from its first copy by nobody. */
  sentAs(value: string, identity: string): void {
    const known = this.#identities.get(value)
    if (known !== undefined && known !== identity) this.blameClient([value], `its producer sent it again under another identity (${known}, then ${identity})`)
    else this.#identities.set(value, identity)
  }

  /** Asks until the answer is not one to ask again for. */
  *again<R extends Reply>(ask: () => Play<R>): Play<R> {
    const deadlineMs = this.loop.now() + this.options.patienceMs
    for (;;) {
      const reply = yield* ask()
      if (!passing.has(reply.error) || this.loop.now() > deadlineMs) return reply
      this.#found.clear()
      yield* this.pause(againMs)
    }
  }

  /** What must work, or there is nothing to try. */
  *well<R extends Reply>(what: string, ask: () => Play<R>): Play<R> {
    const reply = yield* this.again(ask)
    if (reply.error === 'CONCURRENT_TRANSACTIONS') {
      this.convict('stuck-transaction', `${what} was answered ${reply.error} for ${this.options.patienceMs} ms: the transaction before never ends`)
    }
    if (reply.error !== 'NONE') throw new CannotPlay(`${what} was answered ${reply.error}`)
    return reply
  }

  /** Anything else than what is due convicts. */
  expect(answer: Answer, due: readonly Answer[], { what, anomaly }: { readonly what: string; readonly anomaly: string }): void {
    if (!due.includes(answer)) this.convict(anomaly, `${what} was answered ${answer} where ${due.join(' or ')} is due`)
  }

  convict(anomaly: string, message: string, blame: Finding['blame'] = 'broker'): void {
    const { guarantees } = wireAnomalies[anomaly]!
    this.findings.push({ anomaly, guarantees, message: `${this.topic}: ${message}`, witness: [], ...(blame !== undefined && { blame }) })
  }

  /** Until the markers of the last transaction of an id are written, as its coordinator tells. */
  *completed({ transactionalId }: RaceProducer): Play {
    yield* this.well(`the end of ${transactionalId}`, function* (this: Stage): Play<Reply> {
      const node = yield* this.coordinatorOf(transactionalId)
      const { body, error } = yield* this.#raw.ask(apis.DescribeTransactions, { transactionalIds: [transactionalId] }, { node })
      const state = body?.transactionStates[0]?.transactionState
      return { node, error: error === 'NONE' && state?.startsWith('Prepare') === true ? 'CONCURRENT_TRANSACTIONS' : error }
    }.bind(this))
  }

  *leaderOf(partition: number): Play<number> {
    return yield* this.#finding(`leader ${partition}`, function* (this: Stage, node: number): Play<number | undefined> {
      const { body } = yield* this.#raw.ask(apis.Metadata, { topics: [{ name: this.topic }] }, { node, maxVersion: 8 })
      const found = body?.topics[0]?.partitions.find(({ partitionIndex }) => partitionIndex === partition)
      return found !== undefined && found.errorCode === 0 ? found.leaderId : undefined
    })
  }

  *coordinatorOf(transactionalId: string): Play<number> {
    return yield* this.#coordinator(transactionalId, transactionKey)
  }

  *groupCoordinatorOf(group: string): Play<number> {
    return yield* this.#coordinator(group, groupKey)
  }

  *#coordinator(key: string, keyType: number): Play<number> {
    return yield* this.#finding(`coordinator ${keyType} ${key}`, function* (this: Stage, node: number): Play<number | undefined> {
      const { body } = yield* this.#raw.ask(apis.FindCoordinator, { key, keyType }, { node, maxVersion: 3 })
      return body?.errorCode === 0 ? body.nodeId : undefined
    })
  }

  *#finding(what: string, ask: (this: Stage, node: number) => Play<number | undefined>): Play<number> {
    const { nodes } = this.options.cluster
    const deadlineMs = this.loop.now() + this.options.patienceMs
    for (let turn = 0; ; turn++) {
      const known = this.#found.get(what)
      if (known !== undefined) return known
      const found = yield* ask.call(this, nodes[turn % nodes.length]!)
      if (found !== undefined && found >= 0) {
        this.#found.set(what, found)
        return found
      }
      if (this.loop.now() > deadlineMs) throw new CannotPlay(`${what} was not found`)
      yield* this.pause(againMs)
    }
  }

  /** Leaders and coordinators are found anew. */
  forget(): void {
    this.#found.clear()
  }

  /** Asked at once, of the leader. */
  *fetch(partition: number, offset: number, isolation: 'read_committed' | 'read_uncommitted'): Play<Fetched> {
    const node = yield* this.leaderOf(partition)
    const { body, error } = yield* this.#raw.ask(apis.Fetch, {
      maxWaitMs: 0,
      minBytes: 0,
      maxBytes: fetchBytes,
      isolationLevel: isolation === 'read_committed' ? 1 : 0,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [{ topic: this.topic, partitions: [{ partition, fetchOffset: toBigInt(offset), partitionMaxBytes: fetchBytes }] }],
      forgottenTopicsData: [],
    }, { node, maxVersion: 11 })
    const told = body?.responses[0]?.partitions[0]
    if (told === undefined) return { values: [], highWatermark: -1, lastStableOffset: -1, aborted: undefined, error }
    const aborted = told.abortedTransactions?.map((each) => ({ producerId: toNumber(each.producerId), firstOffset: toNumber(each.firstOffset) })) ?? null
    const { records } = readFetched(told.records ?? new Uint8Array(0), { position: offset, lastEpoch: -1, aborted })
    return {
      values: records.map(({ value }) => new TextDecoder().decode(value ?? new Uint8Array(0))),
      highWatermark: toNumber(told.highWatermark),
      lastStableOffset: toNumber(told.lastStableOffset),
      aborted: aborted?.length,
      error,
    }
  }

  /** The committed offset, -1 for none, once no transaction can change it any more. */
  *committedOffset(group: string, partition: number): Play<number> {
    const reply = yield* this.well('OffsetFetch', function* (this: Stage): Play<Reply<OffsetFetchResponse>> {
      const node = yield* this.groupCoordinatorOf(group)
      const topics = [{ name: this.topic, partitionIndexes: [partition] }]
      return yield* this.#raw.ask(apis.OffsetFetch, { groupId: group, topics, requireStable: true }, { node, maxVersion: offsetFetchVersion })
    }.bind(this))
    return toNumber(reply.body?.topics[0]?.partitions[0]?.committedOffset ?? -1n)
  }

  get director(): RawClient {
    return this.#raw
  }

  close(): void {
    for (const client of this.#clients) client.disconnect()
  }
}

export function topicOf({ prefix, race, version }: Pick<StageOptions, 'prefix' | 'race' | 'version'>): string {
  return `${prefix}${race.name}-tv${version}`
}
