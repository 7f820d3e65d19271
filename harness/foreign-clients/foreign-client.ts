/**
 * A library that is not ours behind the interface of workloads: it sends, and our wire client reads and administers, so
 * that what it says it sent is looked at with other eyes. It is driven within what every library promises: one call at a
 * time for each producer, with everything that has come meanwhile. What it was handed and did not acknowledge is `info`;
 * what was never handed to it is `fail`.
 */
import type { OpError } from '../../history/op.ts'
import type { TimerId } from '../../ports/events.ts'
import type { Loop } from '../../ports/loop.ts'
import type { ProducerOptions, ProducerRecord, SendOutcome, WorkloadClient, WorkloadProducer } from '../../workloads/client/client.ts'
import { partitionOfKey } from '../../workloads/client/partitioner.ts'
import type { ClientSecurity } from '../external/security.ts'
import type { TrialPlan } from '../trial.ts'
import type { ClientMaker, ForeignProducer, Library, PlacedRecord } from './library.ts'

export interface ForeignSetup {
  readonly loop: Loop
  readonly library: Library
  readonly bootstrap: readonly { readonly host: string; readonly port: number }[]
  readonly security: ClientSecurity
  readonly requestTimeoutMs: number
  /** Reads and administers. */
  readonly wire: ClientMaker
}

export function foreignClients(setup: ForeignSetup): ClientMaker {
  return (name) => {
    const wire = setup.wire(name)
    const producers: DrivenProducer[] = []
    return {
      admin: wire.admin,
      consumer: (options) => wire.consumer(options),
      groupMember: (options) => wire.groupMember(options),
      producer: (options) => {
        const { library, bootstrap, security, requestTimeoutMs } = setup
        const { acks, idempotence, deliveryTimeoutMs } = options
        const foreign = library.producer({ clientId: name, bootstrap, security, acks, idempotence, requestTimeoutMs, deliveryTimeoutMs })
        const producer = new DrivenProducer(setup.loop, foreign, { wire, options })
        producers.push(producer)
        return producer
      },
      close: () => {
        for (const producer of producers) producer.close()
        wire.close()
      },
    }
  }
}

/** For a trial: nothing when the client is our own. */
export function workloadClients(
  library: Library | undefined,
  setup: Omit<ForeignSetup, 'library'>,
): { readonly makeWorkloadClient?: ClientMaker } {
  return library === undefined ? {} : { makeWorkloadClient: foreignClients({ ...setup, library }) }
}

/** The history tells who sent. Only plain traffic: transactions and groups are driven by our own client. */
export function withClient(plan: TrialPlan, library: Library | undefined): TrialPlan {
  if (library === undefined) return plan
  return { ...plan, parts: plan.parts.slice(0, 1).map((part) => ({ ...part, config: { ...part.config, client: library.name } })) }
}

interface Waiting {
  readonly record: ProducerRecord
  readonly done: (outcome: SendOutcome) => void
  readonly timer: TimerId
  isHanded: boolean
  isOver: boolean
}

/** Records of one call. */
const batchMax = 500

class DrivenProducer implements WorkloadProducer {
  readonly #loop: Loop
  readonly #foreign: ForeignProducer
  readonly #wire: WorkloadClient
  readonly #options: ProducerOptions
  readonly #partitions = new Map<string, number>()
  readonly #queue: Waiting[] = []
  readonly #open = new Set<Waiting>()
  #isCalling = false
  #closed = false

  constructor(loop: Loop, foreign: ForeignProducer, { wire, options }: { readonly wire: WorkloadClient; readonly options: ProducerOptions }) {
    this.#loop = loop
    this.#foreign = foreign
    this.#wire = wire
    this.#options = options
  }

  send(record: ProducerRecord, done: (outcome: SendOutcome) => void): void {
    const waiting: Waiting = {
      record,
      done,
      timer: this.#loop.after(this.#options.deliveryTimeoutMs, () => this.#end(waiting, 'DELIVERY_TIMED_OUT')),
      isHanded: false,
      isOver: false,
    }
    this.#open.add(waiting)
    this.#queue.push(waiting)
    this.#callSoon()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const waiting of this.#open) this.#end(waiting, 'CLOSED')
    this.#foreign.close().catch(() => undefined)
  }

  #callSoon(): void {
    if (this.#isCalling || this.#closed) return
    this.#isCalling = true
    this.#loop.after(this.#options.lingerMs, () => {
      void this.#call().finally(() => {
        this.#isCalling = false
        if (this.#queue.length > 0) this.#callSoon()
      })
    })
  }

  async #call(): Promise<void> {
    const taken = this.#queue.splice(0, batchMax)
    const isKnown = await this.#knowPartitions(taken)
    const batch = taken.filter(({ isOver }) => !isOver)
    if (batch.length === 0 || this.#closed) return
    if (!isKnown) return void this.#queue.unshift(...batch)
    for (const waiting of batch) waiting.isHanded = true
    const placed = batch.map(({ record }) => this.#place(record))
    try {
      this.#acknowledge(batch, placed, await this.#foreign.send(placed))
    } catch (error) {
      for (const waiting of batch) this.#end(waiting, codeOf(error), error)
    }
  }

  #place({ topic, partition, key, value }: ProducerRecord): PlacedRecord {
    const count = this.#partitions.get(topic)!
    return { topic, partition: partition ?? (key === null ? 0 : partitionOfKey(key, count)), key, value }
  }

  /** False: not now. */
  async #knowPartitions(taken: readonly Waiting[]): Promise<boolean> {
    const unknown = [...new Set(taken.map(({ record }) => record.topic))].filter((topic) => !this.#partitions.has(topic))
    if (unknown.length === 0) return true
    return new Promise((done) => {
      this.#wire.admin.metadata(unknown, this.#options.deliveryTimeoutMs, (result) => {
        for (const { name, partitions } of result.ok ? result.value.topics : []) this.#partitions.set(name, partitions.length)
        done(result.ok)
      })
    })
  }

  #acknowledge(batch: readonly Waiting[], placed: readonly PlacedRecord[], first: ReadonlyMap<string, number>): void {
    const next = new Map(first)
    batch.forEach((waiting, at) => {
      const { topic, partition } = placed[at]!
      const key = `${topic}-${partition}`
      const offset = next.get(key)
      if (offset !== undefined) next.set(key, offset + 1)
      this.#finish(waiting, { type: 'ok', partition, offset, timestamp: undefined, attempts: undefined, node: undefined })
    })
  }

  #end(waiting: Waiting, code: string, error?: unknown): void {
    const definite = !waiting.isHanded
    const message = error instanceof Error ? error.message : undefined
    const told: OpError = { code, definite, ...(message !== undefined && { message }) }
    const { partition } = waiting.record
    this.#finish(waiting, { type: definite ? 'fail' : 'info', partition, error: told, attempts: undefined, node: undefined })
  }

  #finish(waiting: Waiting, outcome: SendOutcome): void {
    if (waiting.isOver) return
    waiting.isOver = true
    this.#open.delete(waiting)
    this.#loop.cancel(waiting.timer)
    waiting.done(outcome)
  }
}

/** Kafka's name of the error where the library tells it, else the library's. */
function codeOf(error: unknown): string {
  const { type, cause, name, code } = error as { type?: string; cause?: unknown; name?: string; code?: string }
  if (type !== undefined) return type
  if (cause !== undefined && cause !== error) return codeOf(cause)
  return code ?? name ?? 'UNKNOWN'
}
