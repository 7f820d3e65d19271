/**
 * The verdict as a person at a terminal reads it: one table, then what was found and why, then the command to paste.
 * Marks and words carry everything; colour only repeats them. No line is wider than the terminal but that command.
 */
import type { Finding, ScenarioVerdict, Valid, Verdict } from '../checkers/verdict.ts'
import { cleanLine, pad, textWidth, truncate, wrap } from './plain-text.ts'
import { witnessLookup, type OpLookup, type ScenarioHistory } from './scenario-history.ts'
import { findingPlace, witnessLines, type WitnessLine } from './witness.ts'
import {
  allowed, breaksWhat, convicting, countedBeyondList, faultsInForce, findingTitle, formatCount, formatDuration,
  formatShort, groupSentence, pickFindings, plural, verdictMark, verdictSentence, verdictWord,
} from './words.ts'

export interface TerminalOptions {
  readonly color: boolean
  /** Cells in a line; taken as 60 when it is less. */
  readonly columns: number
  /** With them, witness lines tell what each op was; without, only what it shows. */
  readonly histories?: readonly ScenarioHistory[]
}

interface Column {
  readonly title: string
  /** Used when the terminal is too narrow for all the titles. */
  readonly shortTitle: string
  readonly align: 'left' | 'right'
  readonly cells: readonly string[]
}

type Paint = (text: string, style: keyof typeof styles) => string

const styles = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const
const leastColumns = 60
const leastNameWidth = 8
const gap = '  '
const shownFindings = 8
const shownWitness = 16

/** The table, every finding, every reason for `unknown`, and per failing seed the command that shows it again. */
export function renderVerdictTable(verdict: Verdict, options: TerminalOptions): string {
  const paint: Paint = (text, style) => (options.color ? `\u001B[${styles[style]}m${text}\u001B[0m` : text)
  const columns = Math.max(leastColumns, Math.floor(options.columns) || leastColumns)
  const lines = verdict.scenarios.length > 0 ? tableLines(verdict.scenarios, columns, paint) : []
  lines.push(...groupLines(verdict.scenarios, columns))
  for (const scenario of verdict.scenarios) {
    const lookup = witnessLookup(scenario, options.histories)
    lines.push(...scenarioLines(scenario, { columns, paint, lookup }))
  }
  lines.push('', ...closingLines(verdict, columns, paint))
  return `${lines.join('\n')}\n`
}

function groupLines(scenarios: readonly ScenarioVerdict[], columns: number): string[] {
  const said = scenarios.map((scenario) => [scenario.name, groupSentence(scenario)] as const).filter(([, words]) => words !== '')
  const lines = said.flatMap(([name, words]) => wrap(`consumer groups of ${name}: ${words}`, columns, { first: '  ', rest: '    ' }))
  return lines.length > 0 ? ['', ...lines] : []
}

function closingLines(verdict: Verdict, columns: number, paint: Paint): string[] {
  const counted = countedBeyondList(verdict)
  const facts = `${counted && `counted ${counted}; `}seed ${verdict.seed}, ${formatDuration(verdict.durationMs)}`
  const head = `${verdictMark(verdict.valid)} ${verdictWord(verdict.valid)}`
  const lines = wrap(`${head}: ${verdictSentence(verdict)} (${facts})`, columns, { first: '', rest: '  ' })
  const painted = paintVerdict(head, verdict.valid, paint)
  return lines.map((line, at) => (at === 0 ? painted + line.slice(head.length) : line))
}

function paintVerdict(text: string, valid: Valid, paint: Paint): string {
  if (valid === 'unknown') return paint(text, 'yellow')
  return valid ? paint(text, 'green') : paint(text, 'red')
}

function tableColumns(scenarios: readonly ScenarioVerdict[]): Column[] {
  const column = (title: string, shortTitle: string, cell: (scenario: ScenarioVerdict) => string): Column => ({
    title, shortTitle, align: 'right', cells: scenarios.map((scenario) => cleanLine(cell(scenario))),
  })
  return [
    { ...column('scenario', 'scenario', ({ name }) => name), align: 'left' },
    { ...column('target', 'target', ({ target }) => target), align: 'left' },
    column('seeds', 'seeds', ({ seeds }) => formatCount(seeds)),
    column('ops', 'ops', ({ ops }) => formatShort(ops.invoke)),
    column('acknowledged', 'acked', ({ acknowledged }) => formatShort(acknowledged)),
    column('faults in force', 'in force', (scenario) => faultsInForce([scenario])),
    column('anomalies', 'found', ({ findings }) => anomalyCell(findings)),
    { ...column('verdict', 'verdict', ({ valid }) => `${verdictMark(valid)} ${verdictWord(valid)}`), align: 'left' },
  ]
}

/** Findings that convict, and in brackets those that the configuration allows. */
function anomalyCell(findings: readonly Finding[]): string {
  const lawful = allowed(findings).length
  return `${formatCount(findings.length - lawful)}${lawful > 0 ? ` (+${formatCount(lawful)})` : ''}`
}

function widthOf(column: Column, title: string): number {
  return column.cells.reduce((most, cell) => Math.max(most, textWidth(cell)), textWidth(title))
}

/** Short titles first, then shorter scenario and target names, until the table fits. */
function fitWidths(columns: readonly Column[], room: number): { titles: string[]; widths: number[] } {
  const gaps = gap.length * (columns.length - 1)
  const total = (widths: readonly number[]): number => widths.reduce((sum, width) => sum + width, gaps)
  let titles = columns.map(({ title }) => title)
  let widths = columns.map((column, at) => widthOf(column, titles[at]!))
  if (total(widths) > room) {
    titles = columns.map(({ shortTitle }) => shortTitle)
    widths = columns.map((column, at) => widthOf(column, titles[at]!))
  }
  for (let over = total(widths) - room; over > 0; over--) {
    const widest = widths[0]! >= widths[1]! ? 0 : 1
    const shrunk = widths[widest]! > leastNameWidth ? widest : widths.indexOf(Math.max(...widths))
    widths[shrunk] = Math.max(2, widths[shrunk]! - 1)
  }
  return { titles, widths }
}

function tableLines(scenarios: readonly ScenarioVerdict[], room: number, paint: Paint): string[] {
  const columns = tableColumns(scenarios)
  const { titles, widths } = fitWidths(columns, room)
  const row = (texts: readonly string[]): string =>
    texts.map((text, at) => pad(truncate(text, widths[at]!), widths[at]!, columns[at]!.align)).join(gap).trimEnd()
  const last = columns.length - 1
  const rows = scenarios.map((scenario, at) => {
    const texts = columns.map(({ cells }) => cells[at]!)
    const verdictCell = truncate(texts[last]!, widths[last]!)
    const line = row(texts)
    return line.slice(0, line.length - verdictCell.length) + paintVerdict(verdictCell, scenario.valid, paint)
  })
  return [paint(row(titles), 'bold'), paint(widths.map((width) => '─'.repeat(width)).join(gap), 'dim'), ...rows]
}

interface Place {
  readonly columns: number
  readonly paint: Paint
  readonly lookup: OpLookup
}

function scenarioLines(scenario: ScenarioVerdict, place: Place): string[] {
  const guilty = convicting(scenario.findings)
  const lawful = allowed(scenario.findings)
  if (guilty.length + lawful.length + scenario.reasons.length === 0 && scenario.failure === undefined) return []
  const head = `${verdictMark(scenario.valid)} ${scenario.name}, ${scenario.target}: ${verdictWord(scenario.valid)}`
  const lines = ['', ...wrap(head, place.columns, { first: '', rest: '  ' })
    .map((line) => paintVerdict(line, scenario.valid, place.paint))]
  for (const finding of pickFindings(guilty, shownFindings)) lines.push('', ...findingLines(finding, place))
  lines.push(...restLine(guilty.length - shownFindings, 'finding'))
  const heading = scenario.valid === 'unknown' ? '  why it is unknown:' : '  not judged:'
  if (scenario.reasons.length > 0) lines.push('', heading)
  for (const reason of scenario.reasons) lines.push(...wrap(reason, place.columns, { first: '  ? ', rest: '    ' }))
  if (lawful.length > 0) lines.push('', '  allowed by configuration:')
  for (const finding of pickFindings(lawful, shownFindings)) lines.push(...allowedLines(finding, place.columns))
  lines.push(...restLine(lawful.length - shownFindings, 'allowed finding'))
  if (scenario.failure !== undefined) lines.push(...failureLines(scenario.failure, place))
  return lines
}

function restLine(count: number, what: string): string[] {
  return count > 0 ? [`  … ${plural(count, `more ${what}`)} in verdict.json`] : []
}

function findingLines(finding: Finding, { columns, paint, lookup }: Place): string[] {
  const title = [findingTitle(finding), breaksWhat(finding)].join(' ').trimEnd()
  const [first = '', ...rest] = wrap(title, columns, { first: '  ', rest: '    ' })
  const lines = [paint(first, 'bold'), ...rest]
  lines.push(...wrap(finding.message, columns, { first: '    ', rest: '    ' }))
  const where = findingPlace(finding).join('; ')
  if (where !== '') lines.push(...wrap(where, columns, { first: '    ', rest: '    ' }))
  const witness = witnessLines(finding, lookup)
  lines.push(...witnessBlock(witness.slice(0, shownWitness), columns))
  if (witness.length > shownWitness) lines.push(`      … ${plural(witness.length - shownWitness, 'more op')}`)
  return lines
}

/** Op and time in columns of their own, beside them what the op did and, below, what it shows. */
function witnessBlock(witness: readonly WitnessLine[], columns: number): string[] {
  const widest = (texts: readonly string[]): number => texts.reduce((most, text) => Math.max(most, text.length), 0)
  const opWidth = widest(witness.map(({ op }) => `#${op}`))
  const timeWidth = widest(witness.map(({ time }) => time))
  return witness.flatMap(({ op, time, who, what, shows }) => {
    const first = `    ${`#${op}`.padStart(opWidth)}  ${time.padStart(timeWidth)}${timeWidth > 0 ? '  ' : ''}`
    const rest = ' '.repeat(first.length)
    if (what === '') return wrap(shows, columns, { first, rest })
    const done = wrap(`${who}: ${what}`, columns, { first, rest })
    return shows === '' ? done : [...done, ...wrap(shows, columns, { first: `${rest}→ `, rest: `${rest}  ` })]
  })
}

function allowedLines(finding: Finding, columns: number): string[] {
  const lines = wrap(`${findingTitle(finding)}: ${finding.message}`, columns, { first: '  · ', rest: '    ' })
  return [...lines, ...wrap(`because ${finding.allowed}`, columns, { first: '    ', rest: '    ' })]
}

function failureLines(failure: NonNullable<ScenarioVerdict['failure']>, { columns, paint }: Place): string[] {
  const lines = ['', `  seed ${failure.seed} shows it again:`, `    ${paint(cleanLine(failure.command), 'bold')}`]
  for (const step of failure.story) lines.push(...wrap(step, columns, { first: '    ', rest: '      ' }))
  return lines
}
