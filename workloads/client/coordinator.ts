/**
 * Who coordinates a group or a transactional id: found by FindCoordinator, kept until it says that it is not, or does not
 * answer, and then looked for again. A request fails at once as `refused` while nobody is known: who asks decides when to
 * ask again.
 */
import { apis } from '../../protocol/apis.ts'
import type { Api } from '../../protocol/apis.ts'
import { errorCode, errorName } from '../../protocol/errors.ts'
import type { Decoded, Message } from '../../protocol/message.ts'
import type { BodyOf, RequestLimits, RequestResult } from './broker-connection.ts'
import type { KafkaCluster, Lane } from './cluster.ts'

export type CoordinatorKind = 'group' | 'transaction'

export type FindCoordinatorAnswer = Decoded<typeof apis.FindCoordinator.response>

export interface CoordinatorOptions {
  readonly kind: CoordinatorKind
  /** The group, or the transactional id. */
  readonly key: string
  readonly retryBackoffMs: number
}

/** Whoever is named by them is none, or cannot say so at the moment. */
const elsewhere: ReadonlySet<number> = new Set([errorCode.NOT_COORDINATOR, errorCode.COORDINATOR_NOT_AVAILABLE])

const byKeyUpTo = 3
const kindsSince = 1

export class Coordinator {
  readonly #cluster: KafkaCluster
  readonly #options: CoordinatorOptions
  /** -1 when unknown. */
  node = -1
  /** Why nobody is known. */
  lastError = 'COORDINATOR_NOT_AVAILABLE'
  #isFinding = false
  #askedMs = -Infinity
  #waiting: (() => void)[] = []
  #closed = false

  constructor(cluster: KafkaCluster, options: CoordinatorOptions) {
    this.#cluster = cluster
    this.#options = options
  }

  /** `then` when somebody is known; never after `close`. */
  find(then: () => void): void {
    if (this.node >= 0) return then()
    this.#waiting.push(then)
    if (!this.#isFinding) this.#findSoon()
    return undefined
  }

  /** Another is to be found; nothing when another is known already. */
  forget(node: number): void {
    if (node === this.node) this.node = -1
  }

  /** By an error in an answer of `node`. Says whether another is to be found. */
  forgetBy(code: number, node: number): boolean {
    if (!elsewhere.has(code)) return false
    this.forget(node)
    return true
  }

  /** To the coordinator known; who does not answer is no longer known. */
  request<Req extends Message, Res extends Message>(
    api: Api<Req, Res>,
    { body, lane = 'coordinator', ...limits }: { readonly body: BodyOf<NoInfer<Req>>; readonly lane?: Lane } & RequestLimits,
    done: (result: RequestResult<NoInfer<Res>>, node: number) => void,
  ): void {
    const { node } = this
    const link = node < 0 ? undefined : this.#cluster.linkTo(node, lane)
    if (link === undefined) {
      this.#cluster.loop.after(0, () => done({ ok: false, reason: 'refused', mayHaveHappened: false }, node))
      return
    }
    link.request(
      api,
      body,
      (result) => {
        if (!result.ok && result.reason !== 'unsupported') this.forget(node)
        done(result, node)
      },
      limits,
    )
  }

  /** Nobody is called any more by `find`. */
  close(): void {
    this.#closed = true
    this.#waiting = []
  }

  #findSoon(): void {
    this.#isFinding = true
    const { loop } = this.#cluster
    const dueMs = this.#askedMs + this.#options.retryBackoffMs
    loop.after(Math.max(0, dueMs - loop.now()), () => {
      if (!this.#closed) this.#ask()
    })
  }

  #ask(): void {
    const { kind, key } = this.#options
    const keyType = kind === 'group' ? 0 : 1
    this.#askedMs = this.#cluster.loop.now()
    const body: BodyOf<typeof apis.FindCoordinator.request> = (version) =>
      version > byKeyUpTo ? { keyType, coordinatorKeys: [key] } : { key, ...(version >= kindsSince && { keyType }) }
    this.#cluster.requestAny(apis.FindCoordinator, body, (result) => {
      if (this.#closed) return undefined
      if (!result.ok) return this.#findSoon()
      const { code, node } = this.#read(result.body, result.version)
      this.lastError = errorName(code)
      if (code !== errorCode.NONE) return this.#findSoon()
      this.node = node
      this.#isFinding = false
      for (const then of this.#waiting.splice(0)) then()
      return undefined
    })
  }

  #read(body: FindCoordinatorAnswer, version: number): { readonly code: number; readonly node: number } {
    const told = version > byKeyUpTo ? body.coordinators[0] : body
    if (told === undefined) return { code: errorCode.COORDINATOR_NOT_AVAILABLE, node: -1 }
    const { errorCode: code, nodeId, host, port } = told
    if (code === errorCode.NONE) this.#cluster.applyEndpoints([{ nodeId, host, port }])
    return { code, node: nodeId }
  }
}
