import { createReadStream, existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Command } from 'commander'
import { judge } from '../../checkers/judge.ts'
import type { Verdict } from '../../checkers/verdict.ts'
import { HistoryError } from '../../history/history-error.ts'
import { HistoryReader } from '../../history/jsonl.ts'
import type { Ops } from '../../history/op.ts'
import { renderVerdictTable } from '../../reports/terminal.ts'
import { anomaliesOf } from '../judge-run.ts'
import { exitCodeOf, exitCodes, UserError } from '../exit-codes.ts'
import { parseAccepted } from './arguments.ts'
import { keepYoungGenerationSmall } from '../young-generation.ts'

export function addCheck(program: Command): void {
  program
    .command('check <file>')
    .description('judge a recorded or foreign history (docs/history.md)')
    .option('--accept <id...>', 'list these anomalies or issues instead of convicting', parseAccepted)
    .option('--json', 'print the verdict as JSON')
    .action(async (file: string, flags: { readonly accept?: readonly string[]; readonly json?: boolean }) => {
      process.exitCode = await check(file, flags.accept ?? [], flags.json === true)
    })
}

async function check(file: string, accept: readonly string[], json: boolean): Promise<number> {
  const startMs = performance.now()
  keepYoungGenerationSmall()
  const ops = await readOps(file)
  const judgement = judge(ops, { accept })
  const verdict: Verdict = {
    valid: judgement.valid,
    scenarios: [{ name: file, target: 'history', seeds: 1, ...judgement, figures: judgement.figures ?? {} }],
    anomalies: anomaliesOf(judgement),
    seed: 0,
    durationMs: Math.round(performance.now() - startMs),
  }
  if (json) process.stdout.write(`${JSON.stringify(verdict, null, 2)}\n`)
  else {
    const histories = [{ scenario: file, target: 'history', ops }]
    const color = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined
    process.stdout.write(`${renderVerdictTable(verdict, { color, columns: process.stdout.columns ?? 100, histories })}\n`)
  }
  return exitCodeOf(judgement.valid)
}

export async function readOps(file: string): Promise<Ops> {
  if (!existsSync(file)) throw new UserError(`There is no file ${file}.`)
  const reader = new HistoryReader()
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) reader.add(line)
    return reader.finish()
  } catch (error) {
    if (error instanceof HistoryError) throw new UserError(`${file}: ${error.message}.`)
    throw new UserError(`${file} cannot be read: ${(error as Error).message}.`, exitCodes.usage)
  }
}
