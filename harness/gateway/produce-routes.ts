/**
 * Produce, v3: POST /v3/clusters/{cluster_id}/topics/{topic_name}/records with one JSON object or many one after another, and
 * one delivery report for each, in the same order. A body of known length is answered as a whole; a chunked one is a stream:
 * reports go out as they come, and reading stops while too many records of it are open. A single record that fails fails
 * the request; in all other cases the status is 200 and each report has its own error_code.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Readable } from 'node:stream'
import type { GatewaySender, Sent } from './gateway-sender.ts'
import { JsonSplitter, SplitError } from './json-splitter.ts'
import { recordOfJson, type AskedRecord } from './record-of-json.ts'
import { ofKafka, RestError, statusOf, unknownTopic } from './rest-error.ts'
import type { TopicDirectory } from './topic-directory.ts'

export interface ProduceContext {
  readonly sender: GatewaySender
  readonly directory: TopicDirectory
  readonly clusterId: () => Promise<string>
  readonly recordBytesMax: number
  /** Records of one stream that may be open. */
  readonly openOfStreamMax: number
}

interface ProduceRoute {
  Params: { readonly clusterId: string; readonly topic: string }
}

/** One delivery report, or one refusal, as the text that is sent. */
interface Report {
  readonly code: number
  readonly text: string
  readonly retryAfterSeconds?: number | undefined
}

export function addProduceRoutes(server: FastifyInstance, context: ProduceContext): void {
  server.post<ProduceRoute>('/v3/clusters/:clusterId/topics/:topic/records', async (request, reply) => {
    const { clusterId, topic } = request.params
    if (clusterId !== await context.clusterId()) throw new RestError(404, `Cluster ${clusterId} cannot be found.`)
    const body = request.body as Buffer | Readable
    if (body === undefined || body === null) throw new RestError(400, 'Bad Request: there is no record in the request')
    const producing = new Producing(context, clusterId, topic)
    return Buffer.isBuffer(body) ? producing.whole(body, reply) : producing.stream(body, request, reply)
  })
}

class Producing {
  readonly #context: ProduceContext
  readonly #clusterId: string
  readonly #topic: string

  constructor(context: ProduceContext, clusterId: string, topic: string) {
    this.#context = context
    this.#clusterId = clusterId
    this.#topic = topic
  }

  async whole(body: Buffer, reply: FastifyReply): Promise<FastifyReply> {
    const splitter = new JsonSplitter(this.#context.recordBytesMax)
    const texts: string[] = []
    try {
      splitter.push(body, (text) => texts.push(text))
    } catch (error) {
      if (error instanceof SplitError) throw new RestError(400, `Bad Request: ${error.message}`)
      throw error
    }
    if (!splitter.isBetween || texts.length === 0) throw new RestError(400, 'Bad Request: the last JSON object has no end')
    if (this.#context.directory.partitionsKnown(this.#topic) === undefined) await this.#look()
    const reports = await this.#reportsOf(texts)
    const only = reports.length === 1 ? reports[0]! : undefined
    if (only?.retryAfterSeconds !== undefined) reply.header('retry-after', only.retryAfterSeconds)
    reply.code(only === undefined ? 200 : statusOf(only.code)).header('content-type', 'application/json')
    return reply.send(reports.length === 1 ? only!.text : reports.map(({ text }) => text).join('\n'))
  }

  #reportsOf(texts: readonly string[]): Promise<Report[]> {
    return new Promise((done) => {
      const reports: Report[] = []
      let open = texts.length
      texts.forEach((text, at) => this.#produce(text, (report) => {
        reports[at] = report
        if (--open === 0) done(reports)
      }))
    })
  }

  /** The status is out with the first report; what goes wrong later is a report. */
  async stream(body: Readable, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    if (this.#context.directory.partitionsKnown(this.#topic) === undefined) await this.#look()
    reply.hijack()
    const out = reply.raw
    out.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' })
    const reports = new OrderedReports((text) => void out.write(`${text}\n`))
    const splitter = new JsonSplitter(this.#context.recordBytesMax)
    const wake = (): void => {
      if (reports.open < this.#context.openOfStreamMax && !out.writableNeedDrain) body.resume()
    }
    out.on('drain', wake)
    body.on('data', (piece: Buffer) => {
      try {
        splitter.push(piece, (text) => {
          const told = reports.expect()
          this.#produce(text, (report) => {
            told(report.text)
            wake()
          })
        })
      } catch (error) {
        reports.expect()(refusalText(error))
        reports.end(() => out.end(() => request.raw.destroy()))
      }
      if (reports.open >= this.#context.openOfStreamMax || out.writableNeedDrain) body.pause()
    })
    body.on('end', () => {
      if (!splitter.isBetween) reports.expect()(refusalText(new SplitError('the last JSON object has no end')))
      reports.end(() => out.end())
    })
    body.on('error', () => reports.end(() => out.destroy()))
    return reply
  }

  async #look(): Promise<void> {
    await this.#context.directory.topic(this.#topic)
  }

  #produce(text: string, done: (report: Report) => void): void {
    const { sender, directory } = this.#context
    try {
      const asked = recordOfJson(text)
      const partitions = directory.partitionsKnown(this.#topic)
      if (partitions === undefined) throw unknownTopic()
      sender.send(this.#topic, asked, partitions, (sent) => done(this.#report(asked, sent)))
    } catch (error) {
      done(reportOfError(error))
    }
  }

  #report(asked: AskedRecord, { outcome, timestamp }: Sent): Report {
    if (outcome.type !== 'ok') {
      if (outcome.error.code === 'UNKNOWN_TOPIC_OR_PARTITION') this.#context.directory.forget(this.#topic)
      return reportOfError(ofKafka(outcome.error))
    }
    const offset = outcome.offset ?? -1
    const text = `{"error_code":200,"cluster_id":${JSON.stringify(this.#clusterId)},"topic_name":${JSON.stringify(this.#topic)}`
      + `,"partition_id":${outcome.partition},"offset":${offset},"timestamp":"${new Date(timestamp).toISOString()}"`
      + `${part('key', asked.key, asked.keyType)}${part('value', asked.value, asked.valueType)}}`
    return { code: 200, text }
  }
}

function part(name: 'key' | 'value', bytes: Uint8Array | null, type: AskedRecord['keyType']): string {
  return type === undefined ? '' : `,"${name}":{"type":"${type}","size":${bytes?.length ?? 0}}`
}

function reportOfError(error: unknown): Report {
  if (!(error instanceof RestError)) throw error
  return { code: error.code, text: refusalText(error), retryAfterSeconds: error.retryAfterSeconds }
}

function refusalText(error: unknown): string {
  if (error instanceof SplitError) return JSON.stringify({ error_code: 400, message: `Bad Request: ${error.message}` })
  if (error instanceof RestError) return JSON.stringify({ error_code: error.code, message: error.message })
  throw error
}

/** Reports leave in the order in which they were expected. */
class OrderedReports {
  readonly #write: (text: string) => void
  #expected = 0
  #written = 0
  readonly #early = new Map<number, string>()
  #ended: (() => void) | undefined

  constructor(write: (text: string) => void) {
    this.#write = write
  }

  get open(): number {
    return this.#expected - this.#written
  }

  expect(): (text: string) => void {
    const number = this.#expected++
    return (text) => {
      this.#early.set(number, text)
      this.#flush()
    }
  }

  /** `done` after the last one. */
  end(done: () => void): void {
    this.#ended ??= done
    this.#flush()
  }

  #flush(): void {
    for (let text = this.#early.get(this.#written); text !== undefined; text = this.#early.get(this.#written)) {
      this.#early.delete(this.#written++)
      this.#write(text)
    }
    if (this.open > 0 || this.#ended === undefined) return
    const done = this.#ended
    this.#ended = () => undefined
    done()
  }
}
