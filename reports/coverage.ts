/** The figures of a verdict that tell of coverage (checkers/coverage.ts), apart from the others. */
import type { ScenarioVerdict } from '../checkers/verdict.ts'
import { figureName, formatCount } from './words.ts'

export interface CoverageRow {
  readonly what: string
  readonly value: number
  /** `62 %` of the seeds, or `1,204` times. */
  readonly shown: string
}

const prefix = 'coverage.'

export function isCoverage(figure: string): boolean {
  return figure.startsWith(prefix)
}

/** What never happened first, else as the verdict has it. With several seeds a value is the share of them. */
export function coverageRows(
  { figures, seeds }: Pick<ScenarioVerdict, 'figures' | 'seeds'>,
  explained: Readonly<Record<string, string>>,
): CoverageRow[] {
  const rows = Object.entries(figures).flatMap(([figure, value]) => {
    if (!isCoverage(figure)) return []
    const name = figure.slice(prefix.length)
    const what = Object.hasOwn(explained, name) ? explained[name]! : coverageName(name)
    return [{ what, value, shown: seeds > 1 ? percent(value) : formatCount(value) }]
  })
  return rows.toSorted((a, b) => Number(a.value !== 0) - Number(b.value !== 0))
}

/** `fault.kill` as `fault: kill`; `leaderChanges` as `leader changes`. */
function coverageName(name: string): string {
  const dot = name.indexOf('.')
  return dot < 0 ? figureName(name) : `${name.slice(0, dot)}: ${name.slice(dot + 1)}`
}

/** A share so small that it would be rounded to nothing is not nothing. */
function percent(share: number): string {
  const percents = share * 100
  if (!Number.isFinite(percents)) return String(share)
  if (percents > 0 && percents < 1) return '< 1 %'
  return `${Math.round(percents)} %`
}
