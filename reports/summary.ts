/** The verdict as Markdown for a CI step or a pull request comment. */
import type { Finding, Objective, ScenarioVerdict, Verdict } from '../checkers/verdict.ts'
import { escapeMarkdown, fencedBlock } from './escape.ts'
import { witnessLookup, type ScenarioHistory } from './scenario-history.ts'
import { witnessLines, witnessText } from './witness.ts'
import {
  allowed, anomalyCounts, blamedOn, breaksWhat, convicting, countedBeyondList, faultsInForce, figureName, findingTitle, formatCount,
  formatDuration, groupSentence, pickFindings, plural, verdictMark, verdictSentence, verdictWord,
} from './words.ts'

const shownFindings = 5
const shownAllowed = 10
const shownReasons = 20
const shownWitness = 20

/** Kept far below the 1 MiB that GitHub allows a step: the whole verdict is in `verdict.json`. */
export function renderSummary(verdict: Verdict, histories: readonly ScenarioHistory[] = []): string {
  const blocks = [
    `## Tribunal: ${verdictMark(verdict.valid)} ${verdictWord(verdict.valid)}`,
    `${sentence(verdictSentence(verdict))} Seed ${verdict.seed}, ${formatDuration(verdict.durationMs)}.`,
  ]
  const counted = countedBeyondList(verdict)
  if (counted !== '') blocks.push(`Counted, allowed or not: ${escapeMarkdown(counted)}.`)
  if (verdict.scenarios.length > 0) blocks.push(scenarioTable(verdict.scenarios))
  const groups = verdict.scenarios.flatMap((scenario) => {
    const said = groupSentence(scenario)
    return said === '' ? [] : [`consumer groups of ${scenario.name}: ${said}`]
  })
  if (groups.length > 0) blocks.push(list(groups))
  for (const scenario of verdict.scenarios) blocks.push(...scenarioBlocks(scenario, histories))
  return `${blocks.join('\n\n')}\n`
}

function sentence(text: string): string {
  return `${escapeMarkdown(text.slice(0, 1).toUpperCase() + text.slice(1))}.`
}

function scenarioTable(scenarios: readonly ScenarioVerdict[]): string {
  const rows = scenarios.map((scenario) => {
    const cells = [
      scenario.name, scenario.target, formatCount(scenario.seeds), formatCount(scenario.ops.invoke),
      formatCount(scenario.acknowledged), faultsInForce([scenario]),
      anomalyCounts(convicting(scenario.findings)) || '0',
      `${verdictMark(scenario.valid)} ${verdictWord(scenario.valid)}`,
    ]
    return `| ${cells.map(escapeMarkdown).join(' | ')} |`
  })
  return [
    '| scenario | target | seeds | ops | acknowledged | faults in force | anomalies | verdict |',
    '| --- | --- | ---: | ---: | ---: | ---: | --- | --- |',
    ...rows,
  ].join('\n')
}

function scenarioBlocks(scenario: ScenarioVerdict, histories: readonly ScenarioHistory[]): string[] {
  const guilty = convicting(scenario.findings)
  const lawful = allowed(scenario.findings)
  const { objectives = [] } = scenario
  if (guilty.length + lawful.length + scenario.reasons.length + objectives.length === 0 && scenario.failure === undefined) return []
  const head = `${verdictMark(scenario.valid)} ${escapeMarkdown(`${scenario.name}, ${scenario.target}`)}`
  const blocks = [`### ${head}: ${verdictWord(scenario.valid)}`]
  const lookup = witnessLookup(scenario, histories)
  for (const finding of pickFindings(guilty, shownFindings)) {
    blocks.push(findingText(finding))
    const witness = witnessLines(finding, lookup).slice(0, shownWitness).map(witnessText)
    if (witness.length > 0) blocks.push(fencedBlock(witness.join('\n'), 'text'))
  }
  const rest = guilty.length - shownFindings
  if (rest > 0) blocks.push(`${plural(rest, 'more finding')} in \`verdict.json\`.`)
  if (scenario.reasons.length > 0) blocks.push(list(scenario.reasons.slice(0, shownReasons)))
  if (objectives.length > 0) blocks.push(objectiveTable(objectives))
  const excused = lawful.slice(0, shownAllowed).map(allowedText)
  if (lawful.length > 0) blocks.push('Allowed by configuration:', list(excused))
  if (scenario.failure !== undefined) {
    blocks.push(`Seed ${scenario.failure.seed} shows it again:`, fencedBlock(scenario.failure.command, 'sh'))
  }
  return blocks
}

function objectiveTable(objectives: readonly Objective[]): string {
  const rows = objectives.map(({ name, measured, limit, isMet }) =>
    `| ${[figureName(name), measured === null ? 'not measured' : formatCount(measured), formatCount(limit), isMet ? '✓' : '✗'].map(escapeMarkdown).join(' | ')} |`)
  return ['| objective | measured | at most | |', '| --- | ---: | ---: | --- |', ...rows].join('\n')
}

function findingText(finding: Finding): string {
  const title = [`**${escapeMarkdown(findingTitle(finding))}**`, escapeMarkdown(breaksWhat(finding))]
  const blame = blamedOn(finding)
  const message = blame === '' ? finding.message : `${finding.message} (${blame})`
  return `${title.join(' ').trimEnd()}: ${escapeMarkdown(message)}`
}

function allowedText(finding: Finding): string {
  return `${findingTitle(finding)}: ${finding.message} (${finding.allowed})`
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${escapeMarkdown(item)}`).join('\n')
}
