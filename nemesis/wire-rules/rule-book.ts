/** Which rule applies to what passes: the first that fits and has not happened often enough. Counts are its only state. */
import { matches, type Passing } from './matching.ts'
import type { WireRule } from './rule.ts'

export class RuleBook {
  #rules: readonly WireRule[] = []
  readonly #seen = new Map<WireRule, number>()

  /** In place of all rules before. */
  set(rules: readonly WireRule[]): void {
    this.#rules = rules
    this.#seen.clear()
  }

  /** Counts every rule that fits; the first whose turn it is applies. */
  ruleFor(passing: Passing): WireRule | undefined {
    let applies: WireRule | undefined
    for (const rule of this.#rules) {
      if (!matches(rule.match, passing)) continue
      const count = (this.#seen.get(rule) ?? 0) + 1
      this.#seen.set(rule, count)
      const { nth = 1, times = 1 } = rule
      if (applies === undefined && count >= nth && count < nth + times) applies = rule
    }
    return applies
  }
}
