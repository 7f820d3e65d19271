/**
 * Stalls of sending, as they come to light while sends and acknowledgements are replayed, and who watches for them: the
 * whole run, and each fault for what reaches into its time. A watch costs something only while it lasts.
 */
import { floats } from './columns.ts'

export interface WatchOptions {
  readonly keyCount: number
  /** Nanoseconds of the run. */
  readonly from: number
  readonly to: number
}

export class StallWatch {
  readonly from: number
  readonly to: number
  longestOverall = 0
  /** Time of the first acknowledgement from `from` on. */
  firstAcknowledged: number | undefined
  /** How long after `to` the last key that stood still then was acknowledged again; undefined when one never was. */
  recovered: number | undefined = 0
  readonly #longest: Float64Array
  /** Keys that stood still at `to` and still do; -1 before `to`. */
  #waiting = -1

  constructor({ keyCount, from, to }: WatchOptions) {
    this.from = from
    this.to = to
    this.#longest = floats(keyCount)
  }

  longestOf(key: number): number {
    return this.#longest[key]!
  }

  /** Nothing more can come that reaches into its time. */
  get isOver(): boolean {
    return this.#waiting === 0
  }

  /** Called before anything that happens at `time`; `since` says by key since when it stands still, NaN when not. */
  reach(time: number, since: Float64Array): void {
    if (this.#waiting >= 0 || time <= this.to) return
    this.#waiting = 0
    for (const began of since) if (began <= this.to) this.#waiting++
  }

  /** All keys together stood still since then, and do not any more. */
  overall(since: number, time: number): void {
    this.firstAcknowledged ??= time
    if (since <= this.to) this.longestOverall = Math.max(this.longestOverall, time - Math.max(since, this.from))
  }

  /** The same of one key. */
  key(key: number, since: number, time: number): void {
    if (!(since <= this.to)) return
    this.#longest[key] = Math.max(this.#longest[key]!, time - Math.max(since, this.from))
    if (time <= this.to) return
    this.#waiting--
    if (this.recovered !== undefined) this.recovered = Math.max(this.recovered, time - this.to)
  }

  /** The traffic is over at `time`, and the key stands still since then. */
  never(key: number, since: number, time: number): void {
    this.key(key, since, time)
    if (since <= this.to) this.recovered = undefined
  }
}

export class Stalls {
  /** Not begun yet, the next one last. */
  readonly #coming: StallWatch[]
  #lasting: StallWatch[] = []
  /** By key: open sends, and since when one waits (NaN when none does). */
  readonly #open: Int32Array
  readonly #since: Float64Array
  #openOverall = 0
  #sinceOverall = Number.NaN

  constructor(keyCount: number, watches: readonly StallWatch[]) {
    this.#coming = watches.toSorted((a, b) => b.from - a.from)
    this.#open = new Int32Array(keyCount)
    this.#since = new Float64Array(keyCount).fill(Number.NaN)
  }

  sent(key: number, time: number): void {
    this.#open[key]!++
    this.#openOverall++
    if (Number.isNaN(this.#since[key]!)) this.#since[key] = time
    if (Number.isNaN(this.#sinceOverall)) this.#sinceOverall = time
  }

  /** A send to a key has ended; `isOk` when it was acknowledged. */
  answered(key: number, time: number, isOk: boolean): void {
    this.#open[key]!--
    this.#openOverall--
    if (!isOk) return
    for (const watch of this.#reached(time)) {
      watch.key(key, this.#since[key]!, time)
      watch.overall(this.#sinceOverall, time)
    }
    this.#since[key] = this.#open[key]! > 0 ? time : Number.NaN
    this.#sinceOverall = this.#openOverall > 0 ? time : Number.NaN
  }

  /** The traffic is over: what stands still has done so until now. */
  end(time: number): void {
    for (const watch of this.#reached(time)) {
      for (const [key, since] of this.#since.entries()) if (!Number.isNaN(since)) watch.never(key, since, time)
      if (!Number.isNaN(this.#sinceOverall) && this.#sinceOverall <= watch.to) {
        watch.longestOverall = Math.max(watch.longestOverall, time - Math.max(this.#sinceOverall, watch.from))
      }
    }
  }

  /** The watches that have begun by then and may still learn something. */
  #reached(time: number): readonly StallWatch[] {
    let changed = false
    while ((this.#coming.at(-1)?.from ?? Number.POSITIVE_INFINITY) <= time) {
      this.#lasting.push(this.#coming.pop()!)
    }
    for (const watch of this.#lasting) {
      changed ||= watch.isOver && watch.firstAcknowledged !== undefined
      watch.reach(time, this.#since)
    }
    if (changed) this.#lasting = this.#lasting.filter(watch => !watch.isOver || watch.firstAcknowledged === undefined)
    return this.#lasting
  }
}
