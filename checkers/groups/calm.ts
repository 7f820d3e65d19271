/**
 * When a group was left alone: stretches of time without a fault in force and without a change of its members, in which it
 * must come to rest within a bound. A member that crashed or gave up is still one to its coordinator until its session ends,
 * so that a session's length after it is no calm. After a fault the cluster has to come back first: until the harness says that
 * it has (`recovered`), or `recoveryMs` of the configuration have passed. Where a time is missing, or a nemesis wrote what nobody
 * can read, nothing is calm.
 */
import type { HistoryIndex } from '../history-index.ts'
import { none } from '../index/codes.ts'
import type { FaultRecord } from '../verdict.ts'
import { faultsOf, type Group, timeAt } from './groups.ts'

const nanosecondsPerMs = 1e6
const defaultSessionMs = 45_000
const defaultRebalanceMs = 300_000

/** Nanoseconds of the run. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

/** What a group is given to come to rest, in ms: from the configuration, or Kafka's own defaults. */
export function boundMs(index: HistoryIndex, { config }: Group): number {
  const own = (config.sessionTimeoutMs ?? defaultSessionMs) + (config.rebalanceTimeoutMs ?? defaultRebalanceMs)
  return index.marks.config?.rebalanceBoundMs ?? own
}

/** Where the traffic ends: the final phase, else the end of the history. */
export function endOfTraffic({ ops, marks }: HistoryIndex): number {
  return marks.phases.final === none ? ops.length - 1 : marks.phases.final
}

/** When the cluster was seen whole again, and without which brokers. */
interface Recovery {
  readonly at: number
  readonly absent: readonly (number | string)[]
}

function recoveriesOf(index: HistoryIndex): Recovery[] {
  const complete = index.marks.recoveries.filter(({ value }) => value.complete)
  return complete.map(({ at, value }) => ({ at: timeAt(index, at), absent: value.absent }))
}

/** From the fault until the cluster is back. Who was broken for good holds up nothing once the others are. */
function disturbance({ startTime, endTime, targets }: FaultRecord, recoveries: readonly Recovery[], recoveryNs: number): Stretch {
  const from = startTime ?? Number.NEGATIVE_INFINITY
  if (endTime !== null) {
    const back = recoveries.find(({ at }) => at >= endTime)?.at ?? Number.POSITIVE_INFINITY
    return { from, to: Math.min(endTime + recoveryNs, back) }
  }
  const without = recoveries.find(({ at, absent }) => at >= from && targets.length > 0 && targets.every(each => absent.includes(each)))
  return { from, to: without?.at ?? Number.POSITIVE_INFINITY }
}

/** Times in which nothing can be asked of the group: faults, and sessions that nobody will end. */
function restless(index: HistoryIndex, group: Group): Stretch[] {
  const { records, unreadable } = faultsOf(index)
  if (unreadable) return [{ from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }]
  const sessionNs = (group.config.sessionTimeoutMs ?? defaultSessionMs) * nanosecondsPerMs
  const recoveries = recoveriesOf(index)
  const recoveryNs = (index.marks.config?.recoveryMs ?? 0) * nanosecondsPerMs
  const faults = records.map(record => disturbance(record, recoveries, recoveryNs))
  const sessions = group.releases.filter(({ why }) => why === 'lost' || why === 'crashed').map(({ at }) => {
    const from = timeAt(index, at)
    return { from, to: from + sessionNs }
  })
  return [...faults, ...sessions]
}

export class Calm {
  readonly #index: HistoryIndex
  readonly #restless: readonly Stretch[]
  readonly #boundNs: number

  /** `moreMs`: what is to happen may take so much longer than coming to rest; `unrest`: what else nothing can be asked in. */
  constructor(index: HistoryIndex, group: Group, { moreMs = 0, unrest = [] }: { readonly moreMs?: number; readonly unrest?: readonly Stretch[] } = {}) {
    this.#index = index
    this.#restless = [...restless(index, group), ...unrest].sort((a, b) => a.from - b.from)
    this.#boundNs = (boundMs(index, group) + moreMs) * nanosecondsPerMs
  }

  /** The first calm stretch longer than the bound between two times, if there is one. */
  longWithin(from: number, to: number): Stretch | undefined {
    let start = from
    for (const blocked of this.#restless) {
      if (blocked.from - start > this.#boundNs && start + this.#boundNs < to) return { from: start, to: Math.min(to, blocked.from) }
      if (blocked.to > start && blocked.from < to) start = Math.max(start, blocked.to)
    }
    return to - start > this.#boundNs ? { from: start, to } : undefined
  }

  /** The machine did not give the harness, or the brokers, what they needed. */
  isStarved({ from, to }: Stretch): boolean {
    return this.#index.marks.starved.some(at => {
      const time = timeAt(this.#index, at)
      return Number.isNaN(time) || (time >= from && time <= to)
    })
  }
}

export const tooSlow = 'the machine was too slow to say what the group should have done'
