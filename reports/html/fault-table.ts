/** The faults of a scenario: when, how they were seen in force, and what each of them did to sending. */
import type { FaultAvailability, FaultRecord, ScenarioVerdict } from '../../checkers/verdict.ts'
import { evidenceText, formatDuration, formatTime } from '../words.ts'
import { html, nothing, type Markup } from './markup.ts'

const shownFaults = 60

/** Nothing for a scenario without faults. What sending suffered is told where the verdict has it. */
export function faultTable({ faults, availability, seeds }: Pick<ScenarioVerdict, 'faults' | 'availability' | 'seeds'>): Markup {
  if (faults.length === 0) return nothing
  const unseenFirst = [...faults].sort((a, b) => Number(a.inForce) - Number(b.inForce)).slice(0, shownFaults)
  const rest = faults.length - unseenFirst.length
  const caption = rest > 0 ? `The first ${shownFaults}, unseen ones before others; ${rest} more in verdict.json` : ''
  const whose = seeds > 1 ? 'Faults of one seed' : 'Faults'
  const inForce = faults.filter((fault) => fault.inForce).length
  const heads = availability === undefined ? nothing : stallHeads
  return html`<details><summary>${whose}, their evidence and what they did: ${inForce} of ${faults.length} seen in force</summary>
<div class="scroll"><table class="dense">
<caption>${caption}</caption>
<thead><tr><th scope="col">fault</th><th scope="col">targets</th><th scope="col" class="number">from</th>
<th scope="col" class="number">to</th><th scope="col">in force</th>${heads}<th scope="col">evidence</th></tr></thead>
<tbody>${unseenFirst.map((fault) => faultRow(fault, availability))}</tbody></table></div></details>`
}

const stallHeads: Markup = html`<th scope="col" class="number">stall</th><th scope="col" class="number">worst partition</th>
<th scope="col" class="number">next ack</th><th scope="col" class="number">recovery</th>`

function faultRow(fault: FaultRecord, availability: ScenarioVerdict['availability']): Markup {
  const { name, targets, startTime, endTime, inForce, evidence } = fault
  const end = endTime === null ? 'never healed' : formatTime(endTime)
  const seen = inForce ? html`✓ seen` : html`<span class="is-unknown">? not seen</span>`
  const suffered = availability?.faults.find((one) => isOf(fault, one))
  return html`<tr><th scope="row">${name}</th><td>${targets.join(', ')}</td>
<td class="number">${formatTime(startTime)}</td><td class="number">${end}</td><td class="keep">${seen}</td>
${availability === undefined ? nothing : stallCells(suffered)}<td class="what">${evidenceText(evidence)}</td></tr>
`
}

function isOf(fault: FaultRecord, { name, targets, startTime }: FaultAvailability): boolean {
  return fault.name === name && fault.startTime === startTime && fault.targets.join() === targets.join()
}

function stallCells(suffered: FaultAvailability | undefined): Markup {
  if (suffered === undefined) return html`<td></td><td></td><td></td><td></td>`
  const { longestStallMs, keys, nextAcknowledgedMs, recoveryMs } = suffered
  const [worst] = keys
  const never = (valueMs: number | null): string => (valueMs === null ? 'never' : formatDuration(valueMs))
  return html`<td class="number">${formatDuration(longestStallMs)}</td>
<td class="number">${worst === undefined ? '–' : `${worst.key}: ${formatDuration(worst.stallMs)}`}</td>
<td class="number">${never(nextAcknowledgedMs)}</td><td class="number">${never(recoveryMs)}</td>`
}
