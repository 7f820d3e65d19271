/** A client that does as it should while others do not: sends with acks=all, reads everything, and keeps account of it. */
import { expect, vi } from 'vitest'
import type { Loop } from '../../ports/loop.ts'
import type { SendOutcome, WorkloadClient, WorkloadConsumer, WorkloadProducer } from '../../workloads/client/client.ts'
import { consumerDefaults, producerDefaults } from '../../workloads/client/defaults.ts'

const sendEveryMs = 10
const pollMs = 500
/** From a send to its acknowledgement. */
const deadlineMs = 20_000
const patience = { timeout: 2 * deadlineMs, interval: 50 }

export class GoodClient {
  /** What became of each send, by its number; a send's value is its number. */
  readonly outcomes: (SendOutcome | undefined)[] = []
  /** Values in the order they were read. */
  readonly read: number[] = []
  readonly #loop: Loop
  readonly #client: WorkloadClient
  readonly #producer: WorkloadProducer
  readonly #consumer: WorkloadConsumer
  readonly #topic: string
  #isSending = true

  constructor(loop: Loop, client: WorkloadClient, topic: string) {
    this.#loop = loop
    this.#client = client
    this.#topic = topic
    this.#producer = client.producer({ ...producerDefaults, deliveryTimeoutMs: deadlineMs, maxBlockMs: deadlineMs })
    this.#consumer = client.consumer({ ...consumerDefaults, onEvent: (event) => void this.events.push(event.kind) })
    this.#consumer.assign([{ topic, partition: 0, start: 'beginning' }])
    this.#send()
    this.#poll()
  }

  /** What the consumer had to report beside records. */
  readonly events: string[] = []

  #send(): void {
    if (!this.#isSending) return
    const number = this.outcomes.push(undefined) - 1
    this.#producer.send({ topic: this.#topic, partition: 0, key: null, value: Buffer.from(String(number)) }, (outcome) => {
      this.outcomes[number] = outcome
    })
    this.#loop.after(sendEveryMs, () => this.#send())
  }

  #poll(): void {
    this.#consumer.poll(1000, pollMs, (polled) => {
      for (const { records } of polled) for (const { value } of records) this.read.push(Number(Buffer.from(value!).toString()))
      this.#loop.after(0, () => this.#poll())
    })
  }

  get acknowledged(): number {
    return this.outcomes.filter((outcome) => outcome?.type === 'ok').length
  }

  /** Sends no more, and shows that every send was acknowledged in time and is read exactly once, in order. */
  async expectUnharmed(): Promise<void> {
    this.#isSending = false
    await vi.waitFor(() => expect(this.outcomes.includes(undefined)).toBe(false), patience)
    expect(this.outcomes.filter((outcome) => outcome?.type !== 'ok')).toEqual([])
    await vi.waitFor(() => expect(this.read.length).toBeGreaterThanOrEqual(this.outcomes.length), patience)
    expect(this.read).toEqual(this.outcomes.map((_, number) => number))
    expect(this.events).toEqual([])
  }

  close(): void {
    this.#isSending = false
    this.#client.close()
  }
}
