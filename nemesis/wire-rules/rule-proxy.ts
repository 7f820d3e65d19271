/**
 * The protocol-aware fault proxy: stands before every broker of a cluster, reads what passes, and does what its rules say to
 * single requests and answers. It lives on a Loop, so the same proxy stands in the simulator and before real brokers, and needs
 * no rights. Who dials one of its addresses stays behind it: answers that tell brokers' addresses tell the proxy's instead.
 * Everything that passes and everything it does goes into the wire record.
 */
import type { Loop } from '../../ports/loop.ts'
import { apis } from '../../protocol/apis.ts'
import { decodeResponse } from '../../protocol/frames.ts'
import { MalformedMessage } from '../../protocol/malformed.ts'
import type { Asked } from './matching.ts'
import { errorsIn, type Address } from './message-facts.ts'
import { AnswerWaiters, RelayedConnection, type ProxyFloor } from './relayed-connection.ts'
import { RuleBook } from './rule-book.ts'
import type { Deed, WireEvent, WireRule } from './rule.ts'

export interface RuleProxyOptions {
  readonly loop: Loop
  /** Where others dial it. */
  readonly host: string
  readonly nodes: readonly number[]
  /** 0: any that is free. */
  readonly portOf: (node: number) => number
  /** Where a broker really is; undefined while it is nowhere. */
  readonly upstream: (node: number) => Address | undefined
}

export type Released = { readonly errors: readonly string[] } | { readonly lost: string }

/** Not worth a line when no rule means them: there are too many. */
const unrecorded: ReadonlySet<number> = new Set([
  apis.Fetch.key, apis.Metadata.key, apis.ApiVersions.key, apis.BrokerHeartbeat.key, apis.ListOffsets.key,
])
const firstOwnCorrelationId = 0x40000000
const correlationIdAt = 4

export class RuleProxy {
  readonly record: WireEvent[] = []
  readonly #options: RuleProxyOptions
  readonly #book = new RuleBook()
  readonly #ports = new Map<number, number>()
  readonly #requests = new Map<string, Asked>()
  readonly #places = new Map<string, () => void>()
  readonly #connections = new Set<RelayedConnection>()
  readonly #floor: ProxyFloor
  #nextOwnId = firstOwnCorrelationId

  constructor(options: RuleProxyOptions) {
    this.#options = options
    const waiters = new AnswerWaiters()
    this.#floor = {
      loop: options.loop,
      book: this.#book,
      topicNames: new Map(),
      addressOf: (node) => this.address(node),
      record: (did, asked, more = {}) => this.#note(did, asked, more),
      keepRequest: (rule, asked) => void this.#requests.set(rule.name, asked),
      keepPlace: (rule, goOn) => void this.#places.set(rule.name, goOn),
      sendAgain: (rule, asked) => this.#sendAgain(rule.name, asked, () => undefined),
      whenAnswered: (match, goOn) => waiters.add(match, goOn),
      answered: (asked) => waiters.answered(asked),
    }
  }

  /** `done` when every listener is open, with the reason when one is not. */
  open(done: (failure: string | undefined) => void): void {
    const { loop, host, nodes, portOf } = this.#options
    let left = nodes.length
    let failure: string | undefined
    const settled = (): void => {
      left--
      if (left === 0) done(failure)
    }
    for (const node of nodes) {
      loop.listen(listenerOf(node), host, portOf(node), {
        onListening: (port) => {
          this.#ports.set(node, port)
          settled()
        },
        onListenFailed: (reason) => {
          failure = reason
          settled()
        },
        onAccepted: (client) => {
          const upstream = this.#options.upstream(node)
          if (upstream === undefined) return { onFrame: () => loop.close(client), onClosed: () => undefined }
          const connection = new RelayedConnection(this.#floor, { node, client, upstream })
          this.#connections.add(connection)
          return connection.handler
        },
      })
    }
  }

  /** Where to dial a broker; undefined before `open` is done, and for brokers that are none of it. */
  address(node: number): Address | undefined {
    const port = this.#ports.get(node)
    return port === undefined ? undefined : { host: this.#options.host, port }
  }

  /** In place of all rules before; what those hold stays held. */
  setRules(rules: readonly WireRule[]): void {
    this.#book.set(rules)
  }

  /** Sends the request that the rule kept to its node, again each time. False: it has kept none. */
  release(rule: string, done: (released: Released) => void): boolean {
    const asked = this.#requests.get(rule)
    if (asked === undefined) return false
    this.#sendAgain(rule, asked, done)
    return true
  }

  /** Lets go on what the rule holds, request or answer, where it was held, and all behind it. False: it holds nothing. */
  resume(rule: string): boolean {
    const goOn = this.#places.get(rule)
    this.#places.delete(rule)
    goOn?.()
    return goOn !== undefined
  }

  close(): void {
    for (const node of this.#options.nodes) this.#options.loop.unlisten(listenerOf(node))
    for (const connection of this.#connections) connection.close()
  }

  #sendAgain(rule: string, asked: Asked, done: (released: Released) => void): void {
    const { loop, upstream } = this.#options
    const address = upstream(asked.node)
    if (address === undefined) return done({ lost: `broker ${asked.node} is nowhere` })
    const correlationId = this.#nextOwnId++
    const frame = asked.frame.slice()
    new DataView(frame.buffer).setInt32(correlationIdAt, correlationId)
    const own = { ...asked, correlationId }
    const connection = loop.connect(address.host, address.port, {
      onFrame: (bytes) => {
        loop.close(connection)
        const errors = errorsOf(own, bytes)
        this.#note('swallowed', own, { rule: { name: rule }, errors })
        done({ errors })
      },
      onClosed: (reason) => done({ lost: reason }),
    })
    this.#note('released', own, { rule: { name: rule } })
    loop.send(connection, frame)
    return undefined
  }

  #note(did: Deed, asked: Asked, { rule, errors }: { readonly rule?: Pick<WireRule, 'name'>; readonly errors?: readonly string[] }): void {
    if (rule === undefined && unrecorded.has(asked.apiKey)) return
    const { api, apiKey, version, client, node, correlationId, transactionalIds, partitions } = asked
    this.record.push({
      timeMs: this.#options.loop.now(),
      did,
      ...(rule !== undefined && { rule: rule.name }),
      api: api?.name ?? String(apiKey),
      version,
      client,
      node,
      correlationId,
      ...(transactionalIds.length > 0 && { transactionalIds }),
      ...(partitions.length > 0 && { partitions: partitions.map(({ topic, partition }) => `${topic}-${partition}`) }),
      ...(errors !== undefined && { errors }),
    })
  }
}

function errorsOf({ api, version }: Asked, frame: Uint8Array): string[] {
  if (api === undefined) return []
  try {
    return errorsIn(decodeResponse(api, version, frame).body)
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    return []
  }
}

function listenerOf(node: number): string {
  return `rules-${node}`
}
