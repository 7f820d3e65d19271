/** The chart of one scenario as a figure: its specification as data, and the same in words for who cannot see it. */
import type { Prepared } from '../prepare.ts'
import { scriptJson } from '../escape.ts'
import { formatDuration, plural } from '../words.ts'
import type { Spec } from '../chart-views.ts'
import { html, Markup, type Fragment } from './markup.ts'

export interface Timeline {
  /** Unique in the page, and safe as an id. */
  readonly id: string
  readonly specJson: string
  readonly prepared: Prepared
}

export function timelineOf(id: string, spec: Spec, prepared: Prepared): Timeline {
  return { id, specJson: scriptJson(spec), prepared }
}

export function timelineFigure({ id, specJson, prepared }: Timeline, note: string): Markup {
  const said = inWords(prepared)
  const description: Fragment = note === '' ? said : `${note} ${said}`
  return html`<figure>
<div class="chart" id="${id}" data-name="${id}" role="img" aria-label="${said}">
This chart needs JavaScript; what it shows is told in words below.</div>
<figcaption>${description} Drag along the time axis to move, shift and wheel to zoom, double click to go
back.</figcaption>
<script type="application/json" id="${id}-spec">${new Markup(specJson)}</script>
</figure>
`
}

function inWords({ endSeconds, latency, faults, leadership, findings, groups }: Prepared): string {
  const { count, p50Ms, p99Ms, maxMs } = latency.summary
  const parts = [`${plural(count, 'operation')} answered in ${formatDuration(endSeconds * 1000)}`]
  if (p50Ms !== null && p99Ms !== null && maxMs !== null) {
    const [median, p99, slowest] = [p50Ms, p99Ms, maxMs].map(formatDuration)
    parts.push(`half of them within ${median}, 99 % within ${p99}, the slowest in ${slowest}`)
  }
  const unseen = faults.filter(({ state }) => state !== 'seen in force').length
  parts.push(`${plural(faults.length, 'fault')}${unseen > 0 ? ` (${unseen} not seen in force)` : ''}`)
  parts.push(plural(leadership.changes.length, 'leader change'))
  if (groups.tenures.length > 0) {
    const longest = Math.max(0, ...groups.pauses.map(({ ms }) => ms))
    parts.push(`${plural(groups.tenures.length, 'tenure')} of group members, ${plural(groups.pauses.length, 'pause')} of at most ${formatDuration(longest)}`)
  }
  if (findings.length > 0) parts.push(plural(findings.length, 'finding'))
  return `${parts.join('; ')}.`
}
