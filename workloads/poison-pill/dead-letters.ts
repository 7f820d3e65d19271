/**
 * Where records go that nobody can process (GRP-11): a topic beside theirs, with topic, partition, offset and cause in the
 * headers, their own key, and a value that names the record each was made for. What was put aside twice, because nobody knows
 * whether it was or its consumer died before it had committed, is there twice. Who reads the letters tells the history what
 * each of them says.
 */
import { derivedValue } from '../../history/derived-value.ts'
import type { LetterValue } from '../../history/group-op.ts'
import type { ConsumedRecord, TopicPartition, WorkloadClient, WorkloadProducer } from '../client/client.ts'
import { producerDefaults } from '../client/defaults.ts'
import type { Companion } from '../group-churn/group-churn.ts'
import type { Handling } from '../group-churn/group-life.ts'
import type { Stumble } from '../groups/consuming.ts'
import { completionOf } from '../keyed-append/send-completion.ts'
import { decodeValue } from '../keyed-append/values.ts'
import { keyOf, type WorkloadContext } from '../workload.ts'

export interface DeadLetterOptions {
  /** Whose members put records aside. */
  readonly group: string
  /** Whose members read the letters. */
  readonly readers: string
  readonly topic: string
  /** Of so many records of a producer one is poison, and of those every other one kills the first who tries it. */
  readonly onePoisonIn: number
  /** After the first try. */
  readonly retries: number
  /** Before the first retry; each further one waits twice as long. */
  readonly backoffMs: number
  readonly deliveryTimeoutMs: number
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const clientName = 'dead-letters'
const cause = 'POISON'
const sequenceForm = /-(\d+)-[0-9a-f]{8}$/

export class DeadLetters implements Companion {
  readonly #context: WorkloadContext
  readonly #options: DeadLetterOptions
  readonly #client: WorkloadClient
  readonly #producer: WorkloadProducer
  readonly #free: number[] = []
  /** By key and offset, how often each was tried, whoever did. */
  readonly #tries = new Map<string, number>()
  readonly acknowledged: Map<string, number> = new Map()
  #sequence = 0

  constructor(context: WorkloadContext, options: DeadLetterOptions) {
    this.#context = context
    this.#options = options
    this.#client = context.makeClient(clientName)
    const { deliveryTimeoutMs } = options
    this.#producer = this.#client.producer({ ...producerDefaults, deliveryTimeoutMs, maxBlockMs: deliveryTimeoutMs })
  }

  handlingOf(group: string): Handling | undefined {
    const { group: workers, readers } = this.#options
    if (group === readers) {
      return { onPolled: (member, { topic, partition, records }) => records.forEach((record) => member.letter(saidBy({ topic, partition }, record))) }
    }
    if (group !== workers) return undefined
    return {
      poison: {
        isPoison: ({ value }) => sequenceOf(value) % this.#options.onePoisonIn === 0,
        tried: (from, record) => this.#tried(from, record),
        bury: (from, record, done) => this.#bury(from, record, done),
      },
    }
  }

  /** What is still to be put aside is, until the groups have come to their ends. */
  stop(done: () => void): void {
    this.#context.loop.after(0, done)
  }

  close(): void {
    this.#client.close()
  }

  #tried({ topic, partition }: TopicPartition, { offset, value }: ConsumedRecord): Stumble {
    const { onePoisonIn, retries, backoffMs } = this.#options
    const which = `${keyOf(topic, partition)}@${offset}`
    const tries = (this.#tries.get(which) ?? 0) + 1
    this.#tries.set(which, tries)
    const isDeadly = (sequenceOf(value) / onePoisonIn) % 2 === 0
    if (isDeadly && tries === 1) return { next: 'die' }
    return tries > retries ? { next: 'bury' } : { next: 'retry', afterMs: backoffMs * 2 ** (tries - 1) }
  }

  #bury({ topic, partition }: TopicPartition, record: ConsumedRecord, done: (buried: boolean) => void): void {
    const { recorder, nextProcess } = this.#context
    const target = { topic: this.#options.topic, partition: 0 }
    const key = keyOf(target.topic, target.partition)
    const value = derivedValue({ key: keyOf(topic, partition), offset: record.offset }, clientName, this.#sequence++)
    const process = this.#free.pop() ?? nextProcess()
    recorder.record({ process, type: 'invoke', f: 'send', value: [{ f: 'send', key, value }], client: clientName })
    const headers = Object.entries({ topic, partition: String(partition), offset: String(record.offset), cause })
      .map(([name, text]) => ({ key: name, value: encoder.encode(text) }))
    this.#producer.send({ ...target, key: record.key, value: encoder.encode(value), headers }, (outcome) => {
      const completion = completionOf({ process, topic: target.topic, key, value }, outcome, -1)
      recorder.record({ ...completion, client: clientName })
      if (completion.type !== 'info') this.#free.push(process)
      if (outcome.type === 'ok' && outcome.offset !== undefined) this.acknowledged.set(key, Math.max(outcome.offset, this.acknowledged.get(key) ?? -1))
      done(outcome.type === 'ok')
    })
  }
}

function sequenceOf(value: Uint8Array | null): number {
  return Number(sequenceForm.exec(decodeValue(value))?.[1] ?? 1)
}

function saidBy({ topic, partition }: TopicPartition, { offset, key, headers = [] }: ConsumedRecord): Omit<LetterValue, 'group' | 'memberId' | 'generation'> {
  const said = (name: string): string | undefined => {
    const value = headers.find((header) => header.key === name)?.value
    return value === undefined || value === null ? undefined : decoder.decode(value)
  }
  const [ofTopic, ofPartition, ofOffset, why] = ['topic', 'partition', 'offset', 'cause'].map(said)
  const isWhole = ofTopic !== undefined && ofPartition !== undefined && ofOffset !== undefined
  return {
    key: keyOf(topic, partition),
    offset,
    ...(isWhole && { of: [keyOf(ofTopic, Number(ofPartition)), Number(ofOffset)] }),
    recordKey: key === null ? null : decoder.decode(key),
    ...(why !== undefined && { cause: why }),
  }
}
