/**
 * One connection to one broker: agrees on versions (ApiVersions, KIP-511), numbers the requests, gives each its answer in
 * order, and never leaves one open: a request without an answer in `requestTimeoutMs` ends the connection, for what comes
 * behind it would be late too. The rule it keeps: `mayHaveHappened` is false only for a request that was never sent.
 *
 * No callback runs before the call that caused it returns, and none after `close`.
 */
import type { ConnectionId, TimerId } from '../../ports/events.ts'
import type { Loop } from '../../ports/loop.ts'
import { apis } from '../../protocol/apis.ts'
import type { AnyApi, Api } from '../../protocol/apis.ts'
import { errorCode, errorName } from '../../protocol/errors.ts'
import { decodeResponse, encodeRequest } from '../../protocol/frames.ts'
import { MalformedMessage } from '../../protocol/malformed.ts'
import type { Decoded, Encodable, Message } from '../../protocol/message.ts'
import type { Sasl, SaslConversation } from './sasl.ts'

export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

export interface ConnectionOptions {
  readonly clientId: string
  /** Also the bound for connecting and for agreeing on versions. */
  readonly requestTimeoutMs: number
  /** Missing: the broker does not ask who we are. */
  readonly sasl?: Sasl
  readonly onReady: () => void
  readonly onClosed: (reason: string) => void
}

/** `refused`: no connection could be made. `unsupported`: the broker has no version of this API that we have. */
export interface RequestFailure {
  readonly ok: false
  readonly reason: 'timed-out' | 'disconnected' | 'refused' | 'unsupported'
  readonly mayHaveHappened: boolean
}

export type RequestResult<Res extends Message> =
  | { readonly ok: true; readonly version: number; readonly body: Decoded<Res> }
  | RequestFailure
export type SentResult = { readonly ok: true } | RequestFailure

/** Bounds of one request. */
export interface RequestLimits {
  /** Caps the agreed version. */
  readonly maxVersion?: number
  /** For its answer, instead of the connection's. Requests behind it on the connection wait as long. */
  readonly timeoutMs?: number
}

/** Builds the body once the version is agreed. */
export type BodyOf<Req extends Message> = (version: number) => Encodable<Req>

interface AnyRequest {
  readonly api: AnyApi
  readonly body: (version: number) => unknown
  readonly maxVersion: number
  readonly timeoutMs: number | undefined
  readonly answered: boolean
  readonly done: (result: never) => void
  version: number
  correlationId: number
  deadlineMs: number
}

const anyVersion = 999
const noLimits: RequestLimits = {}
const softwareName = 'tribunal'
const softwareVersion = '1'

export class BrokerConnection {
  readonly #loop: Loop
  readonly #options: ConnectionOptions
  readonly #connection: ConnectionId
  readonly #openedMs: number
  #state: 'connecting' | 'handshaking' | 'ready' | 'closed' = 'connecting'
  #timer: TimerId | undefined
  #nextCorrelationId = 1
  /** Per API key the versions both sides have. */
  readonly #versions = new Map<number, { readonly min: number; readonly max: number }>()
  readonly #features = new Map<string, number>()
  /** Sent, without an answer yet, in order. */
  readonly #pending: AnyRequest[] = []
  /** Held until versions are agreed, in order. */
  readonly #unsent: AnyRequest[] = []

  constructor(loop: Loop, address: BrokerAddress, options: ConnectionOptions) {
    this.#loop = loop
    this.#options = options
    this.#openedMs = loop.now()
    this.#connection = loop.connect(address.host, address.port, {
      onConnected: () => {
        this.#state = 'handshaking'
      },
      onFrame: (frame) => this.#answer(frame),
      onClosed: (reason) => this.#fail(this.#state === 'connecting' ? 'refused' : 'disconnected', reason),
    })
    this.#askVersions(Math.min(3, apis.ApiVersions.versions.max))
  }

  get isReady(): boolean {
    return this.#state === 'ready'
  }

  get isClosed(): boolean {
    return this.#state === 'closed'
  }

  /** Requests without an answer, sent or not. */
  get openRequests(): number {
    return this.#pending.length + this.#unsent.length
  }

  /** The version spoken for this API; undefined before agreement and for what the broker does not serve. */
  versionOf(api: AnyApi): number | undefined {
    return this.#versions.get(api.key)?.max
  }

  /** The finalized level of a feature (KIP-584) as this connection was told it; 0 when it was not. */
  featureLevel(name: string): number {
    return this.#features.get(name) ?? 0
  }

  request<Req extends Message, Res extends Message>(
    api: Api<Req, Res>,
    body: BodyOf<NoInfer<Req>>,
    done: (result: RequestResult<NoInfer<Res>>) => void,
    { maxVersion = anyVersion, timeoutMs }: RequestLimits = noLimits,
  ): void {
    this.#take(api, { body, done, maxVersion, timeoutMs, answered: true })
  }

  /** A request without an answer: Produce with acks 0. Done when it is sent. */
  tell<Req extends Message, Res extends Message>(
    api: Api<Req, Res>,
    body: BodyOf<NoInfer<Req>>,
    done: (result: SentResult) => void,
    { maxVersion = anyVersion }: RequestLimits = noLimits,
  ): void {
    this.#take(api, { body, done, maxVersion, timeoutMs: undefined, answered: false })
  }

  /** Nobody is called any more. */
  close(): void {
    if (this.#state === 'closed') return
    this.#end()
  }

  #take(api: AnyApi, asked: Pick<AnyRequest, 'body' | 'done' | 'maxVersion' | 'timeoutMs' | 'answered'>): void {
    const request: AnyRequest = { api, ...asked, version: 0, correlationId: 0, deadlineMs: Infinity }
    if (this.#state === 'closed') return this.#failLater(request, 'disconnected')
    if (this.#state === 'ready') this.#send(request)
    else this.#unsent.push(request)
  }

  #send(request: AnyRequest): void {
    const agreed = this.#versions.get(request.api.key)
    if (agreed === undefined || request.maxVersion < agreed.min) return this.#failLater(request, 'unsupported')
    request.deadlineMs = this.#loop.now() + (request.timeoutMs ?? this.#options.requestTimeoutMs)
    this.#write(request, Math.min(agreed.max, request.maxVersion))
    if (!request.answered) this.#loop.after(0, () => request.done({ ok: true } as never))
  }

  #write(request: AnyRequest, version: number): void {
    request.version = version
    request.correlationId = this.#nextCorrelationId
    this.#nextCorrelationId = (this.#nextCorrelationId + 1) & 0x7fffffff
    const header = { correlationId: request.correlationId, clientId: this.#options.clientId }
    this.#loop.send(this.#connection, encodeRequest(request.api, version, header, request.body(version) as never))
    if (!request.answered) return
    this.#pending.push(request)
    this.#armTimer()
  }

  #failLater(request: AnyRequest, reason: RequestFailure['reason']): void {
    this.#loop.after(0, () => request.done({ ok: false, reason, mayHaveHappened: false } as never))
  }

  #answer(frame: Uint8Array): void {
    const request = this.#pending[0]
    if (request === undefined) return this.#fail('disconnected', 'an answer nobody asked for')
    const body = this.#decode(request, frame)
    if (body === undefined) return
    this.#pending.shift()
    request.done({ ok: true, version: request.version, body } as never)
  }

  #decode(request: AnyRequest, frame: Uint8Array): Decoded<Message> | undefined {
    try {
      const answer = decodeResponse(request.api, request.version, frame)
      if (answer.correlationId === request.correlationId) return answer.body
      this.#fail('disconnected', `answer ${answer.correlationId} instead of ${request.correlationId}`)
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error
      this.#fail('disconnected', `malformed ${request.api.name} answer: ${error.message}`)
    }
    return undefined
  }

  #askVersions(version: number): void {
    const request: AnyRequest = {
      api: apis.ApiVersions,
      body: () => ({ clientSoftwareName: softwareName, clientSoftwareVersion: softwareVersion }),
      maxVersion: version,
      timeoutMs: undefined,
      answered: true,
      done: (result: RequestResult<typeof apis.ApiVersions.response>) => {
        if (result.ok) this.#versionsTold(version, result.body)
      },
      version,
      correlationId: 0,
      deadlineMs: this.#openedMs + this.#options.requestTimeoutMs,
    }
    this.#write(request, version)
  }

  #versionsTold(asked: number, body: Decoded<typeof apis.ApiVersions.response>): void {
    if (body.errorCode === errorCode.UNSUPPORTED_VERSION && asked > 0) {
      const theirs = body.apiKeys.find((each) => each.apiKey === apis.ApiVersions.key)?.maxVersion ?? 0
      return this.#askVersions(Math.max(0, Math.min(theirs, asked - 1)))
    }
    if (body.errorCode !== errorCode.NONE) return this.#fail('disconnected', `ApiVersions error ${body.errorCode}`)
    const ours: readonly AnyApi[] = Object.values(apis)
    for (const theirs of body.apiKeys) {
      const api = ours.find((each) => each.key === theirs.apiKey)
      if (api === undefined) continue
      const min = Math.max(api.versions.min, theirs.minVersion)
      const max = Math.min(api.versions.max, theirs.maxVersion)
      if (min <= max) this.#versions.set(api.key, { min, max })
    }
    for (const { name, maxVersionLevel } of body.finalizedFeatures) this.#features.set(name, maxVersionLevel)
    const { sasl } = this.#options
    if (sasl === undefined) this.#agreed()
    else this.#shakeHands(sasl)
  }

  #agreed(): void {
    this.#state = 'ready'
    for (const request of this.#unsent.splice(0)) this.#send(request)
    this.#options.onReady()
  }

  #shakeHands(sasl: Sasl): void {
    this.#early(apis.SaslHandshake, { mechanism: sasl.mechanism }, ({ errorCode: code, mechanisms }) => {
      if (code === errorCode.NONE) return this.#authenticate(sasl.begin())
      return this.#fail('disconnected', `${errorName(code)}: ${sasl.mechanism} is not one of ${mechanisms.join(', ')}`)
    })
  }

  #authenticate(conversation: SaslConversation, authBytes: Uint8Array = conversation.first): void {
    this.#early(apis.SaslAuthenticate, { authBytes }, (answer) => {
      if (answer.errorCode !== errorCode.NONE) {
        return this.#fail('disconnected', `${errorName(answer.errorCode)}: ${answer.errorMessage ?? ''}`)
      }
      try {
        const next = conversation.next(answer.authBytes)
        if (next === undefined) this.#agreed()
        else this.#authenticate(conversation, next)
      } catch (error) {
        this.#fail('disconnected', (error as Error).message)
      }
      return undefined
    })
  }

  /** Before anybody else's requests, in the time there is for all of the beginning. */
  #early<Req extends Message, Res extends Message>(
    api: Api<Req, Res>,
    body: Encodable<NoInfer<Req>>,
    then: (body: Decoded<NoInfer<Res>>) => void,
  ): void {
    const agreed = this.#versions.get(api.key)
    if (agreed === undefined) return this.#fail('disconnected', `${api.name} is not served: the listener does not take SASL`)
    const request: AnyRequest = {
      api,
      body: () => body,
      maxVersion: agreed.max,
      timeoutMs: undefined,
      answered: true,
      done: (result: RequestResult<Res>) => {
        if (result.ok) then(result.body)
      },
      version: agreed.max,
      correlationId: 0,
      deadlineMs: this.#openedMs + this.#options.requestTimeoutMs,
    }
    return this.#write(request, agreed.max)
  }

  /** One timer for the oldest deadline; it looks again when it fires. */
  #armTimer(): void {
    const oldest = this.#pending[0]
    if (this.#timer !== undefined || oldest === undefined) return
    this.#timer = this.#loop.after(Math.max(0, oldest.deadlineMs - this.#loop.now()), () => {
      this.#timer = undefined
      const isLate = this.#pending.length > 0 && this.#pending[0]!.deadlineMs <= this.#loop.now()
      if (isLate) this.#fail('timed-out', 'no answer in time')
      else this.#armTimer()
    })
  }

  #fail(reason: 'timed-out' | 'disconnected' | 'refused', message: string): void {
    if (this.#state === 'closed') return
    const sent = this.#pending.splice(0)
    const unsent = this.#unsent.splice(0)
    this.#end()
    this.#options.onClosed(message)
    let next = reason
    for (const request of sent) {
      request.done({ ok: false, reason: next, mayHaveHappened: true } as never)
      if (next === 'timed-out') next = 'disconnected'
    }
    for (const request of unsent) request.done({ ok: false, reason, mayHaveHappened: false } as never)
  }

  #end(): void {
    this.#state = 'closed'
    if (this.#timer !== undefined) this.#loop.cancel(this.#timer)
    this.#timer = undefined
    this.#pending.length = 0
    this.#unsent.length = 0
    this.#loop.close(this.#connection)
  }
}
