/**
 * Two runs side by side, the first of which is the baseline: what was measured in both, and where the second is worse by
 * more than a tolerance. A verdict that became worse is a regression whatever was measured. Pure.
 */
import type { ScenarioVerdict, Valid, Verdict } from '../checkers/verdict.ts'

/** What is compared, which way is better, and how much (in its own unit) says nothing. */
const compared: readonly { readonly name: string; readonly better: 'less' | 'more'; readonly slack: number }[] = [
  { name: 'acknowledgedPerSecond', better: 'more', slack: 1 },
  { name: 'breakpointRecordsPerSecond', better: 'more', slack: 1 },
  { name: 'produceP50Ms', better: 'less', slack: 2 },
  { name: 'produceP99Ms', better: 'less', slack: 5 },
  { name: 'produceP999Ms', better: 'less', slack: 10 },
  { name: 'endToEndP50Ms', better: 'less', slack: 5 },
  { name: 'endToEndP99Ms', better: 'less', slack: 10 },
  { name: 'longestStallMs', better: 'less', slack: 50 },
  { name: 'recoveryMsMax', better: 'less', slack: 100 },
  { name: 'backlogMax', better: 'less', slack: 100 },
  { name: 'drainMs', better: 'less', slack: 50 },
]

export interface Compared {
  readonly scenario: string
  readonly name: string
  readonly baseline: number
  readonly current: number
  /** By how much it is worse, of the baseline; negative when it is better, null when the baseline is 0. */
  readonly worseShare: number | null
  readonly isRegression: boolean
}

export interface Comparison {
  readonly figures: readonly Compared[]
  /** In words: verdicts that became worse, scenarios that are missing, figures beyond the tolerance. */
  readonly regressions: readonly string[]
}

const rank: Readonly<Record<string, number>> = { true: 0, unknown: 1, false: 2 }

/** `tolerance`: 0.2 lets a figure be worse by a fifth. */
export function compareRuns(baseline: Verdict, current: Verdict, tolerance: number): Comparison {
  const figures: Compared[] = []
  const regressions: string[] = []
  for (const before of baseline.scenarios) {
    const title = `${before.name}, ${before.target}`
    const after = current.scenarios.find(({ name, target }) => name === before.name && target === before.target)
    if (after === undefined) {
      regressions.push(`${title}: not in the second run`)
      continue
    }
    if (rank[String(after.valid)]! > rank[String(before.valid)]!) regressions.push(`${title}: was ${word(before.valid)}, is ${word(after.valid)}`)
    const rows = figuresOf(title, { before, after, tolerance })
    figures.push(...rows)
    for (const { name, baseline: was, current: is, isRegression } of rows) if (isRegression) regressions.push(`${title}: ${name} was ${was}, is ${is}`)
  }
  return { figures, regressions }
}

function word(valid: Valid): string {
  return valid === true ? 'valid' : valid === false ? 'invalid' : 'unknown'
}

interface Pair {
  readonly before: ScenarioVerdict
  readonly after: ScenarioVerdict
  readonly tolerance: number
}

function figuresOf(scenario: string, { before, after, tolerance }: Pair): Compared[] {
  return compared.flatMap(({ name, better, slack }) => {
    const [baseline, current] = [before.figures[name], after.figures[name]]
    if (baseline === undefined || current === undefined) return []
    const worseBy = better === 'less' ? current - baseline : baseline - current
    const worseShare = baseline === 0 ? null : worseBy / baseline
    return [{ scenario, name, baseline, current, worseShare, isRegression: worseBy > slack && worseBy > tolerance * baseline }]
  })
}
