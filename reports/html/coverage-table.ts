/** What a scenario went through: shares of its seeds, or counts of its one history. What never happened comes first. */
import type { ScenarioVerdict } from '../../checkers/verdict.ts'
import { coverageRows } from '../coverage.ts'
import { html, nothing, type Markup } from './markup.ts'

export function coverageTable(scenario: ScenarioVerdict, explained: Readonly<Record<string, string>>): Markup {
  const rows = coverageRows(scenario, explained)
  if (rows.length === 0) return nothing
  const never = rows.filter(({ value }) => value === 0).length
  const isOpen = never > 0 && scenario.seeds > 1
  const summary = `What it went through: ${rows.length - never} of ${rows.length} kinds`
  return html`<details${isOpen ? html` open` : nothing}><summary>${summary}</summary>
<div class="scroll"><table class="narrow">
<thead><tr><th scope="col">what</th><th scope="col" class="number">${scenario.seeds > 1 ? 'seeds' : 'times'}</th></tr></thead>
<tbody>${rows.map(
    ({ what, shown, value }) => html`<tr><th scope="row">${what}</th>
<td class="number">${value === 0 && scenario.seeds > 1 ? html`<span class="is-unknown">? ${shown}</span>` : shown}</td></tr>
`,
  )}</tbody></table></div></details>`
}
