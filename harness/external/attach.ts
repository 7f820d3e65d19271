/**
 * Meeting a cluster of which nothing but addresses is known: who its brokers are, what each serves, and which topics are
 * there already. Whatever stands in the way is one sentence with the way out.
 */
import { Loop } from '../../ports/loop.ts'
import { NodeRunner } from '../../ports/node/node-runner.ts'
import { apis } from '../../protocol/apis.ts'
import type { AnyApi, Api } from '../../protocol/apis.ts'
import { errorCode, errorName } from '../../protocol/errors.ts'
import type { Decoded, Message } from '../../protocol/message.ts'
import { BrokerConnection } from '../../workloads/client/broker-connection.ts'
import type { BodyOf, BrokerAddress } from '../../workloads/client/broker-connection.ts'
import { exitCodes, UserError } from '../exit-codes.ts'
import type { ClientSecurity } from './security.ts'

export interface AttachedBroker extends BrokerAddress {
  readonly id: number
}

export interface Attached {
  readonly clusterId: string | null
  /** By id, where they advertise themselves. */
  readonly brokers: readonly AttachedBroker[]
  /** What every broker serves of what we speak, by name of the API: the highest version both have. */
  readonly versions: Readonly<Record<string, number>>
  /** Finalized features (KIP-584), such as metadata.version. */
  readonly features: Readonly<Record<string, number>>
  /** All topics that clients are told of. */
  readonly topics: readonly string[]
  /** Why the quorum of the controllers is not told to us, by Kafka's name; undefined when it is, or nobody serves the question. */
  readonly quorumError: string | undefined
  /** Why nobody coordinates groups, or transactions, by Kafka's name. */
  readonly uncoordinated: Uncoordinated
}

export interface Uncoordinated {
  readonly groups?: string
  readonly transactions?: string
}

const answerWithinMs = 5000
const coordinatedWithinMs = 10_000
const lookAgainMs = 250
/** A key like any other. */
const lookedFor = 'tribunal'

/** Throws a UserError when there is nothing to attach to. */
export function attach(bootstrap: readonly BrokerAddress[], security: ClientSecurity): Promise<Attached> {
  return onLoop(security, (loop) => meet(loop, bootstrap, security))
}

async function onLoop<T>({ tls }: ClientSecurity, ask: (loop: Loop) => Promise<T>): Promise<T> {
  const runner = new NodeRunner({ network: { ...(tls !== undefined && { tls }) } })
  const loop = new Loop(runner.ports)
  runner.run((event) => loop.step(event))
  try {
    return await ask(loop)
  } finally {
    await runner.stop()
  }
}

/**
 * The same, with who coordinates nothing: the first question makes the internal topics, which a cluster of fewer brokers than they
 * are to have replicas never can.
 */
export function withCoordinators(attached: Attached, security: ClientSecurity): Promise<Attached> {
  return onLoop(security, async (loop) => {
    const broker = await Acquaintance.make(loop, attached.brokers[0]!, security)
    if (typeof broker === 'string') return attached
    const [groups, transactions] = await Promise.all([0, 1].map((keyType) => coordinatorErrorOf(loop, broker, keyType)))
    broker.close()
    return { ...attached, uncoordinated: { ...(groups !== undefined && { groups }), ...(transactions !== undefined && { transactions }) } }
  })
}

async function coordinatorErrorOf(loop: Loop, broker: Acquaintance, keyType: number): Promise<string | undefined> {
  if (broker.versionOf(apis.FindCoordinator) === undefined) return undefined
  const deadlineMs = loop.now() + coordinatedWithinMs
  for (;;) {
    const answer = await broker.ask(apis.FindCoordinator, (version) =>
      version > 3 ? { keyType, coordinatorKeys: [lookedFor] } : { key: lookedFor, ...(version >= 1 && { keyType }) })
    const code = answer.coordinators?.[0]?.errorCode ?? answer.errorCode
    if (code === errorCode.NONE) return undefined
    if (code !== errorCode.COORDINATOR_NOT_AVAILABLE || loop.now() > deadlineMs) return errorName(code)
    await new Promise<void>((done) => void loop.after(lookAgainMs, done))
  }
}

async function meet(loop: Loop, bootstrap: readonly BrokerAddress[], security: ClientSecurity): Promise<Attached> {
  const reasons: string[] = []
  for (const address of bootstrap) {
    const broker = await Acquaintance.make(loop, address, security)
    if (typeof broker === 'string') {
      reasons.push(`${nameOf(address)}: ${tidied(broker)}`)
      continue
    }
    const { clusterId, brokers, topics } = await broker.ask(apis.Metadata, (version) => ({ topics: version === 0 ? [] : null }))
    const quorumError = await quorumErrorOf(broker)
    broker.close()
    const met = brokers.map(({ nodeId, host, port }) => ({ id: nodeId, host, port })).sort((a, b) => a.id - b.id)
    const served = await Promise.all(met.map((each) => versionsOf(loop, each, security)))
    const names = topics.flatMap(({ name }) => name ?? [])
    return {
      clusterId,
      brokers: met,
      versions: common(served.map(({ versions }) => versions)),
      features: served[0]?.features ?? {},
      topics: names,
      quorumError,
      uncoordinated: {},
    }
  }
  throw new UserError(`No broker could be reached: ${reasons.join('; ')}${wayOut(reasons, security)}.`, exitCodes.unknown)
}

/** Who may describe the cluster is told; others are refused. */
async function quorumErrorOf(broker: Acquaintance): Promise<string | undefined> {
  if (broker.versionOf(apis.DescribeQuorum) === undefined) return undefined
  const { errorCode: code } = await broker.ask(apis.DescribeQuorum, () => ({
    topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }],
  }))
  return code === errorCode.NONE ? undefined : errorName(code)
}

interface Served {
  readonly versions: Readonly<Record<string, number>>
  readonly features: Readonly<Record<string, number>>
}

async function versionsOf(loop: Loop, broker: AttachedBroker, security: ClientSecurity): Promise<Served> {
  const met = await Acquaintance.make(loop, broker, security)
  if (typeof met === 'string') {
    const advice = 'brokers must advertise addresses that this machine can dial'
    throw new UserError(`Broker ${broker.id} advertises ${nameOf(broker)}, which cannot be reached (${tidied(met)}); ${advice}.`, exitCodes.unknown)
  }
  const { finalizedFeatures } = await met.ask(apis.ApiVersions, () => ({ clientSoftwareName: 'tribunal', clientSoftwareVersion: '1' }))
  const all: readonly AnyApi[] = Object.values(apis)
  const versions = Object.fromEntries(all.flatMap((api) => {
    const version = met.versionOf(api)
    return version === undefined ? [] : [[api.name, version]]
  }))
  met.close()
  return { versions, features: Object.fromEntries(finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel])) }
}

function common(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const [first, ...others] = all
  return Object.fromEntries(Object.entries(first ?? {}).flatMap(([name, version]) => {
    if (others.some((each) => each[name] === undefined)) return []
    return [[name, Math.min(version, ...others.map((each) => each[name]!))]]
  }))
}

/** One connection to one broker, for a few questions. */
class Acquaintance {
  readonly #connection: BrokerConnection

  private constructor(connection: BrokerConnection) {
    this.#connection = connection
  }

  /** Why not, in words, when the broker cannot be talked to. */
  static make(loop: Loop, address: BrokerAddress, { sasl }: ClientSecurity): Promise<Acquaintance | string> {
    return new Promise((done) => {
      const connection: BrokerConnection = new BrokerConnection(loop, address, {
        clientId: 'tribunal-attach',
        requestTimeoutMs: answerWithinMs,
        ...(sasl !== undefined && { sasl }),
        onReady: () => done(new Acquaintance(connection)),
        onClosed: (reason) => done(reason),
      })
    })
  }

  versionOf(api: AnyApi): number | undefined {
    return this.#connection.versionOf(api)
  }

  ask<Req extends Message, Res extends Message>(api: Api<Req, Res>, body: BodyOf<NoInfer<Req>>): Promise<Decoded<Res>> {
    return new Promise((done, fail) => {
      this.#connection.request(api, body, (result) => {
        if (result.ok) done(result.body)
        else fail(new UserError(`The broker did not answer ${api.name}: ${result.reason}.`, exitCodes.unknown))
      })
    })
  }

  close(): void {
    this.#connection.close()
  }
}

function nameOf({ host, port }: BrokerAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** OpenSSL's words without where in its sources they were said, Node's without its advice. */
function tidied(reason: string): string {
  const [, alert] = /SSL routines:[^:]*:([^:]+)/.exec(reason) ?? []
  return alert === undefined ? reason.split(/;|\n/)[0]! : `TLS: ${alert}`
}

/** What the reasons have in common with what we have seen wrong clients be told. */
function wayOut(reasons: readonly string[], { tls, sasl }: ClientSecurity): string {
  const some = (pattern: RegExp): boolean => reasons.some((reason) => pattern.test(reason))
  if (some(/SASL_AUTHENTICATION_FAILED/)) return '; look at sasl.jaas.config in the file of --client-config'
  if (some(/SASL/)) return '; look at sasl.mechanism in the file of --client-config'
  if (some(/CERT|SELF_SIGNED|ALTNAME|LEAF_SIGNATURE|ISSUER|TLS/)) return '; look at the ssl.* settings in the file of --client-config'
  if (!some(/closed by peer|no answer|frame|reset/)) return ''
  if (tls !== undefined) return '; if it does not speak TLS, change security.protocol in the file of --client-config'
  return sasl === undefined ? '; if it wants TLS or SASL, give --client-config' : ''
}
