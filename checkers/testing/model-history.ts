/**
 * Histories that are right by construction, for tests and figures: a few clients work on one true log, and
 * the history tells what each of them was told. Everything lawful that makes judging hard is in it: ops in
 * flight, unknown outcomes that took effect or did not, sends that land after their op was given up,
 * transactions, holes in the offsets, polls that end badly and are repeated, crashes, reassignment. Every
 * choice is drawn from the caller.
 */
import type { Key, MicroOp, NewOp, Observation, Op, Polled, PolledRecord, Value } from '../../history/op.ts'
import { makeValue } from '../../history/value-checksum.ts'

/** A whole number from 0 to `bound` - 1. */
export type Draw = (bound: number) => number

export interface ModelOptions {
  readonly draw: Draw
  /** How many things happen before the end. */
  readonly steps: number
  readonly keys: readonly Key[]
  /** Offset of the first record of each key. */
  readonly baseOffset?: number
  /** With config, phases, a fault and final reads; otherwise as foreign histories are. */
  readonly phases?: boolean
  /** The most records one poll takes of a key. */
  readonly pollRecords?: number
  /** With leaders that change, and that are heard, also those that do not know yet that they were replaced. */
  readonly brokers?: boolean
}

/** Who leads a key, and who led it before. */
interface Leadership {
  leader: number
  leaderEpoch: number
  /** A leader that was replaced, and where its high watermark stood then. */
  former: { readonly leader: number; readonly leaderEpoch: number; readonly highWatermark: number } | undefined
}

/** What a broker was asked and has not said yet. */
type Asked = Observation & { readonly node: number }

interface Pending {
  readonly process: number
  readonly f: 'send' | 'txn'
  readonly client: string | undefined
  readonly value: readonly MicroOp[]
  /** Offsets by micro-op once it has taken effect. */
  landed: readonly MicroOp[] | undefined
}

interface Producer {
  readonly client: string | undefined
  /** In the order of invocation: what has not taken effect takes effect in this order. */
  open: Pending[]
}

interface Consumer {
  process: number
  client: string | undefined
  keys: readonly Key[]
  /** By key: place in the log it reads next. */
  readonly next: Map<Key, number>
}

const brokerCount = 3
const producerCount = 3
const consumerCount = 2
const openAtMost = 3
const defaultPollRecords = 4

export class ModelHistory {
  readonly ops: Op[] = []
  /** The truth: by key, records in offset order. */
  readonly log: Map<Key, PolledRecord[]> = new Map()
  readonly #options: ModelOptions
  readonly #nextOffset = new Map<Key, number>()
  readonly #leaders = new Map<Key, Leadership>()
  #asked: Asked | undefined
  readonly #producers: Producer[] = []
  readonly #consumers: Consumer[] = []
  /** Given up by their clients; they may land at any time or never. */
  #late: Pending[] = []
  #process = 0
  #clients = 0
  #sequence = 0
  /** Nothing fails any more. */
  #calm = false

  constructor(options: ModelOptions) {
    this.#options = options
    for (const key of options.keys) {
      this.log.set(key, [])
      this.#nextOffset.set(key, options.baseOffset ?? 0)
      this.#leaders.set(key, { leader: 1, leaderEpoch: 0, former: undefined })
    }
    for (let at = 0; at < producerCount; at++) {
      this.#producers.push({ client: at % 2 === 0 ? `producer-${at}` : undefined, open: [] })
    }
    for (let at = 0; at < consumerCount; at++) this.#consumers.push(this.#freshConsumer())
  }

  #draw(bound: number): number {
    return this.#options.draw(bound)
  }

  #chance(oneIn: number): boolean {
    return !this.#calm && this.#draw(oneIn) === oneIn - 1
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#draw(list.length)]!
  }

  #record(op: Omit<NewOp, 'client'> & { readonly client?: string | undefined }): void {
    const { client, ...rest } = op
    const index = this.ops.length
    this.ops.push({ index, time: index * 1000, ...rest, ...(client !== undefined && { client }) })
  }

  #harness(f: string, value: unknown): void {
    this.#record({ process: 'harness', type: 'info', f, value })
  }

  #nemesis(action: string, evidence: unknown): void {
    const value = { action, id: 1, targets: [1], evidence, inForce: action === 'evidence' }
    this.#record({ process: 'nemesis', type: 'info', f: 'kill', value })
  }

  #freshConsumer(): Consumer {
    const client = this.#draw(2) === 0 ? undefined : `consumer-${this.#clients++}`
    return { process: this.#process++, client, keys: this.#options.keys, next: new Map() }
  }

  #append(key: Key, value: Value): number {
    const offset = this.#nextOffset.get(key)! + (this.#draw(8) === 7 ? 1 + this.#draw(3) : 0)
    this.#nextOffset.set(key, offset + 1)
    const { leaderEpoch } = this.#leaders.get(key)!
    const isTold = this.#options.brokers === true
    this.log.get(key)!.push(isTold ? [offset, value, { leaderEpoch, recordKey: `of ${key}` }] : [offset, value])
    return offset
  }

  #invoke(producer: Producer, txn: boolean): void {
    const count = 1 + this.#draw(txn ? 3 : 2)
    const who = producer.client ?? 'nobody'
    const value = Array.from({ length: count }, (): MicroOp => {
      return { f: 'send', key: this.#pick(this.#options.keys), value: makeValue(who, this.#sequence++) }
    })
    const process = this.#process++
    const pending: Pending = { process, f: txn ? 'txn' : 'send', client: producer.client, value, landed: undefined }
    producer.open.push(pending)
    this.#record({ process, type: 'invoke', f: pending.f, value, client: producer.client })
  }

  #land(pending: Pending): void {
    pending.landed = pending.value.map(micro =>
      micro.f === 'send' ? { ...micro, offset: this.#append(micro.key, micro.value) } : micro,
    )
  }

  #complete(pending: Pending, type: 'ok' | 'fail' | 'info', value: readonly MicroOp[]): void {
    this.#record({ process: pending.process, type, f: pending.f, value, client: pending.client })
  }

  /**
   * The oldest op of a producer goes on: it lands and is answered, or its outcome stays unknown, or it is
   * refused.
   */
  #settle(producer: Producer): void {
    const waiting = producer.open.find(({ landed }) => landed === undefined)
    if (waiting !== undefined && this.#draw(3) > 0) {
      if (this.#chance(8)) this.#finish(producer, waiting, 'fail')
      else if (producer.client === undefined && this.#chance(9)) {
        this.#late.push(waiting)
        this.#finish(producer, waiting, 'info')
      } else this.#land(waiting)
      return
    }
    const landed = producer.open.filter(({ landed }) => landed !== undefined)
    if (landed.length > 0) {
      const pending = this.#pick(landed)
      this.#finish(producer, pending, this.#chance(6) ? 'info' : 'ok')
    }
  }

  #finish(producer: Producer, pending: Pending, type: 'ok' | 'fail' | 'info'): void {
    producer.open = producer.open.filter(other => other !== pending)
    this.#complete(pending, type, type === 'ok' ? pending.landed! : pending.value)
  }

  #produce(): void {
    const producer = this.#pick(this.#producers)
    const lanes = producer.client === undefined ? 1 : openAtMost
    if (producer.open.length < lanes && this.#draw(2) === 0) this.#invoke(producer, this.#draw(5) === 4)
    else this.#settle(producer)
  }

  #polled(consumer: Consumer, next: Map<Key, number>): Polled[] {
    const most = this.#options.pollRecords ?? defaultPollRecords
    return consumer.keys.flatMap((key): Polled[] => {
      const from = next.get(key) ?? 0
      const records = this.log.get(key)!.slice(from, from + this.#draw(most + 1))
      next.set(key, from + records.length)
      if (records.length === 0) return []
      const isTold = this.#options.brokers === true && this.#draw(4) > 0
      return [isTold ? [key, records, this.#leaders.get(key)!.leaderEpoch] : [key, records]]
    })
  }

  #poll(consumer: Consumer): void {
    const { process, client } = consumer
    const next = new Map(consumer.next)
    this.#record({ process, type: 'invoke', f: 'poll', value: [{ f: 'poll' }], client })
    if (this.#chance(4)) this.#produce()
    const type = this.#chance(8) ? this.#pick(['fail', 'info'] as const) : 'ok'
    this.#record({ process, type, f: 'poll', value: [{ f: 'poll', polled: this.#polled(consumer, next) }], client })
    if (type === 'info') consumer.process = this.#process++
    if (type === 'ok') for (const [key, place] of next) consumer.next.set(key, place)
  }

  /** Kept keys keep their position; others begin anywhere. */
  #assign(consumer: Consumer, keys: readonly Key[]): void {
    const { process, client } = consumer
    this.#record({ process, type: 'invoke', f: 'assign', value: keys, client })
    this.#record({ process, type: 'ok', f: 'assign', value: keys, client })
    for (const key of keys) {
      if (!consumer.keys.includes(key)) consumer.next.set(key, this.#draw(this.log.get(key)!.length + 1))
    }
    consumer.keys = keys
  }

  #crash(at: number): void {
    const { process, client } = this.#consumers[at]!
    this.#record({ process, type: 'invoke', f: 'crash', value: null, client })
    this.#record({ process, type: 'info', f: 'crash', value: null, client })
    const fresh = this.#freshConsumer()
    for (const key of fresh.keys) fresh.next.set(key, this.#draw(this.log.get(key)!.length + 1))
    this.#consumers[at] = fresh
  }

  #consume(): void {
    const at = this.#draw(consumerCount)
    const consumer = this.#consumers[at]!
    if (this.#chance(20)) this.#crash(at)
    else if (this.#chance(16)) this.#assign(consumer, this.#options.keys.filter(() => this.#draw(3) > 0))
    else this.#poll(consumer)
  }

  #elect(key: Key): void {
    const { leader, leaderEpoch } = this.#leaders.get(key)!
    this.#leaders.set(key, {
      leader: (leader % brokerCount) + 1,
      leaderEpoch: leaderEpoch + 1,
      former: { leader, leaderEpoch, highWatermark: this.#nextOffset.get(key)! },
    })
  }

  /** What the leader of a key, or one that does not know that it was replaced, would answer now. */
  #ask(key: Key): Asked {
    const { former, ...now } = this.#leaders.get(key)!
    const current = { ...now, highWatermark: this.#nextOffset.get(key)! }
    const says = former !== undefined && this.#draw(3) === 0 ? former : current
    return { key, inSyncReplicas: [1, 2, 3], logStartOffset: 0, since: this.ops.length, node: says.leader, ...says }
  }

  /** Brokers elect, are asked, and answer, each in its own time. */
  #observe(): void {
    const key = this.#pick(this.#options.keys)
    if (this.#draw(3) === 0) return this.#elect(key)
    if (this.#asked === undefined) {
      this.#asked = this.#ask(key)
      return
    }
    const { node, ...value } = this.#asked
    this.#asked = undefined
    this.#record({ process: 'observer', type: 'info', f: 'observe', node, value: [value] })
  }

  #step(): void {
    if (this.#options.brokers === true && this.#draw(8) === 7) this.#observe()
    if (this.#late.length > 0 && this.#draw(6) === 5) {
      const pending = this.#pick(this.#late)
      this.#late = this.#late.filter(other => other !== pending)
      this.#land(pending)
    } else if (this.#draw(2) === 0) this.#produce()
    else this.#consume()
  }

  /** Nothing fails any more: every kind of op succeeds once, and what is open ends. */
  #calmDown(): void {
    this.#calm = true
    for (const producer of this.#producers) {
      this.#invoke(producer, false)
      this.#invoke(producer, true)
      for (const pending of producer.open) if (pending.landed === undefined) this.#land(pending)
      while (producer.open.length > 0) this.#finish(producer, producer.open[0]!, 'ok')
    }
    for (const consumer of this.#consumers) {
      this.#assign(consumer, this.#options.keys)
      this.#poll(consumer)
    }
  }

  /** A fresh consumer reads every key from its beginning to its end. */
  #finalRead(client: string | undefined): void {
    const consumer: Consumer = { process: this.#process++, client, keys: this.#options.keys, next: new Map() }
    this.#assign(consumer, this.#options.keys)
    const behind = (key: Key): boolean => (consumer.next.get(key) ?? 0) < this.log.get(key)!.length
    while (this.#options.keys.some(behind)) this.#poll(consumer)
    if (client === undefined) return
    const ends = Object.fromEntries(this.#options.keys.map(key => [key, this.#nextOffset.get(key)!]))
    const value = { keys: this.#options.keys, reached: ends, target: ends, complete: true }
    this.#record({ process: consumer.process, type: 'ok', f: 'final-read', value, client })
  }

  run(): Op[] {
    const phases = this.#options.phases === true
    if (phases) {
      this.#harness('config', { acks: -1, idempotence: true })
      this.#harness('phase', 'faults')
      this.#nemesis('start', null)
      this.#nemesis('evidence', 'exit by SIGKILL')
    }
    for (let step = 0; step < this.#options.steps; step++) this.#step()
    if (phases) {
      this.#nemesis('stop', null)
      this.#nemesis('healed', 'new pid')
      this.#harness('phase', 'heal')
    }
    this.#calmDown()
    if (phases) this.#harness('phase', 'final')
    for (const client of ['final-1', 'final-2']) this.#finalRead(phases ? client : undefined)
    if (phases) this.#harness('phase', 'end')
    return this.ops
  }
}

/** The ops of one model history. */
export function modelHistory(options: ModelOptions): Op[] {
  return new ModelHistory(options).run()
}

/** Numbers from a seed, the same for the same seed (a 32-bit xorshift). */
export function drawFrom(seed: number): Draw {
  let state = seed | 0 || 1
  return bound => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % bound
  }
}
