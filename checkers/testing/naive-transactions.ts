/** The definitions of docs/anomalies.md that are about transactions, as plainly and slowly as they can be written. */
import type { Key, SendMicroOp, Value } from '../../history/op.ts'
import type { Outcome } from './naive-judge.ts'

export interface Known {
  readonly readsCommitted: (done: Outcome) => boolean
  readonly seenCommitted: (send: SendMicroOp) => boolean
  readonly committed: (done: Outcome, send: SendMicroOp) => boolean
  readonly committedReadsOf: (key: Key) => readonly (readonly [Key, number, Value])[]
  /** [offset, value], each once. */
  readonly log: (key: Key) => readonly (readonly [number, Value])[]
  readonly keys: readonly Key[]
}

type Pair = readonly [from: Outcome, to: Outcome]

interface Placed {
  readonly done: Outcome
  readonly send: SendMicroOp
  readonly offset: number
}

export class NaiveTransactions {
  readonly #all: readonly Outcome[]
  readonly #txns: readonly Outcome[]
  readonly #known: Known

  constructor(all: readonly Outcome[], known: Known) {
    this.#all = all.filter(({ op }) => ['send', 'poll', 'txn', 'init-transactions'].includes(op.f))
    this.#txns = all.filter(({ op }) => op.f === 'txn')
    this.#known = known
  }

  findings(): string[] {
    const zombies = this.#zombies()
    if (this.#txns.length === 0) return zombies
    return [...zombies, ...this.#precommitted(), ...this.#torn(), ...this.#intermediate(), ...this.#cycles()]
  }

  #precommitted(): string[] {
    return this.#txns.flatMap(({ sends, reads }) => {
      const own = reads.filter(([key, , value]) => sends.some(send => send.key === key && send.value === value))
      return own.map(([key, , value]) => `precommitted-read ${key} ${value}`)
    })
  }

  #landed({ key, value, offset }: SendMicroOp): number {
    const places = this.#known.log(key).filter(([, held]) => held === value).map(([offset]) => offset)
    return offset ?? Math.min(...places, Number.POSITIVE_INFINITY)
  }

  #torn(): string[] {
    const torn = this.#txns.filter(({ sends }) => {
      const passed = (key: Key): number => Math.max(-1, ...this.#known.committedReadsOf(key).map(([, offset]) => offset))
      const hidden = sends.filter(send => !this.#known.seenCommitted(send) && this.#landed(send) <= passed(send.key))
      return hidden.length > 0 && sends.some(send => this.#known.seenCommitted(send))
    })
    return torn.map(() => 'torn-transaction')
  }

  /** Committed records that lie alone at their offset, by offset. */
  #placed(key: Key): Placed[] {
    const log = this.#known.log(key)
    return log.toSorted(([a], [b]) => a - b).flatMap(([offset, value]): Placed[] => {
      if (log.filter(([other]) => other === offset).length > 1) return []
      const done = this.#all.find(({ sends }) => sends.some(send => send.key === key && send.value === value))
      const send = done?.sends.find(send => send.key === key && send.value === value)
      return done !== undefined && this.#known.committed(done, send!) ? [{ done, send: send!, offset }] : []
    })
  }

  #intermediate(): string[] {
    const answered = this.#known.keys.map(key => this.#placed(key).filter(({ send, offset }) => send.offset === offset))
    const found = this.#txns.filter(txn => {
      const began = answered.flatMap(placed => {
        const own = placed.filter(({ done }) => done === txn)
        return own.flatMap(({ offset }) => placed.filter(other => other.offset < offset).map(({ done }) => done.invoked))
      })
      const readers = this.#all.filter(done => {
        const got = done.reads.some(([key, , value]) => txn.sends.some(send => send.key === key && send.value === value))
        return got && done.type === 'ok' && this.#known.readsCommitted(done)
      })
      return txn.type !== 'fail' && readers.some(({ completed }) => began.some(position => position > completed))
    })
    return found.map(() => 'G1b')
  }

  #reads(isCommitted: boolean): Pair[] {
    return this.#all.flatMap(writer => {
      const readers = this.#all.filter(reader => {
        const got = reader.reads.some(([key, , value]) => writer.sends.some(send => send.key === key && send.value === value))
        const sees = this.#known.readsCommitted(reader) || writer.op.f === 'send'
        return got && reader !== writer && writer.type !== 'fail' && sees === isCommitted
      })
      return readers.map((reader): Pair => [writer, reader])
    })
  }

  #writes(): Pair[] {
    return this.#known.keys.flatMap(key => {
      const placed = this.#placed(key)
      return placed.slice(1).flatMap(({ done }, at): Pair[] => (placed[at]!.done === done ? [] : [[placed[at]!.done, done]]))
    })
  }

  #times(isSame: boolean): Pair[] {
    return this.#all.flatMap(a => {
      const later = this.#all.filter(b => a.completed < b.invoked && (!isSame || (a.op.client ?? a.op.process) === (b.op.client ?? b.op.process)))
      return a.type === 'ok' ? later.map((b): Pair => [a, b]) : []
    })
  }

  /** Whether a cycle goes through an edge of the first list. */
  #hasCycle([wanted, ...others]: readonly (readonly Pair[])[]): boolean {
    const edges = [wanted!, ...others].flat()
    return wanted!.some(([from, to]) => {
      const reached = new Set([to])
      for (let size = 0; size !== reached.size;) {
        size = reached.size
        for (const [a, b] of edges) if (reached.has(a)) reached.add(b)
      }
      return reached.has(from)
    })
  }

  #first(name: string, searches: readonly (readonly [string, readonly (readonly Pair[])[]])[]): string[] {
    const [aspect] = searches.find(([, lists]) => this.#hasCycle(lists)) ?? []
    return aspect === undefined ? [] : [`${name} ${aspect}`]
  }

  #cycles(): string[] {
    const [wr, ww, session, realtime] = [this.#reads(true), this.#writes(), this.#times(true), this.#times(false)]
    const certain = this.#first('G1c', [['', [wr]], ['process', [wr, session]], ['realtime', [wr, realtime]]])
    const lawful = this.#first('G1c', [['ww', [wr, ww]], ['ww-process', [wr, ww, session]], ['ww-realtime', [wr, ww, realtime]]])
    return [
      ...this.#first('G0', [['', [ww]], ['process', [ww, session]], ['realtime', [ww, realtime]]]),
      ...(certain.length > 0 ? certain : lawful),
      ...this.#first('G1c', [['uncommitted', [this.#reads(false), wr, realtime]]]),
    ]
  }

  #zombies(): string[] {
    const inits = this.#all.filter(({ op }) => op.f === 'init-transactions')
    const own = ({ op }: Outcome): Outcome[] => inits.filter(init => init.op.client !== undefined && init.op.client === op.client)
    const fenced = this.#all.filter(done => {
      const older = own(done).findLast(({ type, completed }) => type === 'ok' && completed < done.invoked)
      if (older === undefined) return false
      if (own(done).some(({ type, invoked }) => type !== 'fail' && invoked > older.invoked && invoked < done.invoked)) return false
      return inits.some(init => {
        return init.op.client !== done.op.client && init.type === 'ok' && init.completed < done.invoked && init.invoked > older.completed
      })
    })
    const alive = fenced.filter(({ type, sends }) => {
      return sends.some(send => type === 'ok' || send.offset !== undefined || this.#known.seenCommitted(send))
    })
    return alive.map(() => 'zombie-write')
  }
}
