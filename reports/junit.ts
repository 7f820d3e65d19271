/** The verdict as JUnit XML: a suite per target, a case per scenario; false is a failure, unknown an error. */
import type { Finding, ScenarioVerdict, Valid, Verdict } from '../checkers/verdict.ts'
import { mergeValid } from '../checkers/verdict.ts'
import { escapeXml } from './escape.ts'
import { witnessLookup, type OpLookup, type ScenarioHistory } from './scenario-history.ts'
import { findingPlace, witnessLines, witnessText } from './witness.ts'
import {
  allowed, anomalyCounts, breaksWhat, convicting, findingTitle, pickFindings, plural, verdictSentence,
} from './words.ts'

interface Case {
  readonly suite: string
  readonly name: string
  readonly valid: Valid
  /** One line. */
  readonly message: string
  readonly body: string
  readonly output: string
}

const shownFindings = 50

/** A whole XML document. With `histories`, witness lines tell what each op was. */
export function renderJunit(verdict: Verdict, histories: readonly ScenarioHistory[] = []): string {
  const cases = verdict.scenarios.map((scenario) => scenarioCase(scenario, witnessLookup(scenario, histories)))
  const merged = mergeValid(verdict.scenarios.map(({ valid }) => valid))
  if (cases.length === 0 || verdict.valid !== merged) cases.push(runCase(verdict))
  const suites = new Map<string, Case[]>()
  for (const one of cases) {
    const suite = suites.get(one.suite)
    if (suite === undefined) suites.set(one.suite, [one])
    else suite.push(one)
  }
  const seconds = Number.isFinite(verdict.durationMs) ? (Math.max(0, verdict.durationMs) / 1000).toFixed(3) : '0'
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="tribunal" ${counts(cases)} time="${seconds}">`,
    ...[...suites].flatMap(([suite, members]) => suiteLines(suite, members, verdict.seed)),
    '</testsuites>',
    '',
  ].join('\n')
}

function scenarioCase(scenario: ScenarioVerdict, lookup: OpLookup): Case {
  const guilty = convicting(scenario.findings)
  const told = pickFindings(guilty, shownFindings).map((finding) => findingText(finding, lookup))
  const rest = guilty.length - shownFindings
  if (rest > 0) told.push(`${plural(rest, 'more finding')} in verdict.json`)
  told.push(...scenario.reasons)
  if (scenario.failure !== undefined) {
    told.push([`seed ${scenario.failure.seed}: ${scenario.failure.command}`, ...scenario.failure.story].join('\n  '))
  }
  const lawful = allowed(scenario.findings).slice(0, shownFindings)
  return {
    suite: scenario.target,
    name: scenario.name,
    valid: scenario.valid,
    message: messageOf(guilty, scenario.reasons),
    body: told.join('\n\n'),
    output: lawful.map((one) => `allowed: ${findingTitle(one)}: ${one.message} (${one.allowed})`).join('\n'),
  }
}

function messageOf([first, ...more]: readonly Finding[], reasons: readonly string[]): string {
  if (first === undefined) return reasons[0] ?? 'no reason was given'
  return `${anomalyCounts([first, ...more])}: ${first.message}`
}

/** Stands for what no scenario shows: an empty run, or a verdict that is not the sum of its scenarios. */
function runCase(verdict: Verdict): Case {
  const message = verdictSentence(verdict)
  return { suite: 'run', name: 'the run as a whole', valid: verdict.valid, message, body: message, output: '' }
}

function findingText(finding: Finding, lookup: OpLookup): string {
  const lines = [`${[findingTitle(finding), breaksWhat(finding)].join(' ').trimEnd()}: ${finding.message}`]
  lines.push(...findingPlace(finding))
  return [...lines, ...witnessLines(finding, lookup).map(witnessText)].join('\n  ')
}

function counts(cases: readonly Case[]): string {
  const failures = cases.filter(({ valid }) => valid === false).length
  const errors = cases.filter(({ valid }) => valid === 'unknown').length
  return `tests="${cases.length}" failures="${failures}" errors="${errors}"`
}

function suiteLines(suite: string, cases: readonly Case[], seed: number): string[] {
  return [
    `  <testsuite name="${escapeXml(suite)}" ${counts(cases)} skipped="0">`,
    '    <properties>',
    `      <property name="seed" value="${seed}"/>`,
    '    </properties>',
    ...cases.flatMap(caseLines),
    '  </testsuite>',
  ]
}

function caseLines({ suite, name, valid, message, body, output }: Case): string[] {
  const open = `    <testcase classname="tribunal.${escapeXml(suite)}" name="${escapeXml(name)}"`
  const inside: string[] = []
  if (valid !== true) {
    const [element, type] = valid === false ? ['failure', 'invalid'] : ['error', 'unknown']
    inside.push(`      <${element} type="${type}" message="${escapeXml(message)}">${escapeText(body)}</${element}>`)
  } else if (body !== '') {
    output = output === '' ? body : `${body}\n${output}`
  }
  if (output !== '') inside.push(`      <system-out>${escapeText(output)}</system-out>`)
  return inside.length === 0 ? [`${open}/>`] : [`${open}>`, ...inside, '    </testcase>']
}

/** Element text keeps its line breaks as they are, to be readable. */
function escapeText(text: string): string {
  return text.split('\n').map(escapeXml).join('\n')
}
