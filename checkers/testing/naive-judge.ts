/**
 * The definitions of docs/anomalies.md once more, as plainly and slowly as they can be written, to test the
 * fast ones against. Each finding is one line of text. For histories without phases, in which polls of one
 * consumer do not overlap.
 */
import type { Key, MicroOp, Op, PollMicroOp, SendMicroOp, Value } from '../../history/op.ts'
import { NaiveTransactions } from './naive-transactions.ts'

export interface Done {
  readonly op: Op
  readonly invoked: number
  readonly completed: number
  readonly sends: readonly SendMicroOp[]
  /** [key, offset, value] in the order received. */
  readonly reads: readonly (readonly [Key, number, Value])[]
}

export interface Outcome extends Done {
  readonly type: 'ok' | 'fail' | 'info'
}

function readsOf({ polled = [] }: PollMicroOp): (readonly [Key, number, Value])[] {
  return polled.flatMap(([key, records]) => records.map(([offset, value]) => [key, offset, value] as const))
}

function outcomes(ops: readonly Op[]): Outcome[] {
  return ops.flatMap((op, invoked): Outcome[] => {
    if (op.type !== 'invoke') return []
    const at = ops.findIndex((other, at) => at > invoked && other.process === op.process)
    const done = at === -1 ? op : ops[at]!
    const micros = ['send', 'poll', 'txn'].includes(op.f) ? (done.value as readonly MicroOp[]) : []
    return [
      {
        op: done,
        invoked,
        completed: at === -1 ? Number.POSITIVE_INFINITY : at,
        type: done.type === 'invoke' ? 'info' : done.type,
        sends: micros.filter((micro): micro is SendMicroOp => micro.f === 'send'),
        reads: micros.filter((micro): micro is PollMicroOp => micro.f === 'poll').flatMap(readsOf),
      },
    ]
  })
}

function asksToPoll({ f, value }: Op): boolean {
  return f === 'poll' || (f === 'txn' && (value as readonly MicroOp[]).some(micro => micro.f === 'poll'))
}

function assignedKeys({ value }: Op): readonly Key[] {
  return Array.isArray(value) ? value : (value as { keys: readonly Key[] }).keys
}

export class NaiveJudge {
  readonly #all: readonly Outcome[]
  readonly #byEnd: readonly Outcome[]
  /** Who reads what is uncommitted; nobody where there are no transactions. */
  readonly #uncommitted: ReadonlySet<unknown>

  constructor(ops: readonly Op[]) {
    this.#all = outcomes(ops)
    const told = this.#all.filter(({ op }) => op.f === 'assign' && (op.value as { isolation?: string }).isolation === 'read_uncommitted')
    const hasTransactions = this.#all.some(({ op }) => op.f === 'txn')
    this.#uncommitted = new Set(hasTransactions ? told.map(({ op }) => op.client ?? op.process) : [])
    const done = this.#all.filter(({ completed }) => completed < ops.length)
    this.#byEnd = done.sort((a, b) => a.completed - b.completed)
  }

  /** Every read of a key, by ops of any outcome or only by ok ones. */
  #readsOf(key: Key, okOnly = false): (readonly [Key, number, Value])[] {
    return this.#all
      .filter(({ type }) => !okOnly || type === 'ok')
      .flatMap(({ reads }) => reads.filter(([read]) => read === key))
  }

  #readsCommitted({ op }: Outcome): boolean {
    return !this.#uncommitted.has(op.client ?? op.process)
  }

  /** By ops that read nothing uncommitted. */
  #committedReadsOf(key: Key): (readonly [Key, number, Value])[] {
    const readers = this.#all.filter(done => done.type === 'ok' && this.#readsCommitted(done))
    return readers.flatMap(({ reads }) => reads.filter(([read]) => read === key))
  }

  /** Reads that show by their absence that a record of a transaction, or any, is missing. */
  #decidingReadsOf(key: Key): (readonly [Key, number, Value])[] {
    const any = this.#keys().some(one => this.#committedReadsOf(one).length > 0) && this.#all.some(({ op }) => op.f === 'txn')
    return any ? this.#committedReadsOf(key) : this.#readsOf(key, true)
  }

  #seen(key: Key, value: Value): boolean {
    return this.#readsOf(key, true).some(([, , read]) => read === value)
  }

  #seenCommitted(key: Key, value: Value): boolean {
    return this.#committedReadsOf(key).some(([, , read]) => read === value)
  }

  /** Of a record of a transaction, by who decides. */
  #okRead(key: Key, value: Value): boolean {
    const isTransactional = this.#writer(key, value)?.op.f === 'txn'
    return (isTransactional ? this.#decidingReadsOf(key) : this.#readsOf(key, true)).some(([, , read]) => read === value)
  }

  #writer(key: Key, value: Value): Outcome | undefined {
    return this.#all.find(({ sends }) => sends.some(send => send.key === key && send.value === value))
  }

  #committed({ type, op, sends }: Outcome, send: SendMicroOp): boolean {
    if (type !== 'info') return type === 'ok'
    if (op.f === 'txn') return sends.some(({ key, value }) => this.#seenCommitted(key, value))
    return this.#seen(send.key, send.value)
  }

  #isHidden(key: Key, value: Value): boolean {
    const writer = this.#writer(key, value)
    return writer?.op.f === 'txn' && !this.#committed(writer, writer.sends[0]!)
  }

  /** [offset, value] of a key, each once. */
  #log(key: Key): [number, Value][] {
    const polled = this.#readsOf(key).map(([, offset, value]) => [offset, value] as const)
    const told = this.#all.flatMap(done => {
      return done.sends
        .filter(send => send.key === key && send.offset !== undefined && this.#committed(done, send))
        .map(({ offset, value }) => [offset!, value] as const)
    })
    const seen = new Map([...polled, ...told].map(([offset, value]) => [`${offset} ${value}`, [offset, value]]))
    return [...seen.values()] as [number, Value][]
  }

  #places(key: Key): number[] {
    return [...new Set(this.#log(key).map(([offset]) => offset))].sort((a, b) => a - b)
  }

  #placesOf(key: Key, value: Value): number[] {
    const places = this.#places(key)
    return this.#log(key)
      .filter(([, held]) => held === value)
      .map(([offset]) => places.indexOf(offset))
      .sort((a, b) => a - b)
  }

  #keys(): Key[] {
    const sent = this.#all.flatMap(({ sends }) => sends.map(({ key }) => key))
    return [...new Set([...sent, ...this.#all.flatMap(({ reads }) => reads.map(([key]) => key))])]
  }

  findings(): string[] {
    const ofKeys = this.#keys()
      .flatMap(key => [this.#epochs(key), this.#content(key), this.#loss(key), this.#stale(key), this.#pollOrder(key), this.#sendOrder(key)].flat())
    const txns = new NaiveTransactions(this.#all, {
      readsCommitted: done => this.#readsCommitted(done),
      seenCommitted: ({ key, value }) => this.#seenCommitted(key, value),
      committed: (done, send) => this.#committed(done, send),
      committedReadsOf: key => this.#committedReadsOf(key),
      log: key => this.#log(key),
      keys: this.#keys(),
    })
    return [...ofKeys, ...this.#moved(), ...txns.findings()].sort()
  }

  /** What polls told beside values, in the order they ended. */
  #told(): { key: Key; offset: number; value: Value; leaderEpoch: number | undefined; recordKey: string | null | undefined }[] {
    return this.#byEnd.flatMap(({ op }) => {
      if (op.f !== 'poll' && op.f !== 'txn') return []
      const polls = (op.value as readonly MicroOp[]).filter((micro): micro is PollMicroOp => micro.f === 'poll')
      return polls.flatMap(({ polled = [] }) =>
        polled.flatMap(([key, records]) =>
          records.map(([offset, value, meta]) => ({ key, offset, value, leaderEpoch: meta?.leaderEpoch, recordKey: meta?.recordKey })),
        ),
      )
    })
  }

  #epochs(key: Key): string[] {
    const first = new Map<number, number>()
    const found: string[] = []
    for (const told of this.#told()) {
      if (told.key !== key || told.leaderEpoch === undefined) continue
      const known = first.get(told.offset)
      if (known === undefined) first.set(told.offset, told.leaderEpoch)
      else if (known !== told.leaderEpoch) found.push(`leader-epoch-regression ${key} ${told.offset}`)
    }
    const offsets = [...first.keys()].sort((a, b) => a - b)
    for (const [at, offset] of offsets.entries()) {
      const before = offsets.slice(0, at)
      const highest = Math.max(...before.map(offset => first.get(offset)!))
      if (first.get(offset)! >= highest) continue
      found.push(`leader-epoch-regression ${key} ${before.findLast(offset => first.get(offset) === highest)!}-${offset}`)
    }
    return found
  }

  /** Every history key here is a partition of one topic. */
  #moved(): string[] {
    const recordKeys = new Map<string, string>()
    for (const { key, value, recordKey } of this.#told()) {
      const record = `${key} ${value}`
      if (typeof recordKey === 'string' && !recordKeys.has(record)) recordKeys.set(record, `${recordKey} ${key}`)
    }
    const homes = [...new Set(recordKeys.values())].map(pair => pair.split(' ')[0])
    return [...new Set(homes.filter((name, at) => homes.indexOf(name) !== at))].map(name => `key-moved ${name}`)
  }

  #content(key: Key): string[] {
    const log = this.#log(key)
    const sends = this.#all.flatMap(({ sends }) => sends.filter(send => send.key === key))
    const sent = new Set(sends.map(({ value }) => value))
    const polled = this.#readsOf(key).map(([, , value]) => value)
    const count = (side: 0 | 1, what: unknown): number => log.filter(entry => entry[side] === what).length
    const found = [
      ...log.filter(([offset]) => count(0, offset) > 1).map(([offset]) => `inconsistent-offsets ${key} ${offset}`),
      ...log.filter(([, value]) => count(1, value) > 1).map(([, value]) => `duplicate ${key} ${value}`),
      ...polled.filter(value => !sent.has(value)).map(value => `phantom-record ${key} ${value}`),
    ]
    return [...new Set(found)]
  }

  #loss(key: Key): string[] {
    const read = this.#decidingReadsOf(key)
    const bound = Math.max(-1, ...read.map(([, , value]) => this.#placesOf(key, value)[0]!))
    const polls = this.#all.some(({ type, op }) => type === 'ok' && asksToPoll(op))
    return this.#all.flatMap(done => {
      return done.sends
        .filter(send => send.key === key && this.#committed(done, send) && !this.#okRead(key, send.value))
        .flatMap(({ value }) => {
          const last = this.#placesOf(key, value).at(-1) ?? Number.POSITIVE_INFINITY
          if (last <= bound) return [`lost-write ${key} ${value}`]
          return done.type === 'ok' && polls ? [`unseen ${key} ${value}`] : []
        })
    })
  }

  /** Sends answered at or below what an ok op had told before they began, and reads of what was refused. */
  #stale(key: Key): string[] {
    return this.#all.flatMap(done => {
      const before = this.#all.filter(({ type, completed }) => type === 'ok' && completed < done.invoked)
      const told = before.flatMap(({ sends, reads }) => [
        ...sends.filter(send => send.key === key).map(({ offset }) => offset ?? -1),
        ...reads.filter(([read]) => read === key).map(([, offset]) => offset),
      ])
      const own = done.sends.filter(send => send.key === key)
      return [
        ...own.filter(send => this.#committed(done, send) && (send.offset ?? Infinity) <= Math.max(-1, ...told))
          .map(({ value }) => `stale-offset-ack ${key} ${value}`),
        ...own.filter(({ value }) => done.type === 'fail' && this.#seen(key, value)).map(({ value }) => `G1a ${key} ${value}`),
      ]
    })
  }

  #step(kind: 'int-' | '', key: Key, [from, to]: readonly [number, number], mayPassHidden: boolean): string[] {
    const places = this.#places(key)
    const delta = places.indexOf(to) - places.indexOf(from)
    if (delta === 1) return []
    const skipped = this.#log(key).filter(([offset]) => offset > from && offset < to)
    if (mayPassHidden && delta > 1 && skipped.every(([, value]) => this.#isHidden(key, value))) return []
    return [`${kind}${delta > 1 ? 'poll-skip' : 'nonmonotonic-poll'} ${key} ${from}-${to}`]
  }

  #pollOrder(key: Key): string[] {
    const expected = new Map<unknown, number>()
    return this.#byEnd.flatMap(done => {
      const { op, type, reads } = done
      const mayPass = this.#readsCommitted(done)
      const consumer = op.client ?? op.process
      const givesUp = op.f === 'assign' && type !== 'fail' && !assignedKeys(op).includes(key)
      if (op.f === 'crash' || givesUp) expected.delete(consumer)
      const offsets = reads.filter(([k]) => k === key).map(([, offset]) => offset)
      if (offsets.length === 0) return []
      const before = expected.get(consumer)
      if (type === 'ok') expected.set(consumer, offsets.at(-1)!)
      return [
        ...(before === undefined ? [] : this.#step('', key, [before, offsets[0]!], mayPass)),
        ...offsets.slice(1).flatMap((offset, at) => this.#step('int-', key, [offsets[at]!, offset], mayPass)),
      ]
    })
  }

  /** Where a send landed, or undefined. */
  #landed(done: Outcome, send: SendMicroOp): number | undefined {
    const places = this.#placesOf(send.key, send.value)
    if (this.#committed(done, send) && send.offset !== undefined) return this.#places(send.key).indexOf(send.offset)
    return places.length === 1 ? places[0] : undefined
  }

  #sendOrder(key: Key): string[] {
    const acknowledged = new Map<unknown, readonly [SendMicroOp, number]>()
    return this.#all.flatMap(done => {
      const producer = done.op.client ?? done.op.process
      const landed = done.sends.flatMap((send): [SendMicroOp, number][] => {
        const place = send.key === key ? this.#landed(done, send) : undefined
        return place === undefined ? [] : [[send, place]]
      })
      const found = landed.slice(1).flatMap(([send, place], at) => {
        const [earlier, before] = landed[at]!
        if (place - before === 1) return []
        const name = place > before ? 'int-send-skip' : 'int-nonmonotonic-send'
        return [`${name} ${key} ${earlier.value}-${send.value}`]
      })
      const before = acknowledged.get(producer)
      const first = landed[0]
      const proven = first !== undefined && this.#committed(done, first[0])
      if (proven && before !== undefined && first[1] <= before[1]) {
        found.push(`nonmonotonic-send ${key} ${before[0].value}-${first[0].value}`)
      }
      if (done.type === 'ok' && landed.length > 0) acknowledged.set(producer, landed.at(-1)!)
      return found
    })
  }
}
