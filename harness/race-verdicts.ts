/**
 * The part of docs/verdicts.md that is about races: our broker and Apache Kafka, as they are and where the protocol or the broker is
 * known to break, by the commands a person would type. What convicts is shown with what went over the wire.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Finding, ScenarioVerdict, Verdict } from '../checkers/verdict.ts'
import type { WireEvent } from '../nemesis/wire-rules/rule.ts'
import { kafkaVersion } from './apache-kafka/kafka-jars.ts'
import { root, tribunalVersion } from './checkout.ts'
import { races } from './races/registry.ts'

interface RaceCase {
  readonly title: string
  readonly argv: readonly string[]
  readonly scenarios: readonly string[]
}

/** Old enough that partitions are not verified where it is told not to. */
export const oldKafkaVersion = '3.9.1'

const played = races.filter(({ simulatedDecisions }) => simulatedDecisions === undefined).map(({ name }) => name)
const broken = ['late-end-txn', 'late-record-joins-next', 'hanging-transaction', 'unadded-record']

const cases: readonly RaceCase[] = [
  { title: `The reference broker ${tribunalVersion()}`, argv: ['--target', 'processes'], scenarios: played },
  { title: `The reference broker ${tribunalVersion()}, transaction version 1`, argv: ['--target', 'processes', '--feature', 'transaction.version=1'], scenarios: broken },
  { title: `Apache Kafka ${kafkaVersion()}`, argv: ['--broker', 'kafka'], scenarios: played },
  { title: `Apache Kafka ${kafkaVersion()}, transaction version 1`, argv: ['--broker', 'kafka', '--feature', 'transaction.version=1'], scenarios: broken },
  {
    title: `Apache Kafka ${oldKafkaVersion}, partitions not verified`,
    argv: ['--broker', `kafka@${oldKafkaVersion}`, '--override', 'transaction.partition.verification.enable=false'],
    scenarios: broken,
  },
]

const seed = '1'

/** Markdown; each case's run directory goes below `directory`. */
export function raceSections(directory: string): string {
  const sections = cases.map((each, at) => sectionOf(each, join(directory, `races-${at}`)))
  const head = '# Races\n\nEach published bug of transactions as a script that needs no luck ([races.md](races.md)), on three broker processes. '
    + `Apache Kafka ${oldKafkaVersion} is brought by \`npm run kafka:fetch -- ${oldKafkaVersion}\`. Written by \`npm run verdicts -- races\`.`
  return [head, ...sections].join('\n\n')
}

function sectionOf({ title, argv, scenarios }: RaceCase, directory: string): string {
  const all = [...argv, '--scenario', ...scenarios, '--seed', seed]
  const command = `npm run verify -- ${argv.join(' ')} --seed ${seed} --scenario ${scenarios.length === played.length ? '…' : scenarios.join(' ')}`
  process.stderr.write(`${title}: ${command}\n`)
  const { stdout } = spawnSync(process.execPath, [join(root, 'harness', 'cli.ts'), 'verify', ...all, '--json', '--out', directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const { scenarios: verdicts, durationMs, valid } = JSON.parse(stdout) as Verdict
  const notes = verdicts.flatMap((verdict) => remarksOf(verdict, directory))
  return [
    `## ${title}: ${word(valid)}`,
    `\`${command}\` took ${Math.round(durationMs / 1000)} s.`,
    ['| race | acknowledged | convicted of | verdict |', '| --- | --- | --- | --- |', ...verdicts.map(row)].join('\n'),
    ...notes,
  ].join('\n\n')
}

function word(valid: Verdict['valid']): string {
  return valid === true ? 'valid' : valid === false ? '**invalid**' : 'unknown'
}

function convicting({ findings }: ScenarioVerdict): Finding[] {
  return findings.filter(({ allowed }) => allowed === undefined)
}

function row(verdict: ScenarioVerdict): string {
  const named = convicting(verdict).map(({ anomaly, issue }) => (issue === undefined ? anomaly : `${anomaly} (${issue})`))
  return `| ${[verdict.name, verdict.acknowledged, [...new Set(named)].join(', '), word(verdict.valid)].join(' | ')} |`
}

/** What convicts, with the requests that show it; what could not be judged. */
function remarksOf(verdict: ScenarioVerdict, directory: string): string[] {
  const found = convicting(verdict).map(({ anomaly, message }) => `- \`${anomaly}\`: ${message}`)
  const reasons = verdict.valid === 'unknown' ? verdict.reasons.map((reason) => `- not judged: ${reason}`) : []
  if (found.length + reasons.length === 0) return []
  const wire = join(directory, `wire.${verdict.name}-${verdict.target}.jsonl`)
  const events = existsSync(wire) ? readFileSync(wire, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as WireEvent) : []
  const shown = [...found, ...reasons].join('\n')
  return [`**${verdict.name}**`, shown, ...(found.length > 0 ? [`\`\`\`\n${wireLines(events).join('\n')}\n\`\`\``] : [])]
}

const telling: ReadonlySet<string> = new Set(['InitProducerId', 'AddPartitionsToTxn', 'Produce', 'EndTxn', 'WriteTxnMarkers', 'TxnOffsetCommit'])
const quiet: ReadonlySet<string> = new Set(['forwarded'])

/** From the first of its clients to the last word of the script; the closing producer is left out. */
function wireLines(events: readonly WireEvent[]): string[] {
  const own = events.filter(({ rule, did, api, client }) =>
    rule !== undefined || (telling.has(api) && !quiet.has(did) && !client.startsWith('closing') && /-tv\d$/.test(client)))
  const startMs = own[0]?.timeMs ?? 0
  return own.map(({ timeMs, did, rule, api, version, client, node, partitions, errors }) => {
    const where = partitions === undefined ? '' : ` ${partitions.join(', ')}`
    const told = errors === undefined ? '' : `: ${errors.join(', ')}`
    const because = rule === undefined ? '' : ` (${rule})`
    return `${((timeMs - startMs) / 1000).toFixed(3)} s  ${did.padEnd(9)} ${api} v${version}${where} of ${client} at broker ${node}${told}${because}`
  })
}
