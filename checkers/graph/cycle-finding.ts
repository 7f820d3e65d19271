/**
 * Searches for cycles, the plainest kind first, and makes findings of what the first one finds that finds any. The ops of a
 * cycle are named T1, T2, … in the sentence and in the steps, and each edge says why it is one.
 */
import type { FindingList } from '../finding-list.ts'
import type { HistoryIndex } from '../history-index.ts'
import { none } from '../index/codes.ts'
import type { Finding, WitnessStep } from '../verdict.ts'
import { inOrder, keyName, readStep, sendStep, valueName } from '../witness.ts'
import { type CycleEdge, cyclesThrough } from './cycles.ts'
import type { EdgeList } from './edges.ts'
import { writerAt } from './order-graph.ts'

export interface CycleAnomaly {
  readonly name: string
  readonly guarantees: readonly string[]
}

/** A kind of cycle: the lists of edges, of which each has one of the first. */
export type CycleSearch = readonly [aspect: string, lists: readonly EdgeList[]]

/** Of lawful cycles a few are enough to look at. */
const shownAtMost = { guilty: 32, lawful: 3 } as const

interface Told {
  /** `T1 comes before T2, which …`. */
  readonly sentence: string
  readonly steps: readonly WitnessStep[]
  readonly record?: number
}

class Teller {
  readonly #index: HistoryIndex
  readonly #names = new Map<number, string>()

  /** Ops are numbered in the order in which they began. */
  constructor(index: HistoryIndex, cycle: readonly CycleEdge[]) {
    this.#index = index
    for (const { from } of cycle.toSorted((a, b) => a.from - b.from)) this.#names.set(from, `T${this.#names.size + 1}`)
  }

  tell({ list, from, to, stands }: CycleEdge): Told {
    const { ww, session, realtime } = this.#index.orders()
    if (list === session || list === realtime) return this.#time(from, to, list === session)
    return list === ww ? this.#behind(from, to, stands) : this.#read(from, to, stands)
  }

  #nameOf(op: number): string {
    return this.#names.get(op)!
  }

  #order(from: number, to: number): string {
    return `${this.#nameOf(from)} comes before ${this.#nameOf(to)}`
  }

  #named(op: number, { op: at, shows }: WitnessStep): WitnessStep {
    return { op: at, shows: `${this.#nameOf(op)} ${shows}` }
  }

  #read(from: number, to: number, read: number): Told {
    const record = this.#index.reads.record[read]!
    return {
      sentence: `${this.#order(from, to)}, which polled its ${valueName(this.#index, record)} of ${keyName(this.#index, record)}`,
      steps: [
        this.#named(from, sendStep(this.#index, this.#index.writers[record]!)),
        this.#named(to, readStep(this.#index, read)),
      ],
      record,
    }
  }

  #behind(from: number, to: number, place: number): Told {
    const { log, sends } = this.#index
    const second = writerAt(this.#index, place)
    let at = place - 1
    while (writerAt(this.#index, at) === none) at--
    const first = writerAt(this.#index, at)
    const [record, before] = [sends.record[second]!, sends.record[first]!]
    const where = `at offset ${log.offset[place]!} of ${keyName(this.#index, record)}`
    return {
      sentence: `${this.#order(from, to)}, whose ${valueName(this.#index, record)} ${where} lies behind its ${valueName(this.#index, before)}`,
      steps: [this.#named(from, sendStep(this.#index, first)), this.#named(to, sendStep(this.#index, second))],
      record,
    }
  }

  #time(from: number, to: number, isSession: boolean): Told {
    const { ops, table } = this.#index
    return {
      sentence: `${this.#order(from, to)}, which ${isSession ? 'the same client began' : 'began'} after it had ended`,
      steps: [
        { op: ops.at(table.completion[from]!)!.index, shows: `${this.#nameOf(from)} ended` },
        { op: ops.at(to)!.index, shows: `${this.#nameOf(to)} began` },
      ],
    }
  }
}

/** The same cycle, beginning with the op that began first. */
function fromFirst(cycle: readonly CycleEdge[]): CycleEdge[] {
  const first = cycle.reduce((best, { from }, at) => (from < cycle[best]!.from ? at : best), 0)
  return [...cycle.slice(first), ...cycle.slice(0, first)]
}

/** How many positions lie from the first op of a cycle to the beginning of the last. */
function extentOf(cycle: readonly CycleEdge[]): number {
  const begun = cycle.map(({ from }) => from)
  return Math.max(...begun) - Math.min(...begun)
}

function cycleFinding(index: HistoryIndex, cycle: readonly CycleEdge[], aspect: string, anomaly: CycleAnomaly): Finding {
  const teller = new Teller(index, cycle)
  const told = fromFirst(cycle).map(edge => teller.tell(edge))
  const records = [...new Set(told.flatMap(({ record }) => record ?? []))]
  const { keys, keyOf, values } = index.records
  return {
    anomaly: anomaly.name,
    guarantees: anomaly.guarantees,
    ...(aspect !== '' && { aspect }),
    message: `there is no order for these: ${told.map(({ sentence }) => sentence).join('; ')}`,
    key: keys[keyOf[records[0]!]!]!,
    values: records.map(record => values[record]!),
    witness: inOrder(told.flatMap(({ steps }) => steps)),
  }
}

/** Adds what the first of the searches finds that finds anything; false when none does. */
export function addCycles(
  index: HistoryIndex,
  found: FindingList,
  searches: readonly CycleSearch[],
  anomaly: CycleAnomaly & { readonly weight: keyof typeof shownAtMost },
): boolean {
  for (const [aspect, lists] of searches) {
    const { shown, more } = cyclesThrough(index.table, lists, shownAtMost[anomaly.weight])
    for (const cycle of shown) found.add(extentOf(cycle), aspect, () => cycleFinding(index, cycle, aspect, anomaly))
    found.addUnseen(more)
    if (shown.length > 0) return true
  }
  return false
}
