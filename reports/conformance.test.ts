import { describe, expect, it } from 'vitest'
import { renderConformanceMarkdown, renderConformancePage, type ConformanceReport } from './conformance.ts'
import { readMarkup } from './testing/markup-check.ts'

const difference = { times: 3, steps: ['> Fetch 4 {"topic":"<b>"}'], a: '< 1', b: '< 2' }
const report: ConformanceReport = {
  a: 'ours', b: 'host:1', valid: false, seed: 7, runs: 10, stories: 2, sequences: 30, durationMs: 4000,
  differences: [
    { ...difference, signature: 'Fetch <errorCode>: NONE or X', reason: null },
    { ...difference, signature: 'Fetch sessionId: 0 or session1', reason: 'Sessions are declined.' },
  ],
  apis: [{ name: 'Fetch', key: 1, a: '4-18', b: '4-18' }, { name: 'key 11', key: 11, a: null, b: '0-9' }],
}

describe('a comparison of two brokers', () => {
  it.each([['Markdown', renderConformanceMarkdown], ['HTML', renderConformancePage]])('in %s tells every difference, why it is allowed, and what only one serves', (_, render) => {
    const text = render(report)
    for (const words of ['1 difference not declared, 1 declared', 'Sessions are declined.', 'key 11', 'not served', 'Seed 7']) {
      expect(text.replaceAll('\\', '')).toContain(words)
    }
    expect(text).not.toContain('<errorCode>')
    expect(text).not.toMatch(/Fetch<\/th><td class="number">1</)
  })

  it('is a page whose markup is whole', () => {
    expect(readMarkup(renderConformancePage(report), ['meta']).map(({ name }) => name)).toContain('section')
  })
})
