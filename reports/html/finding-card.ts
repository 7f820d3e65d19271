/** One finding as a reader follows it: what was promised and broken, the ops that show it, the offsets around it. */
import type { Finding } from '../../checkers/verdict.ts'
import type { StripCell } from '../offset-strip.ts'
import type { OpLookup } from '../scenario-history.ts'
import { findingPlace, witnessLines } from '../witness.ts'
import { breaksWhat, findingTitle, plural } from '../words.ts'
import { html, nothing, type Markup } from './markup.ts'

const shownWitness = 40

export interface CardExtras {
  readonly strip: readonly StripCell[]
  /** What its anomaly is, in a sentence; undefined when nobody says. */
  readonly explained: string | undefined
}

export function findingCard(finding: Finding, lookup: OpLookup, { strip, explained }: CardExtras): Markup {
  const isLawful = finding.allowed !== undefined
  return html`<div class="finding${isLawful ? ' lawful' : ''}">
<h4>${findingTitle(finding)} <span>${breaksWhat(finding)}</span></h4>
${explained === undefined ? nothing : html`<p class="explained">${explained}</p>`}
<p>${finding.message}</p>
${isLawful ? html`<p><strong>Allowed because</strong> ${finding.allowed ?? ''}</p>` : nothing}
${placeLine(finding)}
${witnessTable(finding, lookup)}
${strip.length > 0 ? stripTable(finding, strip) : nothing}
</div>
`
}

function placeLine(finding: Finding): Markup {
  const parts = findingPlace(finding).map((part) => html`<span>${part}</span>`)
  return parts.length === 0 ? nothing : html`<p class="facts">${parts}</p>`
}

function witnessTable(finding: Finding, lookup: OpLookup): Markup {
  const lines = witnessLines(finding, lookup)
  if (lines.length === 0) return nothing
  const rows = lines.slice(0, shownWitness).map(
    ({ op, time, who, what, shows }) => html`<tr>
<th scope="row" class="number">#${op}</th><td class="number">${time}</td><td class="keep">${who}</td>
<td class="what">${what}</td><td class="shows">${shows}</td></tr>
`,
  )
  const left = lines.length - shownWitness
  return html`<div class="scroll"><table class="witness">
<caption>What happened, in order${left > 0 ? `; ${plural(left, 'more op')} in verdict.json` : ''}</caption>
<thead><tr><th scope="col" class="number">op</th><th scope="col" class="number">time</th><th scope="col">who</th>
<th scope="col">did</th><th scope="col">which shows</th></tr></thead>
<tbody>${rows}</tbody></table></div>
`
}

/** The named offsets are boxed, and said to be named in the heading that a screen reader reads out. */
function stripTable(finding: Finding, cells: readonly StripCell[]): Markup {
  const heads = cells.map(({ offset, named, afterGap }) =>
    named
      ? html`${gapCell(afterGap)}<th scope="col" class="named">▾ ${offset}</th>`
      : html`${gapCell(afterGap)}<th scope="col">${offset}</th>`,
  )
  const row = (title: string, pick: (cell: StripCell) => readonly string[]): Markup =>
    html`<tr><th scope="row">${title}</th>${cells.map((cell) => stripCell(cell, pick(cell)))}</tr>`
  return html`<div class="scroll"><table class="strip">
<caption>${String(finding.key)} around the anomaly; ▾ marks the offsets it is about</caption>
<thead><tr><th scope="row">offset</th>${heads}</tr></thead>
<tbody>${row('acknowledged', ({ acknowledged }) => acknowledged)}${row('read', ({ read }) => read)}</tbody>
</table></div>
`
}

function gapCell(afterGap: boolean): Markup {
  return afterGap ? html`<td class="gap">…</td>` : nothing
}

function stripCell({ named, afterGap }: StripCell, values: readonly string[]): Markup {
  const text = values.length === 0 ? '–' : values.join(' / ')
  return html`${gapCell(afterGap)}<td class="${named ? 'named' : ''}">${text}</td>`
}
