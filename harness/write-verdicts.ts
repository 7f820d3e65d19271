/**
 * `npm run verdicts`: tries our broker and Apache Kafka with the default plan's scenarios on processes, with groups and
 * transactions of every kind, and with all races, by the commands a person would type, and prints what came of it to
 * docs/verdicts.md. `npm run verdicts -- trials` or `races`: those only, the others stay as they are.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ScenarioVerdict, Verdict } from '../checkers/verdict.ts'
import type { RunFacts } from '../reports/html/report.ts'
import { kafkaVersion, whyNoKafka } from './apache-kafka/kafka-jars.ts'
import { root, tribunalVersion } from './checkout.ts'
import { exitCodes } from './exit-codes.ts'
import { oldKafkaVersion, raceSections } from './race-verdicts.ts'

interface Tried {
  readonly title: string
  readonly command: string
  readonly verdict: Verdict
  readonly run: RunFacts
}

const seed = 1
const racesMark = '<!-- races -->'
const ours = `The reference broker ${tribunalVersion()}`
const kafka = `Apache Kafka ${kafkaVersion()}`
const always = ['--target', 'processes', '--seed', String(seed)]
const slower = ['--broker', 'kafka', '--rate', '200']
const storms = ['--scenario', 'group-storm', 'transaction-storm']
const cases = [
  { title: ours, argv: always },
  { title: kafka, argv: [...always, ...slower] },
  { title: `${ours}, groups and transactions`, argv: [...always, ...storms] },
  { title: `${kafka}, groups and transactions`, argv: [...always, ...slower, ...storms] },
]

function tryOne({ title, argv }: (typeof cases)[number], directory: string): Tried {
  const command = ['verify', ...argv]
  process.stderr.write(`${title}: npm run ${command[0]} -- ${argv.join(' ')}\n`)
  const { stdout } = spawnSync(process.execPath, [join(root, 'harness', 'cli.ts'), ...command, '--json', '--out', directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const run = JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8')) as RunFacts
  return { title, command: `npm run verify -- ${argv.join(' ')}`, verdict: JSON.parse(stdout) as Verdict, run }
}

function word(valid: Verdict['valid']): string {
  return valid === true ? 'valid' : valid === false ? '**invalid**' : 'unknown'
}

function row({ name, valid, ops, acknowledged, faults, figures, availability, findings }: ScenarioVerdict): string {
  const inForce = faults.filter((fault) => fault.inForce)
  const kinds = [...new Set(inForce.map((fault) => fault.name))].join(', ')
  const convicting = findings.filter(({ allowed }) => allowed === undefined).length
  const stall = availability === undefined ? '' : `${(availability.longestStallMs / 1000).toFixed(1)} s`
  const cells = [
    name,
    acknowledged.toLocaleString('en'),
    `${ops.fail} / ${ops.info}`,
    `${inForce.length} of ${faults.length}: ${kinds}`,
    String(figures['leaderChanges'] ?? 0),
    stall,
    String(convicting),
    word(valid),
  ]
  return `| ${cells.join(' | ')} |`
}

/** What was found, and why it does not convict where it does not; what could not be judged. */
function remarks({ verdict }: Tried): string[] {
  return verdict.scenarios.flatMap(({ name, findings, reasons }) => {
    const kinds = Map.groupBy(findings, ({ anomaly, allowed }) => `${anomaly}${allowed === undefined ? '' : ` (allowed: ${allowed})`}`)
    const found = [...kinds].map(([kind, all]) => `- ${name}: ${kind}, ${all.length} listed, for instance ${all[0]!.message}`)
    return [...found, ...reasons.map((reason) => `- ${name}: not judged: ${reason}`)]
  })
}

function section(tried: Tried): string {
  const { title, command, verdict } = tried
  const head = ['scenario', 'acknowledged', 'failed / unknown', 'faults in force', 'leader changes', 'longest stall', 'anomalies that convict', 'verdict']
  const notes = remarks(tried)
  return [
    `## ${title}: ${word(verdict.valid)}`,
    `\`${command}\` took ${Math.round(verdict.durationMs / 1000)} s.`,
    [`| ${head.join(' | ')} |`, `|${head.map(() => ' --- |').join('')}`, ...verdict.scenarios.map(row)].join('\n'),
    ...(notes.length === 0 ? [] : [notes.join('\n')]),
  ].join('\n\n')
}

function document(all: readonly Tried[]): string {
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' }).stderr.split('\n')[0]
  const { versions } = all[0]!.run
  return [
    '# Verdicts',
    'The scenarios of the default plan on broker processes, three brokers each, tried with the same clients, faults and checkers; ' +
      'then consumer groups, transactions, a bank and an exactly-once pipeline while brokers and coordinators die and freeze. ' +
      'Written by `npm run verdicts`; Apache Kafka comes from Maven Central by `npm run kafka:fetch`.',
    `Tribunal ${versions['tribunal']}, node ${versions['node']}, ${java}, ${versions['platform']}, ${cpus().length} CPUs. ` +
      'Apache Kafka has three times the timeouts and three times as long faults, because it runs in a JVM. A send is failed when ' +
      'every answer says that it certainly did not happen, and unknown when it may have. The longest stall is the longest time in ' +
      'which some partition acknowledged nothing. A fault is in force when it was seen by another means than its injection.',
    ...all.map(section),
    '',
  ].join('\n\n')
}

function writeVerdicts(): number {
  const missing = whyNoKafka() ?? whyNoKafka(oldKafkaVersion)
  if (missing !== undefined) {
    process.stderr.write(`${missing}\n`)
    return exitCodes.unknown
  }
  const directory = mkdtempSync(join(tmpdir(), 'tribunal-verdicts-'))
  const file = join(root, 'docs', 'verdicts.md')
  const [trialsBefore, racesBefore] = readFileSync(file, 'utf8').split(racesMark).map((part) => part.trim())
  const only = process.argv[2]
  const trials = only === 'races' ? trialsBefore : tryAll(directory)
  const races = only === 'trials' ? racesBefore : raceSections(directory)
  writeFileSync(file, `${trials}\n\n${racesMark}\n\n${races}\n`)
  process.stderr.write(`${file} is written; the run directories are in ${directory}.\n`)
  return exitCodes.valid
}

function tryAll(directory: string): string {
  return document(cases.map((each, at) => tryOne(each, join(directory, String(at))))).trimEnd()
}

process.exitCode = writeVerdicts()
