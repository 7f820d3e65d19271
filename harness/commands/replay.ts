import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { UserError } from '../exit-codes.ts'
import { isObject, readDocument } from '../read-document.ts'
import { runVerify, type VerifyFlags } from './verify.ts'

export function addReplay(program: Command): void {
  program
    .command('replay <run-or-seed>')
    .description('the same run again, from its directory; or one seed of the simulator')
    .action(async (what: string) => {
      process.exitCode = await runVerify(flagsOf(what))
    })
}

function seedOf(text: string): number {
  if (!Number.isSafeInteger(Number(text))) throw new UserError(`${text} is too large for a seed.`)
  return Number(text)
}

function isRun({ seed, options }: Record<string, unknown>): boolean {
  const { scenario = [] } = isObject(options) ? options : {}
  return Number.isSafeInteger(seed) && isObject(options) && Array.isArray(scenario)
}

function flagsOf(what: string): VerifyFlags {
  if (/^\d+$/.test(what)) return { plan: 'quick', scenario: ['swarm'], seed: seedOf(what), seeds: 1 }
  const file = join(what, 'run.json')
  if (!existsSync(file)) throw new UserError(`${what} is neither a seed nor a run directory (it has no run.json).`)
  const { seed, options } = readDocument<{ seed: number; options: VerifyFlags }>(file, 'options', isRun)
  const { out: _out, ...flags } = options
  return { ...flags, seed }
}
