/** What a comparison of two brokers found, for people and CI: data, and Markdown and HTML of it. */
import { escapeMarkdown, fencedBlock } from './escape.ts'
import { html, Markup, nothing } from './html/markup.ts'
import { pageStyle } from './html/page-style.ts'
import { formatCount, formatDuration } from './words.ts'

export interface ConformanceDifference {
  /** What differs, in one line, the same for all its cases. */
  readonly signature: string
  /** Why it is meant; null when nobody has declared it. */
  readonly reason: string | null
  /** How many stories and sequences showed it. */
  readonly times: number
  /** The smallest sequence of requests that shows it, one a line; the last is answered differently. */
  readonly steps: readonly string[]
  /** The two answers to the last. */
  readonly a: string
  readonly b: string
}

export interface ServedApi {
  readonly name: string
  readonly key: number
  /** `0-5`; null where it is not served. */
  readonly a: string | null
  readonly b: string | null
}

export interface ConformanceReport {
  readonly a: string
  readonly b: string
  /** False when a difference was found that nobody has declared. */
  readonly valid: boolean
  readonly seed: number
  readonly runs: number
  readonly stories: number
  /** Sequences that were played on both, those of the shrinking among them. */
  readonly sequences: number
  readonly durationMs: number
  readonly differences: readonly ConformanceDifference[]
  readonly apis: readonly ServedApi[]
}

function undeclared({ differences }: ConformanceReport): readonly ConformanceDifference[] {
  return differences.filter(({ reason }) => reason === null)
}

function declared({ differences }: ConformanceReport): readonly ConformanceDifference[] {
  return differences.filter(({ reason }) => reason !== null)
}

function sentence(report: ConformanceReport): string {
  const open = undeclared(report).length
  const meant = declared(report).length
  const found = open === 0 ? 'No difference that is not declared' : `${open} difference${open === 1 ? '' : 's'} not declared`
  return `${found}, ${meant} declared, in ${formatCount(report.stories)} stories and ${formatCount(report.runs)} random sequences.`
}

function facts({ seed, sequences, durationMs }: ConformanceReport): string {
  return `Seed ${seed}, ${formatCount(sequences)} sequences played on both, ${formatDuration(durationMs)}.`
}

/** APIs that only one of them serves, and those of which they serve different versions. */
function unequalApis({ apis }: ConformanceReport): readonly ServedApi[] {
  return apis.filter(({ a, b }) => a !== b)
}

const notServed = 'not served'

export function renderConformanceMarkdown(report: ConformanceReport): string {
  const { a, b } = report
  const blocks = [
    `# ${escapeMarkdown(a)} and ${escapeMarkdown(b)}`,
    sentence(report),
    facts(report),
    ...undeclared(report).flatMap((each) => differenceBlocks(report, each)),
  ]
  if (declared(report).length > 0) blocks.push('## Declared', declared(report).map(declaredLine).join('\n'))
  const rows = unequalApis(report).map((api) =>
    `| ${escapeMarkdown(api.name)} | ${api.key} | ${api.a ?? notServed} | ${api.b ?? notServed} |`)
  if (rows.length > 0) {
    const head = `| API | key | ${escapeMarkdown(a)} | ${escapeMarkdown(b)} |`
    blocks.push('## What they serve, where that is not the same', [head, '| --- | ---: | --- | --- |', ...rows].join('\n'))
  }
  return `${blocks.join('\n\n')}\n`
}

function differenceBlocks(report: ConformanceReport, { signature, times, steps, a, b }: ConformanceDifference): string[] {
  const answers = [`${report.a}: ${a}`, `${report.b}: ${b}`]
  return [`## ${escapeMarkdown(signature)}`, `Seen ${times} times. The smallest sequence:`, fencedBlock([...steps, '', ...answers].join('\n'), 'text')]
}

function declaredLine({ signature, reason, times }: ConformanceDifference): string {
  return `- ${escapeMarkdown(signature)} (${times} times): ${escapeMarkdown(reason ?? '')}`
}

const contentPolicy = "default-src 'none'; style-src 'unsafe-inline'"

/** A complete HTML document. */
export function renderConformancePage(report: ConformanceReport): string {
  const word = report.valid ? 'valid' : 'invalid'
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy}">
<title>${report.a} and ${report.b}: Tribunal</title>
<style>${new Markup(pageStyle)}</style>
</head>
<body>
<header><p class="brand">Tribunal conformance</p><h1 class="is-${word}">${report.a} and ${report.b}</h1>
<p class="lead">${sentence(report)}</p><p class="facts">${facts(report)}</p></header>
<main>
${undeclared(report).map((each) => differenceSection(report, each))}
${declaredSection(report)}
${servedSection(report)}
</main>
</body>
</html>
`
  return page.text
}

function differenceSection(report: ConformanceReport, { signature, times, steps, a, b }: ConformanceDifference): Markup {
  return html`<section class="of-invalid"><h2>${signature} <small>seen ${times} times</small></h2>
<p>The smallest sequence that shows it:</p><pre>${steps.join('\n')}</pre>
<h3>${report.a}</h3><pre>${a}</pre><h3>${report.b}</h3><pre>${b}</pre></section>
`
}

function declaredSection(report: ConformanceReport): Markup {
  const rows = declared(report)
  if (rows.length === 0) return nothing
  return html`<section><h2>Declared</h2><div class="scroll"><table>
<thead><tr><th scope="col">difference</th><th scope="col">reason</th><th scope="col" class="number">seen</th></tr></thead>
<tbody>${rows.map(({ signature, reason, times }) => html`<tr><th scope="row">${signature}</th><td>${reason ?? ''}</td>
<td class="number">${times}</td></tr>
`)}</tbody></table></div></section>
`
}

function servedSection(report: ConformanceReport): Markup {
  const rows = unequalApis(report)
  if (rows.length === 0) return nothing
  return html`<section><h2>What they serve, where that is not the same</h2><div class="scroll"><table>
<thead><tr><th scope="col">API</th><th scope="col" class="number">key</th><th scope="col">${report.a}</th>
<th scope="col">${report.b}</th></tr></thead>
<tbody>${rows.map(({ name, key, a, b }) => html`<tr><th scope="row">${name}</th><td class="number">${key}</td>
<td>${a ?? notServed}</td><td>${b ?? notServed}</td></tr>
`)}</tbody></table></div></section>
`
}
