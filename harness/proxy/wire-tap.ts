/** Listens to one connection of a producer through the proxy: its Produce requests, and their answers in order. */
import { FrameReader } from '../../ports/node/frame-reader.ts'
import { apis } from '../../protocol/apis.ts'
import { decodeRequestBody, decodeRequestHeader, decodeResponse, readCorrelationId } from '../../protocol/frames.ts'
import { MalformedMessage } from '../../protocol/malformed.ts'
import { batchHeaderBytes, readBatchHeader } from '../../protocol/record-batch.ts'
import { readFetched } from '../../workloads/client/fetched-records.ts'
import { decodeValue } from '../../workloads/keyed-append/values.ts'
import { recordedClients, type WireBatch, type WireLine } from './wire-record.ts'

interface Asked {
  readonly version: number
  readonly client: string
  readonly batches: readonly WireBatch[]
}

const maxFrameBytes = 104_857_600

export class WireTap {
  readonly #node: number
  readonly #write: (line: WireLine) => void
  readonly #requests = new FrameReader(maxFrameBytes)
  readonly #answers = new FrameReader(maxFrameBytes)
  /** By correlation id. */
  readonly #asked = new Map<number, Asked>()
  #isDeaf = false

  constructor(node: number, write: (line: WireLine) => void) {
    this.#node = node
    this.#write = write
  }

  /** Bytes from who dialled. */
  request(bytes: Uint8Array): void {
    this.#each(this.#requests, bytes, (frame) => this.#take(frame))
  }

  /** Bytes of the broker. */
  answer(bytes: Uint8Array): void {
    this.#each(this.#answers, bytes, (frame) => this.#told(frame))
  }

  /** What was not answered never will be. */
  end(): void {
    for (const { client, batches } of this.#asked.values()) this.#write({ client, node: this.#node, batches })
    this.#asked.clear()
  }

  /** Who speaks something else (TLS, say), or is no producer, is not listened to. */
  #each(reader: FrameReader, bytes: Uint8Array, take: (frame: Uint8Array) => void): void {
    if (this.#isDeaf) return
    reader.push(bytes)
    try {
      for (let frame = reader.next(); frame !== undefined && !this.#isDeaf; frame = reader.next()) take(frame)
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error
      this.#isDeaf = true
    }
    if (reader.error !== undefined) this.#isDeaf = true
  }

  #take(frame: Uint8Array): void {
    const { apiKey, apiVersion: version, correlationId, clientId, bodyStart } = decodeRequestHeader(frame)
    if (clientId === null || !recordedClients.test(clientId)) this.#isDeaf = true
    else if (apiKey === apis.Produce.key && bodyStart >= 0) {
      const { topicData } = decodeRequestBody(apis.Produce, version, frame, bodyStart)
      const batches = topicData.flatMap(({ name, partitionData }) =>
        partitionData.map(({ index, records }) => ({ key: `${name}-${index}`, ...contentOf(records) })))
      this.#asked.set(correlationId, { version, client: clientId, batches })
    }
  }

  #told(frame: Uint8Array): void {
    const id = readCorrelationId(frame)
    const asked = this.#asked.get(id)
    if (asked === undefined) return
    this.#asked.delete(id)
    const { responses } = decodeResponse(apis.Produce, asked.version, frame).body
    const answers = new Map<string, NonNullable<WireBatch['answer']>>(responses.flatMap(({ name, partitionResponses }) =>
      partitionResponses.map(({ index, errorCode, baseOffset }) => [`${name}-${index}`, { errorCode, offset: Number(baseOffset) }] as const)))
    const batches = asked.batches.map((batch) => {
      const answer = answers.get(batch.key)
      return answer === undefined ? batch : { ...batch, answer }
    })
    this.#write({ client: asked.client, node: this.#node, batches })
  }
}

function contentOf(records: Uint8Array | null): Pick<WireBatch, 'values' | 'producer'> {
  if (records === null || records.length < batchHeaderBytes) return { values: [] }
  const { producerId: id, producerEpoch: epoch, baseSequence: sequence } = readBatchHeader(records, 0)
  const values = readFetched(records, { position: 0, lastEpoch: -1, aborted: null }).records.map(({ value }) => decodeValue(value))
  return { values, ...(id >= 0 && { producer: { id, epoch, sequence } }) }
}
