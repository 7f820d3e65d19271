/**
 * Histories of transactions that are right by construction, or made by a broker with one mistake (txn-log.ts): a bank and a
 * pipeline on one true log, instances of shared transactional ids, commits of unknown outcome, crashes at every boundary,
 * markers that come late, readers of both kinds, an observer, and final reads of everything. Every choice is drawn.
 */
import { derivedValue } from '../../history/derived-value.ts'
import type { Key, NewOp, Op, OffsetsMicroOp, SendMicroOp, Value } from '../../history/op.ts'
import { transferValue } from '../../history/transfer-value.ts'
import { makeValue } from '../../history/value-checksum.ts'
import type { Draw } from './model-history.ts'
import { type Mistake, TrueLog, type TrueTxn } from './txn-log.ts'

export interface TxnModelOptions {
  readonly draw: Draw
  readonly steps: number
  readonly mistake?: Mistake
}

const inputs: readonly Key[] = ['in-0', 'in-1']
const outputs: readonly Key[] = ['out-0', 'out-1']
const accounts: readonly Key[] = ['bank-0', 'bank-1', 'bank-2']
const allKeys = [...inputs, ...outputs, ...accounts]
const group = 'workers'
const secondNs = 1e9
const transactionTimeoutMs = 10_000
const recoveryMs = 5000

/** A producer instance with the transaction it has open. */
interface Instance {
  readonly client: string
  readonly id: string
  readonly process: number
  isFenced: boolean
  open: Work | undefined
}

interface Work {
  readonly txn: TrueTxn
  readonly micros: (SendMicroOp | OffsetsMicroOp)[]
  /** Micro-ops done so far. */
  done: number
}

interface Reader {
  readonly process: number
  readonly client: string
  readonly isCommitted: boolean
  readonly next: Map<Key, number>
}

export class TxnModelHistory {
  readonly ops: Op[] = []
  readonly log: TrueLog
  readonly #options: TxnModelOptions
  readonly #instances = new Map<string, Instance[]>()
  readonly #readers: Reader[] = []
  #timeNs = 0
  #process = 0
  #sequence = 0

  constructor(options: TxnModelOptions) {
    this.#options = options
    this.log = new TrueLog(allKeys, options.mistake)
  }

  #draw(bound: number): number {
    return this.#options.draw(bound)
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#draw(list.length)]!
  }

  #record(op: NewOp): void {
    this.ops.push({ index: this.ops.length, time: this.#timeNs, ...op })
    this.#timeNs += 1000
  }

  #harness(f: string, value: unknown): void {
    this.#record({ process: 'harness', type: 'info', f, value })
  }

  /** A newer instance shuts out the older ones and ends what they left, unless that was decided. */
  #initialise(id: string): void {
    const known = this.#instances.get(id) ?? []
    const fences = known.length === 0 || !this.log.makes('does not fence')
    const process = this.#process++
    const instance: Instance = { client: `${id}.${known.length}`, id, process, isFenced: false, open: undefined }
    this.#record({ process, type: 'invoke', f: 'init-transactions', value: { transactionalId: id }, client: instance.client })
    for (const older of known) {
      if (!fences) continue
      older.isFenced = true
      if (older.open !== undefined) this.log.decide(older.open.txn, 'abort')
      for (const txn of this.log.unfinished) while (txn.producer === older.client && txn.open.size > 0 && txn.decision !== 'none') this.log.mark(txn)
    }
    const value = { transactionalId: id, producerId: id.length, producerEpoch: known.length }
    this.#record({ process, type: 'ok', f: 'init-transactions', value, client: instance.client })
    this.#instances.set(id, [...known, instance])
  }

  #transfer(client: string): SendMicroOp[] {
    const amount = 1 + this.#draw(9)
    const from = this.#draw(accounts.length)
    const keys = [accounts[from]!, accounts[(from + 1) % accounts.length]!]
    return keys.map((key, at) => ({ f: 'send', key, value: transferValue(client, this.#sequence++, at === 0 ? -amount : amount) }))
  }

  /** The next input of one key: its worker begins at the committed offset, and reads what is committed. */
  #pipeline({ client, id }: Instance): (SendMicroOp | OffsetsMicroOp)[] {
    const key = inputs[id === 'worker-0' ? 0 : 1]!
    const { records } = this.log.read(key, this.log.committed.get(key) ?? 0, true)
    const [first] = records
    if (first === undefined) return []
    this.#poll({ process: this.#process++, client: `${client}/${this.#sequence}`, isCommitted: true, next: new Map([[key, first[0]]]) }, key, 1)
    const value = derivedValue({ key, offset: first[0] }, client, this.#sequence++)
    return [{ f: 'send', key: this.#pick(outputs), value }, { f: 'offsets', group, offsets: [[key, first[0] + 1]] }]
  }

  #begin(instance: Instance): void {
    const micros = instance.id.startsWith('worker') ? this.#pipeline(instance) : this.#transfer(instance.client)
    if (micros.length === 0) return
    const { process, client } = instance
    this.#record({ process, type: 'invoke', f: 'txn', value: [...micros], client })
    instance.open = { txn: this.log.begin(client), micros, done: 0 }
  }

  #end(instance: Instance, type: 'ok' | 'fail' | 'info', code?: string): void {
    const { process, client, open } = instance
    const error = code === undefined ? {} : { error: { code, definite: type === 'fail' } }
    this.#record({ process, type, f: 'txn', value: [...open!.micros], client, ...error })
    instance.open = undefined
    // After an unknown outcome nobody goes on under its name.
    if (type === 'info') this.#instances.set(instance.id, this.#instances.get(instance.id)!.map(one => (one === instance ? { ...one, isFenced: true } : one)))
  }

  /** One request of an open transaction. */
  #advance(instance: Instance): void {
    const open = instance.open!
    if (open.txn.decision === 'abort') return this.#end(instance, 'fail', 'PRODUCER_FENCED')
    if (this.#draw(20) === 0) {
      // Gone before it asked for a commit; the coordinator finds out later.
      return this.#end(instance, 'fail', 'CRASHED')
    }
    const micro = open.micros[open.done]
    if (micro === undefined) return this.#finish(instance)
    open.done++
    if (micro.f === 'offsets') for (const [key, offset] of micro.offsets) open.txn.offsets.set(key, offset)
    else {
      const offset = this.log.append(micro.key, micro.value, open.txn)
      if (this.#draw(10) > 0) open.micros[open.done - 1] = { ...micro, offset }
    }
  }

  #finish(instance: Instance): void {
    const { txn } = instance.open!
    const lot = this.#draw(10)
    if (lot === 0) {
      this.log.decide(txn, 'abort')
      return this.#end(instance, 'fail', 'ABORTED')
    }
    if (lot > 2) {
      this.log.decide(txn, 'commit')
      return this.#end(instance, 'ok')
    }
    if (lot === 1) this.log.decide(txn, 'commit')
    return this.#end(instance, 'info', 'TIMED_OUT')
  }

  #produce(): void {
    const id = this.#pick(['teller', 'worker-0', 'worker-1', 'cashier'])
    const all = this.#instances.get(id) ?? []
    const alive = all.filter(({ isFenced, open }) => !isFenced || open !== undefined)
    const instance = alive.length > 0 ? this.#pick(alive) : undefined
    if (instance === undefined || (instance.open === undefined && this.#draw(12) === 0)) this.#initialise(id)
    else if (instance.open === undefined) this.#begin(instance)
    else this.#advance(instance)
  }

  #send(): void {
    const process = this.#process++
    const key = this.#pick(inputs)
    const send = { f: 'send', key, value: makeValue('plain', this.#sequence++) } as const
    this.#record({ process, type: 'invoke', f: 'send', value: [send], client: 'plain' })
    this.#record({ process, type: 'ok', f: 'send', value: [{ ...send, offset: this.log.append(key, send.value) }], client: 'plain' })
  }

  #reader(client: string, isCommitted: boolean): Reader {
    const reader: Reader = { process: this.#process++, client, isCommitted, next: new Map() }
    const value = { keys: allKeys, ...(!isCommitted && { isolation: 'read_uncommitted' }) }
    this.#record({ process: reader.process, type: 'invoke', f: 'assign', value, client })
    this.#record({ process: reader.process, type: 'ok', f: 'assign', value, client })
    return reader
  }

  #poll({ process, client, isCommitted, next }: Reader, key: Key, most: number): void {
    this.#record({ process, type: 'invoke', f: 'poll', value: [{ f: 'poll' }], client })
    const from = next.get(key) ?? 0
    const { records, next: end } = this.log.read(key, from, isCommitted)
    const taken = records.slice(0, most)
    next.set(key, taken.length < records.length ? taken.at(-1)![0] + 1 : end)
    const polled: [Key, [number, Value][]][] = taken.length === 0 ? [] : [[key, taken]]
    this.#record({ process, type: 'ok', f: 'poll', value: [{ f: 'poll', polled }], client })
  }

  #fetchOffsets(): void {
    const process = this.#process++
    this.#record({ process, type: 'invoke', f: 'offsets', value: { group }, client: 'admin' })
    const offsets = inputs.map(key => [key, this.log.committed.get(key) ?? -1])
    this.#record({ process, type: 'ok', f: 'offsets', value: { group, offsets }, client: 'admin' })
  }

  #observe(): void {
    const since = this.ops.length
    const value = allKeys.map(key => {
      const [lastStableOffset, highWatermark] = [this.log.stableOf(key), this.log.endOf(key)]
      return { key, leader: 1, leaderEpoch: 0, inSyncReplicas: [1], lastStableOffset, highWatermark, since }
    })
    this.#record({ process: 'observer', type: 'info', f: 'observe', node: 1, value })
  }

  /** The coordinator goes on: markers, and transactions whose producer is gone. */
  #coordinate(): void {
    const all = [...this.log.unfinished]
    if (all.length === 0) return
    const txn = this.#pick(all)
    if (txn.decision !== 'none') this.log.mark(txn)
    else if (!this.#isAlive(txn)) this.log.decide(txn, 'abort')
  }

  #isAlive(txn: TrueTxn): boolean {
    return [...this.#instances.values()].flat().some(({ open }) => open?.txn === txn)
  }

  #step(): void {
    const lot = this.#draw(20)
    if (lot < 10) this.#produce()
    else if (lot < 12) this.#send()
    else if (lot < 15) this.#coordinate()
    else if (lot < 19) this.#poll(this.#pick(this.#readers), this.#pick(allKeys), 1 + this.#draw(4))
    else if (this.#draw(2) === 0) this.#fetchOffsets()
    else this.#observe()
  }

  /** All open work ends, and all decisions are carried out, unless one never is. */
  #settle(): void {
    for (const instance of [...this.#instances.values()].flat()) while (instance.open !== undefined) this.#advance(instance)
    for (const txn of this.log.unfinished) {
      if (txn.open.size > 0 && txn.decision === 'none' && this.log.makes('never ends a transaction')) continue
      this.log.decide(txn, 'abort')
      while (txn.open.size > 0) this.log.mark(txn)
    }
  }

  /** So that every kind of op succeeds once. */
  #calm(): void {
    this.#settle()
    this.#initialise('last')
    const [last] = this.#instances.get('last')!
    this.#begin(last!)
    for (const micro of last!.open!.micros) if (micro.f === 'send') this.log.append(micro.key, micro.value, last!.open!.txn)
    this.log.decide(last!.open!.txn, 'commit')
    while (last!.open!.txn.open.size > 0) this.log.mark(last!.open!.txn)
    this.#end(last!, 'ok')
    this.#send()
  }

  #finalRead(client: string, isCommitted: boolean): void {
    const reader = this.#reader(client, isCommitted)
    const ends = Object.fromEntries(allKeys.map(key => [key, this.log.endOf(key)]))
    for (const key of allKeys) {
      let before = -1
      while ((reader.next.get(key) ?? 0) < ends[key]! && reader.next.get(key) !== before) {
        before = reader.next.get(key) ?? -1
        this.#poll(reader, key, 4)
      }
    }
    const reached = Object.fromEntries(allKeys.map(key => [key, reader.next.get(key) ?? 0]))
    const complete = allKeys.every(key => reached[key]! >= ends[key]!)
    const value = { keys: allKeys, reached, target: ends, complete }
    this.#record({ process: reader.process, type: complete ? 'ok' : 'info', f: 'final-read', value, client })
  }

  run(): Op[] {
    this.#harness('config', { acks: -1, idempotence: true, transactionTimeoutMs, recoveryMs, delivery: 'exactly-once', pipeline: { group, inputs, outputs } })
    this.#harness('phase', 'faults')
    this.#readers.push(this.#reader('reader', true), this.#reader('uncommitted-reader', false))
    for (let step = 0; step < this.#options.steps; step++) this.#step()
    this.#harness('phase', 'heal')
    this.#calm()
    this.#observe()
    this.#timeNs += 16 * secondNs
    this.#observe()
    this.#harness('phase', 'final')
    this.#finalRead('final-1', true)
    this.#finalRead('final-uncommitted', false)
    this.#fetchOffsets()
    this.#harness('phase', 'end')
    return this.ops
  }
}
