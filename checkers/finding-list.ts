/**
 * Collects what one checker finds. A broken broker can yield a finding a record, so only the smallest few
 * of each aspect are kept and only those are ever made; all are counted. Aspects are kept apart because the
 * policy table may allow one and convict for another.
 */
import type { CheckResult } from './checker.ts'
import type { Finding } from './verdict.ts'

interface Candidate {
  readonly size: number
  readonly make: () => Finding
}

export const keptPerAspect = 32

export class FindingList {
  #total = 0
  readonly #kept = new Map<string, Candidate[]>()

  /**
   * `size` orders findings: how much of the history one must look at to see it. `make` is called later, or
   * never.
   */
  add(size: number, aspect: string, make: () => Finding): void {
    this.#total++
    const kept = this.#kept.get(aspect)
    if (kept === undefined) this.#kept.set(aspect, [{ size, make }])
    else if (kept.length < keptPerAspect) kept.push({ size, make })
    else {
      let largest = 0
      for (let at = 1; at < kept.length; at++) if (kept[at]!.size > kept[largest]!.size) largest = at
      if (size < kept[largest]!.size) kept[largest] = { size, make }
    }
  }

  /** Counts findings that are not even looked at. */
  addUnseen(count: number): void {
    this.#total += count
  }

  result(unjudged: readonly string[] = []): CheckResult {
    const kept = [...this.#kept.values()].flat().sort((a, b) => a.size - b.size)
    return { findings: kept.map(({ make }) => make()), unjudged, omitted: this.#total - kept.length }
  }
}
