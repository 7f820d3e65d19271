/**
 * An HTTP gateway that follows the Confluent REST Proxy's public API and talks to any broker through our wire client. What
 * it is asked to send and to read it can record as a history. What strangers can make it hold is bounded: open records,
 * bodies, consumer instances.
 */
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import type { Loop } from '../../ports/loop.ts'
import type { ProducerOptions, WorkloadClient } from '../../workloads/client/client.ts'
import { producerDefaults } from '../../workloads/client/defaults.ts'
import { ConsumerInstances, addConsumerRoutes } from './consumer-routes.ts'
import { GatewayLog, type GatewayHistory } from './gateway-log.ts'
import { GatewaySender } from './gateway-sender.ts'
import { parsedBody } from './json-body.ts'
import { addProduceRoutes } from './produce-routes.ts'
import { RestError } from './rest-error.ts'
import { TopicDirectory } from './topic-directory.ts'
import { addTopicRoutes } from './topic-routes.ts'

export interface GatewayOptions {
  readonly loop: Loop
  readonly makeClient: (name: string) => WorkloadClient
  readonly producer: ProducerOptions
  readonly host: string
  /** 0 for a port of the system's choice. */
  readonly port: number
  /** How long a question about topics may take. */
  readonly timeoutMs: number
  /** Records open at a time. */
  readonly openRecordsMax: number
  readonly history?: GatewayHistory
}

export interface Gateway {
  /** `http://127.0.0.1:8082` */
  readonly url: string
  readonly sender: GatewaySender
  /** No new request; `done` when every open send has ended. */
  stop(): Promise<void>
  close(): Promise<void>
}

/**
 * Nothing lingers: whoever asks waits for the answer before asking again, and what comes while five requests are open gathers by
 * itself. Of 64 connections with one record a request each, 1 ms of lingering took a third of the requests a second.
 */
export const gatewayProducer: ProducerOptions = { ...producerDefaults, lingerMs: 0 }

/** The name of its producer in a history. */
export const gatewayClient = 'gateway'
export const openRecordsMax = 10_000
const openBytesMax = 32 * 1024 * 1024
const openOfStreamMax = 1000
const bodyBytesMax = 4 * 1024 * 1024
const recordBytesMax = 2 * 1024 * 1024
const instancesMax = 64
const instanceIdleMs = 300_000

/** Throws the system's error when it cannot listen. */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const { loop, makeClient, producer, timeoutMs } = options
  const log = new GatewayLog(options.history)
  const client = makeClient(gatewayClient)
  const directory = new TopicDirectory(client.admin, timeoutMs)
  const sender = new GatewaySender({
    producer: client.producer(producer),
    log,
    name: gatewayClient,
    acks: producer.acks,
    openRecordsMax: options.openRecordsMax,
    openBytesMax,
    wallNow: () => loop.ports.clock.wallNow(),
  })
  let knownId: string | undefined
  const clusterId = async (): Promise<string> => (knownId ??= (await directory.cluster()).clusterId ?? 'unknown')
  const instances = new ConsumerInstances({ makeClient, log, now: () => loop.now(), instancesMax, idleMs: instanceIdleMs })
  const server = makeServer()
  addProduceRoutes(server, { sender, directory, clusterId, recordBytesMax, openOfStreamMax })
  addTopicRoutes(server, { admin: client.admin, directory, timeoutMs, clusterId })
  addConsumerRoutes(server, instances)
  await server.listen({ host: options.host, port: options.port })
  const { address, port, family } = server.server.address() as AddressInfo
  const stop = (): Promise<void> => new Promise((done) => sender.idle(done))
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    sender,
    stop,
    close: async () => {
      instances.closeAll()
      client.close()
      server.server.closeAllConnections()
      await server.close()
    },
  }
}

const producePath = /^\/v3\/clusters\/[^/]+\/topics\/[^/]+\/records(?:$|\?)/

function makeServer(): FastifyInstance {
  const server = Fastify({ bodyLimit: bodyBytesMax, keepAliveTimeout: 60_000, forceCloseConnections: true })
  server.removeAllContentTypeParsers()
  // A chunked produce is a stream without end; everything else is read whole, within the limit.
  server.addContentTypeParser(/^application\/(?:json|vnd\.kafka)/, (request, payload, done) => {
    const isProduce = producePath.test(request.url)
    if (isProduce && request.headers['content-length'] === undefined) return done(null, payload)
    return readWhole(payload, (error, body) => {
      if (error !== null) return done(error)
      try {
        return done(null, isProduce ? body : parsedBody(body!))
      } catch (refusal) {
        return done(refusal as RestError)
      }
    })
  })
  server.setErrorHandler((error: FastifyError | RestError, _request, reply) => {
    const told = error instanceof RestError ? error : ofFramework(error)
    if (told.retryAfterSeconds !== undefined) reply.header('retry-after', told.retryAfterSeconds)
    return reply.code(told.status).send({ error_code: told.code, message: told.message })
  })
  server.setNotFoundHandler((_request, reply) => reply.code(404).send({ error_code: 404, message: 'HTTP 404 Not Found' }))
  return server
}

function readWhole(payload: Readable, done: (error: Error | null, body?: Buffer) => void): void {
  const pieces: Buffer[] = []
  let bytes = 0
  payload.on('data', (piece: Buffer) => {
    bytes += piece.length
    if (bytes <= bodyBytesMax) return void pieces.push(piece)
    payload.removeAllListeners('data')
    payload.resume()
    return done(new RestError(413, `The body is larger than ${bodyBytesMax} bytes.`))
  })
  payload.on('end', () => {
    if (bytes <= bodyBytesMax) done(null, pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces))
  })
  payload.on('error', done)
}

/** What fastify refuses: a body too large, a type it does not know. */
function ofFramework(error: FastifyError): RestError {
  const status = error.statusCode ?? 500
  return new RestError(status, status === 415 ? 'HTTP 415 Unsupported Media Type' : error.message)
}
