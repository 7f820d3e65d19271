import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { renderVerdictTable } from '../../reports/terminal.ts'
import { defects } from '../../reference-broker/defects/registry.ts'
import { exitCodeOf, exitCodes, UserError } from '../exit-codes.ts'
import { onInterrupt } from '../interrupt.ts'
import { withLiveView } from '../live-view.ts'
import { defaultDirectory, RunStore } from '../run-store.ts'
import { scenarios, targets, type Scenario, type TargetName } from '../scenarios.ts'
import { verify, type Verified } from '../verify.ts'
import { parseDuration, parseCount, parseRate, parseSeed } from './arguments.ts'

export interface VerifyFlags {
  readonly target?: string
  readonly scenario?: readonly string[]
  readonly plan: string
  readonly seed?: number
  readonly seeds?: number
  readonly time?: number
  readonly rate?: number
  readonly defect?: string
  readonly accept?: readonly string[]
  readonly out?: string
  readonly json?: boolean
}

/** Seeds of the simulated scenario, and how long faults go on in each of the others. */
const plans: Readonly<Record<string, { readonly seeds: number; readonly faultsMs: number }>> = {
  quick: { seeds: 200, faultsMs: 10_000 },
  full: { seeds: 2000, faultsMs: 60_000 },
}
const recordsPerSecond = 300

export function addVerify(program: Command): void {
  program
    .command('verify', { isDefault: false })
    .description('put a cluster of ours on trial: simulated, and as processes')
    .option('--target <name>', `only this target: ${targets.join(' or ')}`)
    .option('--scenario <name...>', 'only these scenarios (see: tribunal list scenarios)')
    .option('--plan <name>', `how much: ${Object.keys(plans).join(' or ')}`, 'quick')
    .option('--seed <n>', 'first seed of the simulator, and the seed of all other choices', parseSeed)
    .option('--seeds <n>', 'how many seeds the simulator runs', parseCount)
    .option('--time <duration>', 'how long faults go on in each scenario on processes, as in 60s', parseDuration)
    .option('--rate <n>', 'records a second offered in each scenario on processes', parseRate)
    .option('--defect <name>', 'plant this defect in our broker (see: tribunal list defects)')
    .option('--accept <id...>', 'list these anomalies or issues instead of convicting')
    .option('--out <dir>', 'the run directory (default: runs/<time>-<seed>)')
    .option('--json', 'print the verdict as JSON on stdout, everything else on stderr')
    .action(async (flags: VerifyFlags) => {
      process.exitCode = await runVerify(flags)
    })
}

/** The exit code. */
export async function runVerify(flags: VerifyFlags): Promise<number> {
  const plan = plans[flags.plan]
  if (plan === undefined) throw new UserError(`--plan ${flags.plan} is not one of ${Object.keys(plans).join(', ')}.`)
  if (flags.defect !== undefined && defects[flags.defect] === undefined) {
    throw new UserError(`There is no defect ${flags.defect}; tribunal list defects names them.`)
  }
  const chosen = chooseScenarios(flags)
  const seed = flags.seed ?? randomSeed()
  const store = openStore(flags.out ?? defaultDirectory(new Date(), seed))
  const json = flags.json === true
  const print = (text: string): void => void (json ? process.stderr : process.stdout).write(text)
  print(`seed ${seed}; run directory ${store.directory}\n`)
  const { signal, restore } = onInterrupt(print)
  const verified = await withLiveView(chosen, json, (events) =>
    verify(
      {
        scenarios: chosen,
        seed,
        seeds: flags.seeds ?? plan.seeds,
        faultsMs: flags.time ?? plan.faultsMs,
        recordsPerSecond: flags.rate ?? recordsPerSecond,
        accept: flags.accept ?? [],
        store,
        signal,
        given: { ...flags },
        ...(flags.defect !== undefined && { defect: flags.defect }),
      },
      events,
    ),
  )
  restore()
  show(verified, { json, store, print })
  return exitCodeOf(verified.verdict.valid)
}

function show(
  { verdict, histories }: Verified,
  { json, store, print }: { readonly json: boolean; readonly store: RunStore; readonly print: (text: string) => void },
): void {
  const stream = json ? process.stderr : process.stdout
  const color = stream.isTTY === true && process.env['NO_COLOR'] === undefined
  print(`\n${renderVerdictTable(verdict, { color, columns: stream.columns ?? 100, histories })}\n`)
  print(`report: ${store.path('report.html')}\n`)
  if (json) process.stdout.write(`${JSON.stringify(verdict, null, 2)}\n`)
}

function chooseScenarios({ target, scenario }: VerifyFlags): readonly Scenario[] {
  if (target !== undefined && !targets.includes(target as TargetName)) {
    throw new UserError(`--target ${target} is not one of ${targets.join(', ')}.`)
  }
  const unknown = scenario?.find((name) => !scenarios.some((each) => each.name === name))
  if (unknown !== undefined) throw new UserError(`There is no scenario ${unknown}; tribunal list scenarios names them.`)
  const chosen = scenarios.filter(
    (each) => (target === undefined || each.target === target) && (scenario === undefined || scenario.includes(each.name)),
  )
  if (chosen.length === 0) throw new UserError(`No scenario named so runs on ${String(target)}.`)
  return chosen
}

function openStore(directory: string): RunStore {
  if (existsSync(join(directory, 'run.json'))) {
    throw new UserError(`${directory} holds a run already, and old data would mix with new; choose another with --out.`)
  }
  try {
    return new RunStore(directory)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new UserError(`The run directory cannot be made: ${reason}. Choose another with --out.`, exitCodes.unknown)
  }
}

function randomSeed(): number {
  return Math.floor(Math.random() * 2 ** 31)
}
