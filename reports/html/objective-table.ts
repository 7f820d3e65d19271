/** What a load run was to reach, and what it reached. */
import type { ScenarioVerdict } from '../../checkers/verdict.ts'
import { figureName, formatCount } from '../words.ts'
import { html, nothing, type Markup } from './markup.ts'

export function objectiveTable({ objectives = [] }: ScenarioVerdict): Markup {
  if (objectives.length === 0) return nothing
  const rows = objectives.map(({ name, limit, measured, isMet }) => {
    const value = measured === null ? 'not measured' : formatCount(measured)
    return html`<tr><th scope="row">${figureName(name)}</th><td>${value}</td><td>${formatCount(limit)}</td><td>${isMet ? '✓ kept' : '✗ missed'}</td></tr>
`
  })
  return html`<h3>Objectives</h3>
<div class="scroll"><table class="narrow"><thead><tr><th scope="col">objective</th><th scope="col">measured</th><th scope="col">at most</th><th scope="col"></th></tr></thead>
<tbody>
${rows}</tbody></table></div>`
}
