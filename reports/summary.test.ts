import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { renderSummary } from './summary.ts'
import { hostileHistories, hostileVerdict } from './testing/arbitraries.ts'
import { trial } from './testing/trial-fixture.ts'

const { verdict, histories } = trial({ rate: 30, durationSeconds: 30, seed: 5 })

describe('the Markdown summary', () => {
  test('opens with the verdict in words and a row for each scenario', () => {
    const lines = renderSummary(verdict, histories).split('\n')
    expect(lines[0]).toBe('## Tribunal: ✗ INVALID')
    expect(lines[2]).toContain('1 of 3 scenarios broke a promise: lost-write 1; 1 more could not be judged.')
    const rows = lines.filter((line) => line.startsWith('| '))
    expect(rows).toHaveLength(5)
    expect(rows[2]).toMatch(/^\| kill-leader \| processes \| 1 \|.*\| lost-write 1 \| ✗ INVALID \|$/)
  })

  test('tells findings with witness, reasons, what is allowed and the command of a failing seed', () => {
    const failure = { seed: 17, command: 'tribunal replay 17', story: [] }
    const failed = { ...verdict, scenarios: [{ ...verdict.scenarios[0]!, failure }, verdict.scenarios[1]!] }
    const told = renderSummary(failed)
    expect(told).toContain('**lost-write** breaks DUR-1, DUR-3: v')
    expect(told).toMatch(/```text\n#\d+ {2}/)
    expect(told).toContain('```sh\ntribunal replay 17\n```')
    expect(told).toContain('- pause of 1 was never seen in force')
    expect(told).toContain('Allowed by configuration:\n\n- duplicate')
  })

  test('tells what a load run was to reach, and what it reached', () => {
    const objectives = [
      { name: 'produceP99Ms', limit: 500, measured: 1234.5, isMet: false }, { name: 'recoveryMs', limit: 20_000, measured: null, isMet: true },
    ]
    const told = renderSummary({ ...verdict, scenarios: [{ ...verdict.scenarios[2]!, objectives }] })
    expect(told).toContain('| produce p99 ms | 1,234.5 | 500 | ✗ |\n| recovery ms | not measured | 20,000 | ✓ |')
  })

  test('any verdict is rendered with its table whole and without raw HTML outside fences', () => {
    fc.assert(
      fc.property(hostileVerdict, hostileHistories, (verdict, histories) => {
        const told = renderSummary(verdict, histories)
        const table = outsideFences(told).split('\n').filter((line) => line.startsWith('| '))
        const cells = table.map((line) => line.replaceAll(String.raw`\\`, '').replaceAll(String.raw`\|`, '').split('|').length)
        expect(new Set(cells).size).toBeLessThanOrEqual(1)
        expect(outsideFences(told)).not.toMatch(/<[a-z/!]/i)
      }),
    )
  })

  test('the summary of ten thousand findings stays below half a megabyte', () => {
    const [guilty] = verdict.scenarios
    const findings = Array.from({ length: 10_000 }, () => guilty!.findings[0]!)
    expect(renderSummary({ ...verdict, scenarios: [{ ...guilty!, findings }] }).length).toBeLessThan(500_000)
  })
})

function outsideFences(markdown: string): string {
  let fence = ''
  const outside: string[] = []
  for (const line of markdown.split('\n')) {
    const [marks = ''] = /^`{3,}/.exec(line) ?? []
    if (fence === '' && marks !== '') fence = marks
    else if (fence !== '' && line === fence) fence = ''
    else if (fence === '') outside.push(line)
  }
  return outside.join('\n')
}
