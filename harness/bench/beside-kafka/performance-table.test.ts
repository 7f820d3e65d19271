import { describe, expect, it } from 'vitest'
import { fullMatrix, headline, isPaced, isReadBack, nameOf, shortMatrix, sizeOf } from './cases.ts'
import type { ProduceRun } from './measure.ts'
import { performancePage, withTables } from './performance-page.ts'
import { renderTables } from './performance-table.ts'
import { ticksOf } from './process-usage.ts'
import type { BenchResult } from './result.ts'
import { readFileSync } from 'node:fs'

function produceRun(recordsPerSecond: number, p99Ms: number): ProduceRun {
  return { records: 1, recordsPerSecond, averageMs: 1, p50Ms: 1, p95Ms: 1, p99Ms, p999Ms: 9, maxMs: 9, cpuMsPerMb: 12.34, rssBytes: 300 * 2 ** 20 }
}

const produced = [
  { ours: produceRun(20_000, 10), kafka: produceRun(10_000, 40) },
  { ours: produceRun(24_000, 20), kafka: produceRun(16_000, 40) },
  { ours: produceRun(30_000, 30), kafka: produceRun(10_000, 40) },
]
const consumed = [{ ours: { recordsPerSecond: 1000, cpuMsPerMb: 1, rssBytes: 1 }, kafka: { recordsPerSecond: 500, cpuMsPerMb: 2, rssBytes: 1 } }]

function resultOf(pairs: number): BenchResult {
  return {
    machine: { cpu: 'a processor', cores: 2, memoryGiB: 24, platform: 'linux x64' },
    versions: { tribunal: '0.1.0', commit: 'abc1234', node: '24.0.0', kafka: '4.3.1', java: '17.0.15' },
    command: 'npm run bench -- kafka', date: '2026-01-02T03:04:05.000Z', tookMs: 600_000, pairs,
    cases: [{ of: headline, produced, paced: produced, consumed }],
    starts: [{ ours: { startMs: 200, restBytes: 50 * 2 ** 20 }, kafka: { startMs: 4000, restBytes: 500 * 2 ** 20 } }],
    idle: { ours: { cpuShare: 0.01, rssBytes: 2 ** 30 }, kafka: { cpuShare: 0.05, rssBytes: 2 ** 31 } },
  }
}

describe('the tables of a bench', () => {
  it('have both figures, and the ratio of the pairs with its spread', () => {
    const row = '| RF 3, acks=all, 1 KiB, 1 partition | 24,000 | 10,000 | 2.00 (1.50 to 3.00) | 20 | 40 | 0.50 (0.25 to 0.75) | 12.3 | 12.3 | 1.00 (1.00 to 1.00) | 300 | 300 |'
    expect(renderTables(resultOf(3)).split('\n')).toContain(row)
  })

  it('show starts, memory and idleness', () => {
    const text = renderTables(resultOf(3))
    expect(text).toContain('| start to Metadata, ms | 200 | 4,000 | 0.05 |')
    expect(text).toContain('| 50 | 500 | 0.10 |')
    expect(text).toContain('| 1.0 % | 5.0 % | 0.20 |')
  })

  it('say when there are fewer pairs than asked for', () => {
    expect(renderTables(resultOf(3))).not.toContain('Only')
    expect(renderTables(resultOf(5))).toContain('Only 3 of 5 pairs')
  })

  it('have as many cells in each row as in the header', () => {
    const lines = renderTables(resultOf(3)).split('\n')
    for (const [at, line] of lines.entries()) {
      if (line.startsWith('|') && lines[at - 1]?.startsWith('|')) expect(line.split('|').length).toBe(lines[at - 1]!.split('|').length)
    }
  })

  it('stand between the marks of the page, and nothing else changes', () => {
    const page = readFileSync(performancePage, 'utf8')
    const written = withTables(page, resultOf(3))
    expect(written).toContain('abc1234')
    expect(withTables(written, resultOf(3))).toBe(written)
    const outside = (text: string): string => text.replace(/<!-- bench -->[^]*<!-- \/bench -->/, '')
    expect(outside(written)).toBe(outside(page))
    expect(() => withTables('no marks', resultOf(3))).toThrow()
  })
})

describe('the cases of a bench', () => {
  it('have names of their own', () => {
    for (const matrix of [shortMatrix, fullMatrix]) expect(new Set(matrix.map(nameOf)).size).toBe(matrix.length)
  })

  it('are in the full matrix, each of the short one', () => {
    const full = new Set(fullMatrix.map(nameOf))
    expect(shortMatrix.filter((each) => !full.has(nameOf(each)))).toEqual([])
  })

  it('leave most records to be counted, are read back once and paced once', () => {
    for (const each of fullMatrix) expect(sizeOf(each).warmUp * 2).toBeLessThan(sizeOf(each).records)
    expect(fullMatrix.filter(isPaced)).toEqual([headline])
    expect(fullMatrix.filter(isReadBack).length).toBe(12)
  })
})

describe('the time of a process', () => {
  it('is that of user and system, whatever the process is called', () => {
    expect(ticksOf('17 (a) b (c)) S 1 2 3 4 5 6 7 8 9 10 700 30 0 0 20 0 1 0 5')).toBe(730)
  })
})
