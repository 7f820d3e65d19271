/**
 * The producers' side: sends start by the clock, each is one op of one process, and a producer has as many processes as it
 * may have sends open. Within one producer the order of the invoke ops is the order of the sends.
 */
import { makeValue } from '../../history/value-checksum.ts'
import type { TimerId } from '../../ports/events.ts'
import { randomBetween, randomInt } from '../../ports/random.ts'
import type { SendOutcome, WorkloadClient, WorkloadProducer } from '../client/client.ts'
import { producerDefaults } from '../client/defaults.ts'
import { keyOf } from '../workload.ts'
import type { KeyedAppendContext } from './options.ts'
import { ZipfRanks, recordKeys } from './record-keys.ts'
import { completionOf } from './send-completion.ts'
import { encodeValue } from './values.ts'

interface Target {
  readonly topic: string
  /** undefined: the partitioner's choice, which changes when the topic grows. */
  partition: number | undefined
  readonly index: number
  readonly key: string
  readonly recordKeys: readonly Uint8Array[]
}

/** One process of a producer. */
interface Slot {
  process: number
  target: Target
  value: string
  readonly done: (outcome: SendOutcome) => void
}

interface Sender {
  readonly index: number
  readonly name: string
  readonly client: WorkloadClient
  readonly producer: WorkloadProducer
  readonly free: Slot[]
  nextSequence: number
}

export class Sending {
  readonly #context: KeyedAppendContext
  readonly #targets: Target[]
  readonly #ranks: ZipfRanks
  readonly #senders: readonly Sender[]
  /** Per key the largest offset acknowledged. */
  readonly acknowledged: Map<string, number> = new Map()
  started = 0
  skipped = 0
  #open = 0
  #timer: TimerId | undefined
  #nextMs: number
  #stopped: (() => void) | undefined
  #isStopping = false

  constructor(context: KeyedAppendContext) {
    this.#context = context
    this.#targets = targetsOf(context)
    this.#ranks = new ZipfRanks(context.options.recordKeysPerPartition)
    this.#senders = Array.from({ length: context.options.producers }, (_, index) => this.#makeSender(index))
    this.#nextMs = context.loop.now()
    this.#scheduleNext()
  }

  /** Before the first record: topics will grow, so no partitioner is to choose. */
  choosePartitions(): void {
    for (const target of this.#targets) target.partition = target.index
  }

  /** This topic has so many partitions now: the new ones get records, too. */
  grow(topic: string, partitions: number): void {
    const ofTopic = this.#targets.filter((each) => each.topic === topic)
    const keys = recordKeys(partitions, this.#context.options.recordKeysPerPartition)
    for (let index = ofTopic.length; index < partitions; index++) {
      this.#targets.push({ topic, partition: index, index, key: keyOf(topic, index), recordKeys: keys[index]! })
    }
  }

  /** `done` when no send is open any more. */
  stop(done: () => void): void {
    this.#isStopping = true
    this.#stopped = done
    if (this.#timer !== undefined) this.#context.loop.cancel(this.#timer)
    if (this.#open === 0) this.#context.loop.after(0, done)
  }

  close(): void {
    this.#isStopping = true
    this.#stopped = undefined
    if (this.#timer !== undefined) this.#context.loop.cancel(this.#timer)
    for (const { client } of this.#senders) client.close()
  }

  #makeSender(index: number): Sender {
    const { options, makeClient } = this.#context
    const name = `producer-${index}`
    const client = makeClient(name)
    const { acks, idempotence, lingerMs, batchSizeBytes, maxInFlight, compression, deliveryTimeoutMs } = options
    const producer = client.producer({
      ...producerDefaults,
      acks,
      idempotence,
      lingerMs,
      batchSizeBytes,
      maxInFlight,
      compression,
      deliveryTimeoutMs,
      maxBlockMs: deliveryTimeoutMs,
    })
    const sender: Sender = { index, name, client, producer, free: [], nextSequence: 0 }
    for (let i = 0; i < options.openSendsPerProducer; i++) sender.free.push(this.#makeSlot(sender))
    return sender
  }

  #makeSlot(sender: Sender): Slot {
    const slot: Slot = {
      process: this.#context.nextProcess(),
      target: this.#targets[0]!,
      value: '',
      done: (outcome) => this.#ended(sender, slot, outcome),
    }
    return slot
  }

  /** Arrivals are scheduled from one another, not from when they were handled: lateness does not lower the rate. */
  #scheduleNext(): void {
    const { loop, random, options } = this.#context
    this.#nextMs += (1000 / options.recordsPerSecond) * (0.5 + random.next())
    this.#timer = loop.after(Math.max(0, this.#nextMs - loop.now()), () => {
      this.#arrive()
      if (!this.#isStopping) this.#scheduleNext()
    })
  }

  #arrive(): void {
    const { random, options, recorder } = this.#context
    const sender = this.#senders[randomInt(random, this.#senders.length)]!
    const target = this.#targets[randomInt(random, this.#targets.length)]!
    const recordKey = target.recordKeys[this.#ranks.draw(random)]!
    const sizeBytes = randomBetween(random, options.valueSizeBytes.min, options.valueSizeBytes.max)
    const slot = sender.free.pop()
    if (slot === undefined) {
      this.skipped++
      return
    }
    this.started++
    this.#open++
    slot.target = target
    slot.value = makeValue(sender.index, sender.nextSequence++)
    recorder.record({
      process: slot.process,
      type: 'invoke',
      f: 'send',
      value: [{ f: 'send', key: target.key, value: slot.value }],
      client: sender.name,
    })
    const { topic, partition } = target
    const value = encodeValue(slot.value, sizeBytes)
    const record = { topic, key: recordKey, value, ...(partition !== undefined && { partition }) }
    sender.producer.send(record, slot.done)
  }

  #ended(sender: Sender, slot: Slot, outcome: SendOutcome): void {
    const { process, target, value } = slot
    const completion = completionOf({ process, topic: target.topic, key: target.key, value }, outcome, this.#context.options.acks)
    this.#context.recorder.record({ ...completion, client: sender.name })
    if (outcome.type === 'ok' && outcome.offset !== undefined) {
      const { key } = slot.target
      this.acknowledged.set(key, Math.max(outcome.offset, this.acknowledged.get(key) ?? -1))
    }
    if (completion.type === 'info') slot.process = this.#context.nextProcess()
    sender.free.push(slot)
    if (--this.#open === 0) this.#stopped?.()
  }
}

function targetsOf({ topics, options }: KeyedAppendContext): Target[] {
  return topics.flatMap(({ name, partitions }) =>
    recordKeys(partitions, options.recordKeysPerPartition).map((ofPartition, partition) => ({
      topic: name,
      partition: undefined,
      index: partition,
      key: keyOf(name, partition),
      recordKeys: ofPartition,
    })),
  )
}
