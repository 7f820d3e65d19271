/**
 * Where one client's sends to one key landed otherwise than right behind each other.
 *
 * Between ops the earlier send must be acknowledged and the later one acknowledged or proven; ops are taken
 * in the order of their invocations, per client (so pipelining over several processes is judged), or per
 * process where no client is named. Inside one op every send of known place counts, whatever became of the
 * op. Unlike Jepsen's, the state survives assign and subscribe: they say nothing about a producer.
 */
import { FloatColumn, IntColumn } from './columns.ts'
import type { Log } from './log.ts'
import { none, ok } from './codes.ts'
import type { OpTable } from './op-table.ts'
import type { RecordDictionary } from './record-dictionary.ts'
import type { SendTable } from './send-table.ts'

/** What one producer did to one key. */
interface Track {
  /** The op that sent last, and the last row of known place in it. */
  op: number
  row: number
  /** The last acknowledged row so far, or `none`. */
  acknowledged: number
}

export class SendSteps {
  /** By step: the send row it went from and the one it went to. */
  readonly from: IntColumn = new IntColumn()
  readonly to: IntColumn = new IntColumn()
  /** By step: place of `to` less place of `from`, never 1. */
  readonly delta: FloatColumn = new FloatColumn()
  /** By step: 1 inside one op, 0 between two. */
  readonly internal: IntColumn = new IntColumn()

  get size(): number {
    return this.from.length
  }
}

export interface SendStepsInput {
  readonly table: OpTable
  readonly records: RecordDictionary
  readonly sends: SendTable
  readonly committed: Uint8Array
  readonly log: Log
  readonly writers: Int32Array
}

class SendWalk {
  readonly steps: SendSteps = new SendSteps()
  readonly #input: SendStepsInput
  /** By actor, by key code. */
  readonly #tracks: (Track | undefined)[][] = []

  constructor(input: SendStepsInput) {
    this.#input = input
  }

  row(row: number): void {
    const { sends, table, committed } = this.#input
    const place = this.#place(row)
    if (place === none) return
    const op = sends.invocation[row]!
    const track = this.#track(table.actor[op]!, row)
    if (track.op === op) this.#compare(track.row, row, 1)
    else {
      track.op = op
      if (track.acknowledged !== none && committed[row] === 1) this.#compare(track.acknowledged, row, 0)
    }
    track.row = row
    if (sends.outcome[row] === ok) track.acknowledged = row
  }

  /** Where a send landed: its answer when it took effect, else the one place its record was read at. */
  #place(row: number): number {
    const { sends, committed, log, writers } = this.#input
    const record = sends.record[row]!
    if (committed[row] === 1 && !Number.isNaN(sends.offset[row]!)) return log.placeOf(record, sends.offset[row]!)
    return log.several.has(record) || writers[record] !== row ? none : log.firstPlace[record]!
  }

  #compare(from: number, to: number, internal: 0 | 1): void {
    const delta = this.#place(to) - this.#place(from)
    if (delta === 1 || (internal === 0 && delta > 0)) return
    this.steps.from.push(from)
    this.steps.to.push(to)
    this.steps.delta.push(delta)
    this.steps.internal.push(internal)
  }

  #track(actor: number, row: number): Track {
    const { records, sends } = this.#input
    const tracks = (this.#tracks[actor] ??= [])
    return (tracks[records.keyOf[sends.record[row]!]!] ??= { op: none, row: none, acknowledged: none })
  }
}

export function walkSends(input: SendStepsInput): SendSteps {
  const walk = new SendWalk(input)
  for (let row = 0; row < input.sends.size; row++) walk.row(row)
  return walk.steps
}
