/** One scenario of the verdict: what was found, why, over which time line, under which faults. */
import type { ScenarioVerdict } from '../../checkers/verdict.ts'
import { isCoverage } from '../coverage.ts'
import { offsetStrips } from '../offset-strip.ts'
import { isJudgedHistory, witnessLookup, type ScenarioHistory } from '../scenario-history.ts'
import {
  allowed, convicting, faultsInForce, figureName, formatCount, pickFindings, plural, verdictMark, verdictWord,
} from '../words.ts'
import { coverageTable } from './coverage-table.ts'
import { faultTable } from './fault-table.ts'
import { objectiveTable } from './objective-table.ts'
import { findingCard } from './finding-card.ts'
import { html, nothing, type Markup } from './markup.ts'
import { timelineFigure, type Timeline } from './timeline.ts'

/** One sentence each, by name: what an anomaly is, and what coverage counts. */
export interface ReportWords {
  readonly anomalies: Readonly<Record<string, string>>
  readonly coverage: Readonly<Record<string, string>>
}

export interface SectionInput {
  readonly scenario: ScenarioVerdict
  /** Safe as an id. */
  readonly id: string
  readonly history: ScenarioHistory | undefined
  readonly timeline: Timeline | undefined
  readonly words: ReportWords
}

const shownFindings = 25
const shownAllowed = 10

/** `valid`, `invalid` or `unknown`, as the style sheet calls it. */
export function verdictClass(valid: ScenarioVerdict['valid']): string {
  return verdictWord(valid).toLowerCase()
}

export function scenarioSection(input: SectionInput): Markup {
  const { scenario, id } = input
  const look = verdictClass(scenario.valid)
  return html`<section id="${id}" class="of-${look}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${scenario.name} <small>${scenario.target}</small>
<span class="verdict is-${look}">${verdictMark(scenario.valid)} ${verdictWord(scenario.valid)}</span></h2>
${tiles(scenario)}
${findingBlock(input)}
${reasonBlock(scenario)}
${failureBlock(scenario)}
${timelineBlock(input)}
${faultTable(scenario)}
${coverageTable(scenario, input.words.coverage)}
${objectiveTable(scenario)}
${figureBlock(scenario)}
${allowedBlock(input)}
</section>
`
}

function tiles(scenario: ScenarioVerdict): Markup {
  const { seeds, ops, acknowledged, findings } = scenario
  const outcome = `${formatCount(ops.ok)} ok, ${formatCount(ops.info)} info, ${formatCount(ops.fail)} fail`
  const lawful = allowed(findings).length
  const tile = (name: string, value: string, more = ''): Markup =>
    html`<div><dt>${name}</dt><dd>${value} <small>${more}</small></dd></div>`
  return html`<dl class="tiles">
${tile('operations', formatCount(ops.invoke), outcome)}
${tile('acknowledged records', formatCount(acknowledged))}
${tile('faults in force', faultsInForce([scenario]))}
${tile('anomalies', formatCount(findings.length - lawful), lawful > 0 ? `and ${formatCount(lawful)} allowed` : '')}
${seeds > 1 ? tile('seeds', formatCount(seeds)) : nothing}
</dl>
`
}

function findingBlock({ scenario, history, words }: SectionInput): Markup {
  const guilty = convicting(scenario.findings)
  if (guilty.length === 0) return nothing
  const shown = pickFindings(guilty, shownFindings)
  const rest = guilty.length - shown.length
  return html`<h3>What was found</h3>
${cards(shown, { scenario, history, words })}
${rest > 0 ? html`<p>${plural(rest, 'more finding')} in <code>verdict.json</code>.</p>` : nothing}`
}

type Judged = Pick<SectionInput, 'scenario' | 'history' | 'words'>

function cards(findings: ScenarioVerdict['findings'], { scenario, history, words }: Judged): Markup[] {
  const isJudged = history !== undefined && isJudgedHistory(scenario, history)
  const strips = offsetStrips(isJudged ? history.ops : [], isJudged ? findings : [])
  const lookup = witnessLookup(scenario, history === undefined ? [] : [history])
  return findings.map((finding) => {
    const explained = Object.hasOwn(words.anomalies, finding.anomaly) ? words.anomalies[finding.anomaly] : undefined
    return findingCard(finding, lookup, { strip: strips.get(finding) ?? [], explained })
  })
}

function allowedBlock({ scenario, history, words }: SectionInput): Markup {
  const lawful = allowed(scenario.findings)
  if (lawful.length === 0) return nothing
  const shown = pickFindings(lawful, shownAllowed)
  return html`<details><summary>Allowed by configuration: ${plural(lawful.length, 'finding')}</summary>
${cards(shown, { scenario, history, words })}
</details>`
}

function reasonBlock({ valid, reasons }: ScenarioVerdict): Markup {
  if (reasons.length === 0) return nothing
  const title = valid === 'unknown' ? 'Why it is unknown' : 'What could not be judged'
  return html`<h3>${title}</h3><ul class="reasons">${reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`
}

function failureBlock({ failure }: ScenarioVerdict): Markup {
  if (failure === undefined) return nothing
  const story = failure.story.length > 0 ? html`<pre>${failure.story.join('\n')}</pre>` : nothing
  return html`<h3>Seed ${failure.seed} shows it again</h3><pre>${failure.command}</pre>${story}`
}

function timelineBlock({ scenario, history, timeline }: SectionInput): Markup {
  if (history === undefined) return html`<p class="facts">No history at hand, so there is no time line.</p>`
  if (timeline === undefined) {
    return html`<p class="facts">No time line: nothing to draw, or no room left in this file.</p>`
  }
  return timelineFigure(timeline, scenario.seeds > 1 ? seedNote(scenario, history) : '')
}

function seedNote(scenario: ScenarioVerdict, history: ScenarioHistory): string {
  const kind = isJudgedHistory(scenario, history) ? 'The failing seed' : 'A sample'
  const which = history.seed === undefined ? '' : `, seed ${history.seed}`
  return `${kind}${which}: one of ${formatCount(scenario.seeds)}.`
}

function figureBlock({ figures }: ScenarioVerdict): Markup {
  const rows = Object.entries(figures).filter(([name]) => !isCoverage(name))
  if (rows.length === 0) return nothing
  return html`<details${rows.length <= 8 ? html` open` : nothing}><summary>Figures</summary><dl class="tiles">
${rows.map(([name, value]) => html`<div><dt>${figureName(name)}</dt><dd>${formatCount(value)}</dd></div>`)}
</dl></details>`
}
