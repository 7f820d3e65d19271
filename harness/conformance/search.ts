/**
 * The search: stories first, then random sequences, each on both brokers. A difference that is not known yet is made
 * smaller by fast-check for as long as a smaller sequence still shows an unknown one; then it is known.
 */
import fc from 'fast-check'
import { apis } from '../../protocol/apis.ts'
import { differencesOf, type StepDifference } from './compare.ts'
import { reasonFor } from './declared.ts'
import type { Player, Served } from './player.ts'
import { commonVersions, randomSteps, withTopics } from './random-steps.ts'
import type { Step } from './step.ts'
import type { Story } from './story-text.ts'

export interface Pair {
  readonly a: Player
  readonly b: Player
}

export interface Found {
  readonly difference: StepDifference
  /** The smallest sequence that shows it. */
  readonly steps: readonly Step[]
  /** Why it is allowed; undefined when nobody has declared it. */
  readonly reason: string | undefined
  /** How many sequences showed it, those of the shrinking left out. */
  times: number
}

type Shown = Pick<Found, 'difference' | 'steps'>

export interface SearchOptions {
  readonly runs: number
  readonly seed: number
  readonly served: { readonly a: Served; readonly b: Served }
  readonly stories: readonly Story[]
  readonly apis?: readonly string[]
  readonly zeroMs: number
  readonly onFound: (found: Found) => void
  readonly signal: AbortSignal
}

/** What making one difference smaller may cost. */
const shrinkRunsMax = 250

/** A declared difference is one, whatever it looks like. */
function nameOf(difference: StepDifference): string {
  return reasonFor(difference) ?? difference.signature
}

export class Search {
  readonly found: Map<string, Found> = new Map()
  readonly #pair: Pair
  readonly #options: SearchOptions
  /** Sequences played on both. */
  sequences = 0
  /** Random ones among them, those of making them smaller left out. */
  runs = 0
  /** A broker is gone. */
  #lost: unknown

  constructor(pair: Pair, options: SearchOptions) {
    this.#pair = pair
    this.#options = options
  }

  async run(): Promise<void> {
    for (const story of this.#options.stories) await this.#tell(story)
    let { seed } = this.#options
    let left = this.#options.runs
    while (left > 0 && !this.#options.signal.aborted) left -= await this.#searchOnce(seed++, left)
    this.runs = this.#options.runs - left
  }

  async #tell(story: Story): Promise<void> {
    const all = await this.#play(story.steps)
    const differences = new Map(all.toReversed().map((each) => [nameOf(each), each]))
    for (const difference of differences.values()) {
      const isKnown = this.found.has(nameOf(difference))
      this.#note(isKnown ? { difference, steps: story.steps } : await this.#withoutNeedless(difference, story.steps))
    }
  }

  /** Looks for one unknown difference. Returns how many sequences that took. */
  async #searchOnce(seed: number, left: number): Promise<number> {
    const { served, signal } = this.#options
    const versions = commonVersions(apis.CreateTopics, served.a, served.b)!
    let smallest: Shown | undefined
    let tried = 0
    const holds = async (random: readonly Step[]): Promise<boolean> => {
      if (signal.aborted || this.#lost !== undefined || (smallest !== undefined && tried++ > shrinkRunsMax)) return true
      const steps = withTopics(random, versions)
      const differences = await this.#play(steps).catch((error: unknown) => this.#lose(error))
      const known = new Set(differences.flatMap((each) => this.found.get(nameOf(each)) ?? []))
      const unknown = this.#unknownOf(differences, steps)
      if (unknown !== undefined) {
        smallest = { difference: unknown, steps: steps.slice(0, unknown.at + 1) }
        return false
      }
      if (smallest === undefined) for (const each of known) each.times++
      return true
    }
    const property = fc.asyncProperty(randomSteps(served.a, served.b, this.#options.apis), holds)
    const { numRuns } = await fc.check(property, { seed, numRuns: left })
    if (this.#lost !== undefined) throw this.#lost
    if (smallest !== undefined) this.#note(smallest)
    return numRuns
  }

  /** The steps of a story without those that the difference does not need, each tried once, the last first. */
  async #withoutNeedless(difference: StepDifference, steps: readonly Step[]): Promise<Shown> {
    let shown: Shown = { difference, steps: steps.slice(0, difference.at + 1) }
    for (let at = difference.at - 1; at >= 0; at--) {
      const fewer = shown.steps.filter((_, i) => i !== at)
      const still = (await this.#play(fewer)).find((each) => nameOf(each) === nameOf(difference) && each.at === fewer.length - 1)
      if (still !== undefined) shown = { difference: still, steps: fewer }
    }
    return shown
  }

  /** The first that nobody knows or has declared; what is declared need not be made smaller. */
  #unknownOf(differences: readonly StepDifference[], steps: readonly Step[]): StepDifference | undefined {
    const unknown = differences.filter((each) => !this.found.has(nameOf(each)))
    for (const difference of unknown) {
      if (reasonFor(difference) !== undefined && !this.found.has(nameOf(difference))) this.#note({ difference, steps })
    }
    return unknown.find((each) => reasonFor(each) === undefined)
  }

  /** What fast-check must not take for a difference. */
  #lose(error: unknown): readonly StepDifference[] {
    this.#lost = error
    return []
  }

  async #play(steps: readonly Step[]): Promise<readonly StepDifference[]> {
    this.sequences++
    const { zeroMs } = this.#options
    const [a, b] = await Promise.all([this.#pair.a.play(steps, zeroMs), this.#pair.b.play(steps, zeroMs)])
    return differencesOf(steps, { a, b })
  }

  #note({ difference, steps }: Shown): void {
    const known = this.found.get(nameOf(difference))
    if (known !== undefined) return void known.times++
    const found: Found = { difference, steps, reason: reasonFor(difference), times: 1 }
    this.found.set(nameOf(difference), found)
    this.#options.onFound(found)
    return undefined
  }
}
