/**
 * The whole run as one HTML file that needs nothing else: libraries, data and style are inside, and its content
 * policy forbids the network. Its size is bounded whatever the histories hold: charts are down-sampled, and once their
 * data fill the file's share the remaining scenarios go without (the worst verdicts are drawn first).
 */
import type { ScenarioVerdict, Verdict } from '../../checkers/verdict.ts'
import { timelineSpec } from '../charts.ts'
import { compactJson, scriptSource } from '../escape.ts'
import { faultsOfHistory } from '../faults.ts'
import { prepare } from '../prepare.ts'
import { historyOf, isJudgedHistory, type ScenarioHistory } from '../scenario-history.ts'
import {
  allowed, convicting, countedBeyondList, faultsInForce, formatCount, formatDuration, verdictMark, verdictSentence,
  verdictWord,
} from '../words.ts'
import { html, Markup, nothing } from './markup.ts'
import { pageScript } from './page-script.ts'
import { pageStyle } from './page-style.ts'
import { scenarioSection, verdictClass, type ReportWords } from './scenario-section.ts'
import { timelineOf, type Timeline } from './timeline.ts'

export interface RunFacts {
  readonly seed: number
  readonly commit?: string
  /** Of Node, Tribunal, the broker under test, …. */
  readonly versions: Readonly<Record<string, string>>
  readonly options: Readonly<Record<string, unknown>>
  /** ISO 8601. */
  readonly startedAt: string
}

/** Sources of the browser builds: `vega.min.js`, `vega-lite.min.js`, `vega-embed.min.js`. */
export interface ChartLibraries {
  readonly vega: string
  readonly vegaLite: string
  readonly vegaEmbed: string
}

export interface ReportInput {
  readonly verdict: Verdict
  readonly histories: readonly ScenarioHistory[]
  readonly run: RunFacts
  readonly assets: ChartLibraries
  /** What anomalies and coverage are, for who does not know; names stand alone without it. */
  readonly words?: ReportWords
}

const mostPointsAChart = 5000
const mostPoints = 24_000
const chartCharacters = 2_800_000

const contentPolicy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"

const noWords: ReportWords = { anomalies: {}, coverage: {} }

/** A complete HTML document. */
export function renderReport({ verdict, histories, run, assets, words = noWords }: ReportInput): string {
  const timelines = drawTimelines(verdict, histories)
  const sections = verdict.scenarios.map((scenario, at) => {
    const history = historyOf(scenario, histories)
    return scenarioSection({ scenario, id: idOf(at), history, timeline: timelines.get(scenario), words })
  })
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy}">
<title>${verdictWord(verdict.valid)}: Tribunal, seed ${run.seed}</title>
<style>${new Markup(pageStyle)}</style>
</head>
<body>
${pageHeader(verdict, run)}
<main>
${scenarioTable(verdict)}
${sections}
${runSection(run)}
</main>
<footer><p>invalid: a promise was broken. unknown: it could not be judged, which is never a pass.
valid: no promise was seen broken in what was recorded.</p>
<p>stall: the longest time in which sends waited and none was acknowledged. next ack: from the start of a fault. recovery:
from healing until every partition that stood still was acknowledged again. These are measured, not judged.</p></footer>
${timelines.size > 0 ? libraries(assets) : nothing}
<script>${new Markup(pageScript)}</script>
</body>
</html>
`
  return page.text
}

function idOf(at: number): string {
  return `scenario-${at + 1}`
}

function libraries({ vega, vegaLite, vegaEmbed }: ChartLibraries): Markup[] {
  return [vega, vegaLite, vegaEmbed].map((source) => html`<script>${new Markup(scriptSource(source))}</script>
`)
}

/** The worst verdicts first, until the share of the file that charts may take is used up. */
function drawTimelines(verdict: Verdict, histories: readonly ScenarioHistory[]): Map<ScenarioVerdict, Timeline> {
  const timelines = new Map<ScenarioVerdict, Timeline>()
  const maxPoints = Math.min(mostPointsAChart, Math.floor(mostPoints / Math.max(1, histories.length)))
  const urgency = { false: 0, unknown: 1, true: 2 }
  const inOrder = verdict.scenarios
    .map((scenario, at) => ({ scenario, at }))
    .sort((a, b) => urgency[`${a.scenario.valid}`] - urgency[`${b.scenario.valid}`] || a.at - b.at)
  let left = chartCharacters
  for (const { scenario, at } of inOrder) {
    const history = historyOf(scenario, histories)
    const timeline = history && drawTimeline(`chart-${at + 1}`, scenario, { history, maxPoints })
    if (timeline === undefined || timeline.specJson.length > left) continue
    left -= timeline.specJson.length
    timelines.set(scenario, timeline)
  }
  return timelines
}

/** The verdict's own fault records where they are of this very history, else what the history tells. */
function drawTimeline(
  id: string,
  scenario: ScenarioVerdict,
  { history, maxPoints }: { history: ScenarioHistory; maxPoints: number },
): Timeline | undefined {
  const told = scenario.seeds > 1 ? faultsOfHistory(history.ops) : scenario.faults
  const faults = told.length > 0 ? told : faultsOfHistory(history.ops)
  const findings = isJudgedHistory(scenario, history) ? convicting(scenario.findings) : []
  const prepared = prepare(history.ops, { faults, findings, maxPoints })
  const spec = prepared && timelineSpec(prepared)
  return prepared && spec && timelineOf(id, spec, prepared)
}

function pageHeader(verdict: Verdict, run: RunFacts): Markup {
  const sentence = verdictSentence(verdict)
  const counted = countedBeyondList(verdict)
  const facts = [
    ...(counted === '' ? [] : [`counted, allowed or not: ${counted}`]),
    `seed ${run.seed}`, formatDuration(verdict.durationMs), `started ${run.startedAt}`,
    ...(run.commit === undefined ? [] : [`commit ${run.commit}`]),
  ]
  return html`<header>
<p class="brand">Tribunal</p>
<h1 class="is-${verdictClass(verdict.valid)}">${verdictMark(verdict.valid)} ${verdictWord(verdict.valid)}</h1>
<p class="lead">${sentence.slice(0, 1).toUpperCase()}${sentence.slice(1)}.</p>
<p class="facts">${facts.map((fact) => html`<span>${fact}</span>`)}</p>
</header>
`
}

function scenarioTable({ scenarios }: Verdict): Markup {
  if (scenarios.length === 0) return nothing
  const rows = scenarios.map((scenario, at) => {
    const { findings } = scenario
    const lawful = allowed(findings).length
    const found = `${formatCount(findings.length - lawful)}${lawful > 0 ? ` (+${formatCount(lawful)} allowed)` : ''}`
    return html`<tr><th scope="row"><a href="#${idOf(at)}">${scenario.name}</a></th><td>${scenario.target}</td>
<td class="number">${formatCount(scenario.seeds)}</td><td class="number">${formatCount(scenario.ops.invoke)}</td>
<td class="number">${formatCount(scenario.acknowledged)}</td><td class="number">${faultsInForce([scenario])}</td>
<td class="number">${found}</td><td class="verdict is-${verdictClass(scenario.valid)}">${verdictMark(scenario.valid)}
${verdictWord(scenario.valid)}</td></tr>
`
  })
  return html`<section><div class="scroll"><table>
<caption>The scenarios of this run</caption>
<thead><tr><th scope="col">scenario</th><th scope="col">target</th><th scope="col" class="number">seeds</th>
<th scope="col" class="number">ops</th><th scope="col" class="number">acknowledged</th>
<th scope="col" class="number">faults in force</th><th scope="col" class="number">anomalies</th>
<th scope="col">verdict</th></tr></thead>
<tbody>${rows}</tbody></table></div></section>
`
}

function runSection({ versions, options }: RunFacts): Markup {
  const chosen = Object.entries(options).map(([name, value]) => [name, optionText(value)] as const)
  const rows = [...Object.entries(versions), ...chosen]
  if (rows.length === 0) return nothing
  return html`<section><h2>How this run was made</h2><div class="scroll"><table>
<thead><tr><th scope="col">version or option</th><th scope="col">value</th></tr></thead>
<tbody>${rows.map(([name, value]) => html`<tr><th scope="row">${name}</th><td class="mono">${value}</td></tr>
`)}</tbody>
</table></div></section>
`
}

function optionText(value: unknown): string {
  return typeof value === 'string' ? value : compactJson(value, 400)
}
