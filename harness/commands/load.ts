import type { Command } from 'commander'
import type { ScenarioVerdict } from '../../checkers/verdict.ts'
import { renderVerdictTable } from '../../reports/terminal.ts'
import { whyNoKafka } from '../apache-kafka/kafka-jars.ts'
import { exitCodeOf, exitCodes, UserError } from '../exit-codes.ts'
import { attachAsTold, attachedLines } from '../external/attach-as-told.ts'
import { onInterrupt } from '../interrupt.ts'
import { findK6 } from '../load/k6-binary.ts'
import { scripts, type K6Thresholds, type ScriptName } from '../load/k6-process.ts'
import { calmObjectives, objectivesUnderFaults, readObjectives, type Objectives } from '../load/objectives.ts'
import { workersByDefault } from '../load/native-driver.ts'
import { recoveryBoundMs, runLoad, type Loaded } from '../load/run-load.ts'
import { requireDefect } from '../planted-defects.ts'
import { defaultDirectory, openStore, type RunStore } from '../run-store.ts'
import { brokerNames, type BrokerName } from '../verify.ts'
import { compareRuns } from '../compare-runs.ts'
import { parseAccepted, parseCount, parseDuration, parseRate, parseSeed } from './arguments.ts'
import { comparisonTable, readVerdict } from './compare.ts'
import { randomSeed } from './verify.ts'

interface LoadFlags {
  readonly script: string
  readonly time?: number
  readonly rate: number
  readonly batch: number
  readonly valueSize: number
  readonly partitions: number
  readonly readers: number
  readonly nemesis?: string
  readonly broker?: string
  readonly bootstrap?: string
  readonly topicPrefix?: string
  readonly clientConfig?: string
  readonly k6?: string
  readonly native?: boolean
  readonly workers: number
  readonly objectives?: string
  readonly baseline?: string
  readonly defect?: string
  readonly accept?: readonly string[]
  readonly seed?: number
  readonly out?: string
  readonly json?: boolean
}

const minuteMs = 60_000
/** As `compare` has it by itself. */
const baselineTolerance = 0.2
const soakMs = 60 * minuteMs

export function addLoad(program: Command): void {
  program
    .command('load')
    .description('load by k6 with every record accounted for: judged, measured, held against k6’s own counters')
    .option('--script <name>', `what the rate does: ${scripts.join(', ')}`, 'steady')
    .option('--time <duration>', 'how long, as in 60s (default: 60s; soak: 60m)', parseDuration)
    .option('--rate <n>', 'records a second offered; of a breakpoint search the most', parseRate, 5000)
    .option('--batch <n>', 'records a request', parseCount, 10)
    .option('--value-size <bytes>', 'size of a value', parseCount, 200)
    .option('--partitions <n>', 'partitions of each of two topics', parseCount, 3)
    .option('--readers <n>', 'consumers that read through the gateway', parseCount, 1)
    .option('--nemesis <scenario>', 'break meanwhile what this scenario of verify breaks, as in kill-leader')
    .option('--broker <name>', `whose brokers, three of them, as processes: ${brokerNames.join(' or ')}`)
    .option('--bootstrap <addresses>', 'a running cluster instead: HOST:PORT, several with commas between')
    .option('--topic-prefix <prefix>', 'what the topics made there are named with (default: tribunal-<random>)')
    .option('--client-config <file>', 'Java client properties with which to reach it: TLS, SASL')
    .option('--k6 <file>', 'the k6 to run (default: $K6, the PATH, its container image)')
    .option('--native', 'our own generator instead of k6 and the gateway, for rates that HTTP cannot reach')
    .option('--workers <n>', 'threads of our own generator', parseCount, workersByDefault())
    .option('--objectives <file>', 'service level objectives as JSON (docs/load.md)')
    .option('--baseline <run>', 'a run to compare with; being worse fails this one')
    .option('--defect <name>', 'plant this defect in our broker (see: tribunal list defects)')
    .option('--accept <id...>', 'list these anomalies or issues instead of convicting', parseAccepted)
    .option('--seed <n>', 'the seed of all choices but k6’s', parseSeed)
    .option('--out <dir>', 'the run directory (default: runs/<time>-<seed>)')
    .option('--json', 'print the verdict as JSON on stdout, everything else on stderr')
    .action(async (flags: LoadFlags) => {
      process.exitCode = await load(flags)
    })
}

async function load(flags: LoadFlags): Promise<number> {
  const script = scriptOf(flags)
  const broker = brokerOf(flags)
  if (flags.native === true && flags.k6 !== undefined) throw new UserError('--native is our own generator; leave out --k6.')
  const k6 = flags.native === true ? undefined : findK6(flags.k6)
  const { broker: _ours, ...others } = flags
  const external = await attachAsTold(flags.bootstrap === undefined ? others : flags, { plain: true })
  const baseline = flags.baseline === undefined ? undefined : readVerdict(flags.baseline)
  const objectives = objectivesOf(flags, { script, broker })
  const seed = flags.seed ?? randomSeed()
  const store = openStore(flags.out ?? defaultDirectory(new Date(), seed))
  const json = flags.json === true
  const print = (text: string): void => void (json ? process.stderr : process.stdout).write(text)
  print(`seed ${seed}; ${k6 === undefined ? 'our own generator' : `k6 ${k6.version}`}; run directory ${store.directory}\n`)
  if (external !== undefined) print(attachedLines(external))
  const { signal, restore } = onInterrupt(print)
  let shownMs = 0
  const loaded = await runLoad({
    k6, workers: flags.workers, script, broker, external, objectives, seed, store, signal,
    thresholds: thresholdsOf(script, objectives),
    timeMs: flags.time ?? (script === 'soak' ? soakMs : minuteMs),
    recordsPerSecond: flags.rate, batch: flags.batch, valueSizeBytes: flags.valueSize, partitions: flags.partitions, readers: flags.readers,
    nemesis: flags.nemesis, defect: flags.defect, accept: flags.accept ?? [], given: { ...flags },
    onProgress: (line) => {
      if (performance.now() - shownMs < 5000) return
      shownMs = performance.now()
      print(`${line}\n`)
    },
  })
  restore()
  show(loaded, { json, store, print })
  const code = exitCodeOf(loaded.verdict.valid)
  if (baseline === undefined) return code
  const comparison = compareRuns(baseline, loaded.verdict, baselineTolerance)
  print(comparisonTable(comparison))
  return code === exitCodes.valid && comparison.regressions.length > 0 ? exitCodes.invalid : code
}

function scriptOf({ script }: LoadFlags): ScriptName {
  const known = scripts.find((name) => name === script)
  if (known === undefined) throw new UserError(`--script ${script} is not one of ${scripts.join(', ')}.`)
  return known
}

function brokerOf({ broker = 'ours', defect, bootstrap }: LoadFlags): BrokerName {
  const known = brokerNames.find((name) => name === broker)
  if (known === undefined) throw new UserError(`--broker ${broker} is not one of ${brokerNames.join(', ')}.`)
  if (defect !== undefined) {
    if (known !== 'ours' || bootstrap !== undefined) throw new UserError('Defects are planted in our own broker; leave out --defect, or --broker and --bootstrap.')
    requireDefect(defect)
  }
  const missing = known === 'kafka' ? whyNoKafka() : undefined
  if (missing !== undefined) throw new UserError(missing, exitCodes.unknown)
  return known
}

function objectivesOf(flags: LoadFlags, { script, broker }: { readonly script: ScriptName; readonly broker: BrokerName }): Objectives {
  const faulty = objectivesUnderFaults(recoveryBoundMs(broker, flags.bootstrap !== undefined))
  const calm = script === 'breakpoint' ? { lost: 0, duplicated: 0 } : calmObjectives
  const base = flags.nemesis === undefined ? calm : faulty
  return flags.objectives === undefined ? base : readObjectives(flags.objectives, base)
}

/** k6 judges these as well, while it runs; a search ends where it crosses one. */
function thresholdsOf(script: ScriptName, objectives: Objectives): K6Thresholds {
  const { produceP99Ms, failedShare, droppedShare } = script === 'breakpoint' ? { ...calmObjectives, ...objectives } : objectives
  return {
    ...(produceP99Ms !== undefined && { produceP99Ms }),
    ...(failedShare !== undefined && { failedShareMax: failedShare }),
    ...(droppedShare !== undefined && { droppedShareMax: droppedShare }),
  }
}

function show(
  { verdict, histories }: Loaded,
  { json, store, print }: { readonly json: boolean; readonly store: RunStore; readonly print: (text: string) => void },
): void {
  const stream = json ? process.stderr : process.stdout
  const color = stream.isTTY === true && process.env['NO_COLOR'] === undefined
  print(`\n${renderVerdictTable(verdict, { color, columns: stream.columns ?? 100, histories })}\n`)
  for (const scenario of verdict.scenarios) print(objectiveLines(scenario))
  print(`report: ${store.path('report.html')}\n`)
  if (json) process.stdout.write(`${JSON.stringify(verdict, null, 2)}\n`)
}

const shownFigures = [
  'offeredPerSecond', 'acknowledgedPerSecond', 'breakpointRecordsPerSecond', 'produceP50Ms', 'produceP99Ms', 'endToEndP50Ms', 'endToEndP99Ms',
  'backlogMax', 'drainMs', 'k6.recordsAcknowledged', 'k6.unbackedAcks', 'k6.unreportedAcks',
]

function objectiveLines({ objectives = [], figures }: ScenarioVerdict): string {
  const measured = shownFigures.flatMap((name) => (figures[name] === undefined ? [] : [`${name} ${figures[name]}`]))
  const lines = objectives.map(({ name, limit, measured: value, isMet }) => `${isMet ? 'kept  ' : 'missed'}  ${name} ${value ?? 'not measured'} (at most ${limit})`)
  return `${lines.join('\n')}\n${measured.join(', ')}\n`
}
