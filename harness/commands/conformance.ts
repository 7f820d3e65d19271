import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { renderConformanceMarkdown, renderConformancePage, type ConformanceReport } from '../../reports/conformance.ts'
import { exitCodeOf, UserError } from '../exit-codes.ts'
import { onInterrupt } from '../interrupt.ts'
import { parseCount, parseSeed } from './arguments.ts'

interface ConformanceFlags {
  readonly runs: number
  readonly seed?: number
  readonly out?: string
  readonly json?: boolean
}

const defaultRuns = 300
const seeds = 2 ** 31

export function addConformance(program: Command): void {
  program
    .command('conformance <a> <b>')
    .description('request by request, two brokers side by side; each is HOST:PORT, or ours or kafka for one that is started')
    .option('--runs <n>', 'random sequences of requests', parseCount, defaultRuns)
    .option('--seed <n>', 'where the random sequences begin', parseSeed)
    .option('--out <dir>', 'where the reports go (default: runs/conformance)')
    .option('--json', 'print the report as JSON')
    .action(async (a: string, b: string, flags: ConformanceFlags) => {
      process.exitCode = await compare(a, b, flags)
    })
}

async function compare(a: string, b: string, flags: ConformanceFlags): Promise<number> {
  const { compareBrokers } = await import('../conformance/compare-brokers.ts')
  const onProgress = (line: string): void => void process.stderr.write(`${line}\n`)
  const { signal, restore } = onInterrupt(onProgress)
  const seed = flags.seed ?? 1 + Math.floor(Math.random() * seeds)
  const out = outFolder(flags.out)
  const report = await compareBrokers({ a, b, runs: flags.runs, seed, onProgress, signal })
  restore()
  writeReports(out, report)
  const text = flags.json === true ? `${JSON.stringify(report, null, 2)}\n` : renderConformanceMarkdown(report)
  process.stdout.write(text)
  process.stderr.write(`${join(out, 'conformance.html')}\n`)
  return exitCodeOf(report.valid && report.runs < flags.runs ? 'unknown' : report.valid)
}

function outFolder(given: string | undefined): string {
  const out = resolve(given ?? join('runs', 'conformance'))
  try {
    mkdirSync(out, { recursive: true })
  } catch (error) {
    throw new UserError(`${out} cannot take the reports: ${(error as Error).message}; choose another with --out.`)
  }
  return out
}

function writeReports(out: string, report: ConformanceReport): void {
  writeFileSync(join(out, 'conformance.json'), `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(join(out, 'conformance.md'), renderConformanceMarkdown(report))
  writeFileSync(join(out, 'conformance.html'), renderConformancePage(report))
}
