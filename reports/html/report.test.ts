import { readFileSync } from 'node:fs'
import { Script } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { timelineSpec } from '../charts.ts'
import { hostileHistories, hostileText, hostileVerdict } from '../testing/arbitraries.ts'
import { readHtml, type Element } from '../testing/markup-check.ts'
import { trial } from '../testing/trial-fixture.ts'
import { prepare } from '../prepare.ts'
import { formatDuration } from '../words.ts'
import { pageScript } from './page-script.ts'
import { renderReport, type ChartLibraries, type RunFacts } from './report.ts'

const run: RunFacts = {
  seed: 5, commit: 'a1b2c3d', versions: { node: 'v24' }, options: { time: '60s', scenario: ['kill-leader'] },
  startedAt: '2026-01-12T09:30:00Z',
}
const noLibraries: ChartLibraries = { vega: '/* vega */', vegaLite: '/* vega-lite */', vegaEmbed: '/* vega-embed */' }
const small = trial({ rate: 30, durationSeconds: 30, seed: 5 })
const report = renderReport({ ...small, run, assets: noLibraries })

const textOf = (elements: readonly Element[], name: string): string[] =>
  elements.filter((one) => one.name === name).map(({ text }) => text.trim())

function library(file: string): string {
  return readFileSync(new URL(`../../node_modules/${file}`, import.meta.url), 'utf8')
}

describe('the HTML report', () => {
  test('is well formed and says the verdict in words', () => {
    const { elements } = readHtml(report)
    expect(textOf(elements, 'h1')).toEqual(['✗ INVALID'])
    expect(report).toContain('1 of 3 scenarios broke a promise: lost-write 1; 1 more could not be judged.')
    expect(textOf(elements, 'title')).toEqual(['INVALID: Tribunal, seed 5'])
    expect(elements.filter(({ name }) => name === 'section')).toHaveLength(5)
  })

  test('takes nothing from the network and forbids the page to', () => {
    const { elements } = readHtml(report)
    for (const { attributes } of elements) {
      expect(attributes).not.toHaveProperty('src')
      expect(attributes['href'] ?? '#').toMatch(/^#/)
    }
    const policy = elements.find(({ attributes }) => attributes['http-equiv'] === 'Content-Security-Policy')
    expect(policy!.attributes['content']).toContain('default-src &#39;none&#39;')
  })

  test('holds the specification of each chart as data, with all its rows', () => {
    const { raw } = readHtml(report)
    const specs = raw.filter((text) => text.startsWith('{"$schema"')).map((text) => JSON.parse(text) as unknown)
    expect(specs).toHaveLength(3)
    const { verdict, histories } = small
    const { faults, findings } = verdict.scenarios[0]!
    const prepared = prepare(histories[0]!.ops, { faults, findings, maxPoints: 5000 })!
    expect(specs[0]).toEqual(JSON.parse(JSON.stringify(timelineSpec(prepared))))
  })

  test('tells a finding as a story and shows the offsets around it, the bad one marked by more than colour', () => {
    const [finding] = small.verdict.scenarios[0]!.findings
    for (const { op, shows } of finding!.witness) {
      expect(report).toContain(`#${op}</th>`)
      expect(report).toContain(shows)
    }
    expect(report).toContain(`<th scope="col" class="named">▾ ${finding!.offsets![0]}</th>`)
  })

  test('says what an anomaly is and on whom it is blamed, where it is told', () => {
    expect(report).toContain('<span>blamed on the broker</span>')
    expect(report).not.toContain('class="explained"')
    const words = { anomalies: { 'lost-write': 'A record is <gone>.' }, coverage: {} }
    const explained = renderReport({ ...small, run, assets: noLibraries, words })
    expect(explained).toContain('<p class="explained">A record is &lt;gone&gt;.</p>')
  })

  test('tells of each fault what was seen of it and how long sending stood still', () => {
    const { elements } = readHtml(report)
    const [fault] = small.verdict.scenarios[0]!.availability!.faults
    expect(report).toContain('exitedBy SIGKILL, connect ECONNREFUSED')
    expect(report).toContain(`orders-2: ${formatDuration(fault!.keys[0]!.stallMs)}`)
    expect(textOf(elements, 'td')).toEqual(expect.arrayContaining(['never', '40 ms', formatDuration(fault!.longestStallMs)]))
    const { availability, ...without } = small.verdict.scenarios[0]!
    const bare = renderReport({ ...small, verdict: { ...small.verdict, scenarios: [without] }, run, assets: noLibraries })
    expect(availability).toBeDefined()
    expect(textOf(readHtml(bare).elements, 'th')).not.toContain('recovery')
  })

  test('tells what the seeds of a scenario went through, what never happened first, and not among the figures', () => {
    const words = { anomalies: {}, coverage: { tornTails: 'a recovery that cut a torn tail' } }
    const page = renderReport({ ...small, run, assets: noLibraries, words })
    const { elements } = readHtml(page)
    expect(textOf(elements, 'summary')).toContain('What it went through: 3 of 4 kinds')
    expect(page).toMatch(/a recovery that cut a torn tail<\/th>\s*<td class="number"><span class="is-unknown">\? 0 %/)
    expect(textOf(elements, 'td')).toEqual(expect.arrayContaining(['42 %', '&lt; 1 %', '97 %']))
    expect(textOf(elements, 'dt').filter((name) => name.includes('coverage'))).toEqual([])
  })

  test('tables name their rows and columns, and charts are told in words', () => {
    const { elements } = readHtml(report)
    for (const { name, attributes } of elements) if (name === 'th') expect(attributes['scope']).toMatch(/^(row|col)$/)
    const charts = elements.filter(({ attributes }) => attributes['class'] === 'chart')
    expect(charts).toHaveLength(3)
    for (const { attributes } of charts) expect(attributes['aria-label']).toMatch(/operations answered in 30.0 s/)
  })

  test('says so where the charts are of one simulated seed', () => {
    expect(report).toContain('A sample, seed 17: one of 1,200.')
  })

  test('tells what a load run was to reach, and what it reached', () => {
    const objectives = [{ name: 'produceP99Ms', limit: 500, measured: 1234.5, isMet: false }]
    const verdict = { ...small.verdict, scenarios: [{ ...small.verdict.scenarios[0]!, objectives }] }
    const page = renderReport({ ...small, verdict, run, assets: noLibraries })
    expect(page).toContain('<th scope="row">produce p99 ms</th><td>1,234.5</td><td>500</td><td>✗ missed</td>')
  })

  test('a scenario without a history has its figures and no chart', () => {
    const bare = renderReport({ verdict: small.verdict, histories: [], run, assets: noLibraries })
    expect(readHtml(bare).elements.filter(({ attributes }) => attributes['class'] === 'chart')).toEqual([])
    expect(bare).toContain('No history at hand')
    expect(bare).toContain('seeds per second')
    expect(bare).not.toContain('/* vega */')
  })

  test('the script of the page is JavaScript', () => {
    expect(() => new Script(pageScript)).not.toThrow()
  })

  test('with a hundred thousand ops and the real libraries it stays below five megabytes', () => {
    const big = trial({ rate: 950, durationSeconds: 60, seed: 9 })
    expect(big.histories.reduce((sum, { ops }) => sum + ops.length, 0)).toBeGreaterThan(100_000)
    const assets = {
      vega: library('vega/build/vega.min.js'),
      vegaLite: library('vega-lite/build/vega-lite.min.js'),
      vegaEmbed: library('vega-embed/build/vega-embed.min.js'),
    }
    const whole = renderReport({ ...big, run, assets })
    expect(Buffer.byteLength(whole)).toBeLessThan(5_000_000)
    expect(readHtml(whole).raw.filter((text) => text.startsWith('{"$schema"'))).toHaveLength(3)
  })

  test('with hundreds of scenarios it stays below five megabytes, and the worst verdicts keep their charts', () => {
    const { verdict, histories } = trial({ rate: 150, durationSeconds: 20, seed: 9 })
    const many = Array.from({ length: 400 }, (_, at) => at)
    const good = many.map((at) => ({ ...verdict.scenarios[2]!, name: `good-${at}` }))
    const worst = { ...verdict.scenarios[0]!, name: 'worst' }
    const { ops } = histories[0]!
    const all = [...many.map((at) => ({ scenario: `good-${at}`, ops })), { scenario: 'worst', ops }]
    const page = renderReport({ verdict: { ...verdict, scenarios: [...good, worst] }, histories: all, run, assets: noLibraries })
    expect(Buffer.byteLength(page)).toBeLessThan(4_100_000)
    expect(page).toContain('id="chart-401-spec"')
    expect(page).toContain('id="chart-1-spec"')
    expect(page).not.toContain('id="chart-400-spec"')
  })

  test('any verdict and history is rendered well formed, with nothing of theirs as markup', () => {
    const names = new Set([
      'html', 'head', 'meta', 'title', 'style', 'body', 'header', 'p', 'h1', 'h2', 'h3', 'h4', 'span', 'main', 'section', 'div',
      'table', 'caption', 'thead', 'tbody', 'tr', 'th', 'td', 'a', 'small', 'dl', 'dt', 'dd', 'ul', 'li', 'pre', 'code', 'strong',
      'figure', 'figcaption', 'details', 'summary', 'footer', 'script',
    ])
    const facts = fc.record({
      seed: fc.double(), commit: hostileText, startedAt: hostileText,
      versions: fc.dictionary(hostileText, hostileText, { maxKeys: 3 }),
      options: fc.dictionary(hostileText, fc.anything({ withBigInt: true }), { maxKeys: 3 }),
    })
    fc.assert(
      fc.property(hostileVerdict, hostileHistories, facts, (verdict, histories, run) => {
        const page = renderReport({ verdict, histories, run, assets: noLibraries })
        const { elements, raw } = readHtml(page)
        for (const { name, attributes } of elements) {
          expect(names).toContain(name)
          expect(Object.keys(attributes).filter((key) => key.startsWith('on'))).toEqual([])
        }
        for (const text of raw.filter((one) => one.startsWith('{'))) expect(text).not.toMatch(/[<>]/)
      }),
    )
  })
})
