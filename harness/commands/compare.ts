import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { InvalidArgumentError, type Command } from 'commander'
import type { Verdict } from '../../checkers/verdict.ts'
import { compareRuns, type Comparison } from '../compare-runs.ts'
import { exitCodes, UserError } from '../exit-codes.ts'
import { isVerdict, readDocument } from '../read-document.ts'

interface CompareFlags {
  readonly tolerance: number
  readonly json?: boolean
}

export function addCompare(program: Command): void {
  program
    .command('compare <baseline> <run>')
    .description('two runs side by side: run directories, or their verdict.json; not 0 when the second is worse')
    .option('--tolerance <share>', 'how much worse a figure may be, as in 20%', parseShare, 0.2)
    .option('--json', 'print as JSON')
    .action((baseline: string, run: string, flags: CompareFlags) => {
      process.exitCode = compare(baseline, run, flags)
    })
}

function parseShare(text: string): number {
  const match = /^(\d+(?:\.\d+)?)%$/.exec(text)
  if (match === null) throw new InvalidArgumentError('Give a share such as 20%.')
  return Number(match[1]) / 100
}

function compare(baseline: string, run: string, { tolerance, json }: CompareFlags): number {
  const comparison = compareRuns(readVerdict(baseline), readVerdict(run), tolerance)
  if (json === true) process.stdout.write(`${JSON.stringify(comparison, null, 2)}\n`)
  else process.stdout.write(comparisonTable(comparison))
  if (comparison.regressions.length > 0) return exitCodes.invalid
  return comparison.figures.length > 0 ? exitCodes.valid : exitCodes.unknown
}

/** Throws a UserError. */
export function readVerdict(path: string): Verdict {
  if (!existsSync(path)) throw new UserError(`There is no run ${path}.`)
  return readDocument<Verdict>(statSync(path).isDirectory() ? join(path, 'verdict.json') : path, 'scenarios', isVerdict)
}

export function comparisonTable({ figures, regressions }: Comparison): string {
  const rows = figures.map(({ scenario, name, baseline, current, worseShare, isRegression }) => {
    const change = worseShare === null ? '' : `${worseShare > 0 ? 'worse by' : 'better by'} ${Math.abs(Math.round(1000 * worseShare) / 10)} %`
    return [isRegression ? '✗' : '✓', scenario, name, String(baseline), String(current), worseShare === 0 ? 'the same' : change]
  })
  const widths = [0, 1, 2, 3, 4, 5].map((at) => Math.max(0, ...rows.map((row) => row[at]!.length)))
  const lines = rows.map((row) => row.map((cell, at) => cell.padEnd(widths[at]!)).join('  ').trimEnd())
  const end = regressions.length > 0 ? regressions.map((each) => `✗ ${each}`)
    : [figures.length > 0 ? '✓ no regression' : 'These runs have nothing in common that could be compared.']
  return `${[...lines, '', ...end].join('\n')}\n`
}
