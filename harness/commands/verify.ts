import type { Command } from 'commander'
import { renderVerdictTable } from '../../reports/terminal.ts'
import { whyNoKafka } from '../apache-kafka/kafka-jars.ts'
import type { Library } from '../foreign-clients/library.ts'
import { clientNames, loadLibrary } from '../foreign-clients/registry.ts'
import { exitCodeOf, exitCodes, UserError } from '../exit-codes.ts'
import { onInterrupt } from '../interrupt.ts'
import { requireOurs } from '../known-names.ts'
import { withLiveView } from '../live-view.ts'
import { requireDefect } from '../planted-defects.ts'
import { jvmTimes } from '../profile.ts'
import { defaultDirectory, openStore, type RunStore } from '../run-store.ts'
import { isInPlan, isRace, scenarios, type AnyScenario } from '../races/race-scenarios.ts'
import { targets, type TargetName } from '../scenarios.ts'
import { brokerNames, verify, type BrokerName, type Verified } from '../verify.ts'
import { groundsAsTold, type Grounds } from './grounds.ts'
import { parseAccepted, parseDuration, parseCount, parseFeature, parseOverride, parseRate, parseSeed } from './arguments.ts'

export interface VerifyFlags {
  readonly target?: string
  readonly scenario?: readonly string[]
  readonly plan: string
  readonly seed?: number
  readonly seeds?: number
  readonly time?: number
  readonly rate?: number
  readonly broker?: string
  readonly image?: string
  readonly recipe?: string
  readonly compose?: string
  readonly bootstrap?: string
  readonly topicPrefix?: string
  readonly clientConfig?: string
  readonly client?: string
  readonly defect?: string
  readonly feature?: Readonly<Record<string, number>>
  readonly override?: Readonly<Record<string, string>>
  readonly accept?: readonly string[]
  readonly out?: string
  readonly json?: boolean
}

/** Seeds of the simulated scenario, and how long faults go on in each of the others. */
interface Plan {
  readonly seeds: number
  readonly faultsMs: number
}

const plans: Readonly<Record<string, Plan>> = {
  quick: { seeds: 200, faultsMs: 10_000 },
  full: { seeds: 2000, faultsMs: 60_000 },
}
const recordsPerSecond = 300
const externalRecordsPerSecond = 1000

export function addVerify(program: Command): void {
  program
    .command('verify', { isDefault: false })
    .description('put a cluster on trial: ours, simulated and as processes, or another')
    .option('--target <name>', `only this target: ${targets.join(' or ')}`)
    .option('--scenario <name...>', 'only these scenarios (see: tribunal list scenarios)')
    .option('--plan <name>', `how much: ${Object.keys(plans).join(' or ')}`, 'quick')
    .option('--seed <n>', 'first seed of the simulator, and the seed of all other choices', parseSeed)
    .option('--seeds <n>', 'how many seeds the simulator runs: of the scenarios named, or in all shared out by the plan', parseCount)
    .option('--time <duration>', 'how long faults go on in each scenario on processes, as in 60s', parseDuration)
    .option('--rate <n>', 'records a second offered in each scenario on processes', parseRate)
    .option('--broker <name>', `whose broker runs as processes: ${brokerNames.join(' or ')} (Apache Kafka, kafka@3.9.1 another version of it; in a checkout, npm run kafka:fetch brings it)`)
    .option('--image <reference>', 'containers of this image instead of our own, as in apache/kafka:4.3.1')
    .option('--recipe <file>', 'how to run that image, as JSON, where it is none of those we know (see docs/images.md)')
    .option('--compose <file>', 'the brokers of this compose project, told by labels (see docs/images.md); it is brought up if it is not up')
    .option('--bootstrap <addresses>', 'a running cluster instead: HOST:PORT, several with commas between')
    .option('--topic-prefix <prefix>', 'what the topics made there are named with (default: tribunal-<random>)')
    .option('--client-config <file>', 'Java client properties with which to reach it: TLS, SASL')
    .option('--client <name>', `who sends on real brokers: ${clientNames.join(', ')}`, 'wire')
    .option('--defect <name>', 'plant this defect in our broker (see: tribunal list defects)')
    .option('--feature <name=level>', 'finalize this level of a feature before a race, as in transaction.version=1', parseFeature)
    .option('--override <key=value>', 'a setting of the brokers of a race, under Kafka\'s name', parseOverride)
    .option('--accept <id...>', 'list these anomalies or issues instead of convicting', parseAccepted)
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
  if (flags.defect !== undefined) requireDefect(flags.defect)
  const { broker, version } = chooseBroker(flags)
  const wanted = chooseScenarios(broker === 'ours' ? flags : { ...flags, target: 'processes' })
  if ((flags.feature ?? flags.override) !== undefined && !wanted.every(isRace)) {
    throw new UserError('--feature and --override are for clusters of races; name races with --scenario.')
  }
  if (broker === 'ours' && flags.image === undefined) requireOurs(flags)
  const library = await loadLibrary(flags.client ?? 'wire')
  const seed = flags.seed ?? randomSeed()
  const grounds = await groundsAsTold(flags, wanted)
  try {
    return await tryOn(grounds, { flags, plan, seed, broker, ...(version !== undefined && { version }), ...(library !== undefined && { library }) })
  } finally {
    await grounds.close()
  }
}

interface Told {
  readonly flags: VerifyFlags
  readonly plan: Plan
  readonly seed: number
  readonly broker: BrokerName
  readonly version?: string
  readonly library?: Library
}

async function tryOn(grounds: Grounds, { flags, plan, seed, broker, version, library }: Told): Promise<number> {
  const { scenarios: chosen, off, times, attached, external, image, compose } = grounds
  const store = openStore(flags.out ?? defaultDirectory(new Date(), seed))
  const json = flags.json === true
  const print = (text: string): void => void (json ? process.stderr : process.stdout).write(text)
  print(`seed ${seed}; run directory ${store.directory}\n${grounds.lines}`)
  const { signal, restore } = onInterrupt(print)
  const verified = await withLiveView(chosen, json, (events) =>
    verify(
      {
        scenarios: chosen,
        seed,
        seeds: flags.seeds ?? plan.seeds,
        allSeeds: flags.seeds !== undefined && flags.scenario !== undefined,
        faultsMs: flags.time ?? plan.faultsMs * times * (broker === 'kafka' ? jvmTimes : 1),
        recordsPerSecond: flags.rate ?? (external === undefined ? recordsPerSecond : externalRecordsPerSecond),
        accept: flags.accept ?? [],
        store,
        signal,
        given: { ...flags, ...(attached !== undefined && { attached }), ...(off.length > 0 && { off }) },
        broker,
        ...(version !== undefined && { kafka: { version } }),
        ...(flags.feature !== undefined && { features: flags.feature }),
        ...(flags.override !== undefined && { overrides: flags.override }),
        ...(external !== undefined && { external }),
        ...(library !== undefined && { library }),
        ...(image !== undefined && { image }),
        ...(compose !== undefined && { compose }),
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

interface ChosenBroker {
  readonly broker: BrokerName
  /** Of Apache Kafka, where it is not the usual one. */
  readonly version?: string
}

function chooseBroker({ broker = 'ours', target, defect }: VerifyFlags): ChosenBroker {
  const [named, version] = broker.split('@')
  const known = brokerNames.find((name) => name === named)
  if (known === undefined || (known === 'ours' && version !== undefined)) throw new UserError(`--broker ${broker} is not one of ${brokerNames.join(', ')}.`)
  if (known === 'ours') return { broker: known }
  if (target !== undefined && target !== 'processes') throw new UserError(`--broker ${known} runs as processes; leave out --target ${target}.`)
  if (defect !== undefined) throw new UserError(`Defects are planted in our own broker; leave out --broker or --defect.`)
  const missing = whyNoKafka(version)
  if (missing !== undefined) throw new UserError(missing, exitCodes.unknown)
  return version === undefined ? { broker: known } : { broker: known, version }
}

/** Not part of a run that names no target: what needs somebody else's cluster, or Docker. */
const onlyByName: ReadonlySet<TargetName> = new Set(['external', 'containers'])

/** What names other brokers than --compose does. */
const elsewhere = ['image', 'bootstrap', 'broker', 'defect'] as const

function targetOf(flags: VerifyFlags): string | undefined {
  const { target, bootstrap, image, recipe, compose } = flags
  const other = compose === undefined ? undefined : elsewhere.find((name) => flags[name] !== undefined)
  if (other !== undefined) throw new UserError(`--compose takes the brokers of a compose project; leave out --${other}.`)
  if (recipe !== undefined && image === undefined) throw new UserError('--recipe says how to run an image; give --image REFERENCE, too.')
  const inContainers = image !== undefined || compose !== undefined
  if (inContainers && target !== undefined && target !== 'containers') {
    throw new UserError(`--${image === undefined ? 'compose' : 'image'} runs in containers; leave out --target ${target}.`)
  }
  return target ?? (inContainers ? 'containers' : bootstrap === undefined ? undefined : 'external')
}

function chooseScenarios(flags: VerifyFlags): readonly AnyScenario[] {
  const { scenario, client = 'wire' } = flags
  const target = targetOf(flags)
  if (target !== undefined && !targets.includes(target as TargetName)) {
    throw new UserError(`--target ${target} is not one of ${targets.join(', ')}.`)
  }
  const unknown = scenario?.find((name) => !scenarios.some((each) => each.name === name))
  if (unknown !== undefined) throw new UserError(`There is no scenario ${unknown}; tribunal list scenarios names them.`)
  const chosen = scenarios.filter(
    (each) => (target === undefined ? !onlyByName.has(each.target) : each.target === target)
      && (scenario === undefined ? isInPlan(each) : scenario.includes(each.name))
      && (client === 'wire' || canBeDriven(each)),
  )
  if (chosen.length === 0) throw new UserError(`No scenario named so runs on ${target ?? 'any target'} with the client ${client}.`)
  if (flags.seeds !== undefined && !chosen.some(hasSeeds)) throw new UserError('--seeds is for the simulator, and none of these scenarios runs there.')
  if ((flags.time ?? flags.rate) !== undefined && chosen.every((each) => each.target === 'simulated')) {
    throw new UserError('--time and --rate are for real brokers: what a simulated seed does follows from the seed.')
  }
  return chosen
}

function hasSeeds(scenario: AnyScenario): boolean {
  return scenario.target === 'simulated' && !isRace(scenario)
}

/** By another client: it knows real brokers only, dials attached ones itself, past our proxy, and in containers there is no proxy. */
function canBeDriven(scenario: AnyScenario): boolean {
  if (scenario.target === 'simulated' || scenario.target === 'containers' || isRace(scenario)) return false
  return scenario.target !== 'external' || scenario.nemesis.attacks.length === 0
}

export function randomSeed(): number {
  return Math.floor(Math.random() * 2 ** 31)
}
