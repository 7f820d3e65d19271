import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { textWidth } from './plain-text.ts'
import { renderVerdictTable } from './terminal.ts'
import { hostileHistories, hostileVerdict } from './testing/arbitraries.ts'
import { trial } from './testing/trial-fixture.ts'

const { verdict, histories } = trial({ rate: 30, durationSeconds: 30, seed: 5 })
const plain = (columns: number): string => renderVerdictTable(verdict, { color: false, columns, histories })

describe('the verdict in a terminal', () => {
  test('the columns of the table line up, one row a scenario', () => {
    const [head = '', rule = '', ...rest] = plain(120).split('\n')
    const rows = rest.slice(0, 3)
    expect(head.split(/ {2,}/)).toEqual([
      'scenario', 'target', 'seeds', 'ops', 'acknowledged', 'faults in force', 'anomalies', 'verdict',
    ])
    const last = rule.lastIndexOf(' ') + 1
    expect(rows.map((row) => row.slice(last))).toEqual(['✗ INVALID', '? unknown', '✓ valid'])
    expect(rows[1]).toMatch(/pause-follower +processes +1 +[\d,]+ +[\d,]+ +2 of 3 +0 \(\+1\)/)
  })

  test('no line is wider than 80 columns', () => {
    for (const line of plain(80).split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(80)
    expect(plain(80)).toMatch(/^scenario .* acked {2}in force/)
    for (const { name } of verdict.scenarios) expect(plain(80)).toContain(name)
  })

  test('names are cut where the terminal is narrower still', () => {
    expect(plain(60)).toMatch(/\n\S+… /)
  })

  test('a finding is told with its message, place and witness ops', () => {
    const told = plain(100).replace(/\s+/g, ' ')
    const [finding] = verdict.scenarios[0]!.findings
    expect(told).toContain('lost-write breaks DUR-1, DUR-3')
    expect(told).toContain(finding!.message)
    expect(told).toContain(`offsets ${finding!.offsets![0]}`)
    for (const { op, shows } of finding!.witness) {
      expect(told).toContain(`#${op}`)
      expect(told).toContain(`→ ${shows}`)
    }
  })

  test('without histories the witness still says what each op shows', () => {
    const told = renderVerdictTable(verdict, { color: false, columns: 100 })
    expect(told).toContain('the leader is killed')
    expect(told).not.toContain('→')
  })

  test('what makes it unknown and what is allowed stand under their own headings', () => {
    const told = plain(100)
    expect(told).toMatch(/why it is unknown:\n {2}\? pause of 1 was never seen in force/)
    expect(told).toMatch(/allowed by configuration:\n {2}· duplicate: .*\n {4}because the producer is not idempotent/)
  })

  test('the command of a failing seed stands whole on a line of its own', () => {
    const command = `tribunal replay 17 --scenario kill-leader ${'--option value '.repeat(12).trim()}`
    const failure = { seed: 17, command, story: ['1.2 s  broker 1 loses power'] }
    const failed = { ...verdict, scenarios: [{ ...verdict.scenarios[0]!, failure }] }
    expect(renderVerdictTable(failed, { color: true, columns: 80 }).split('\n')).toContainEqual(
      expect.stringContaining(command),
    )
    expect(renderVerdictTable(failed, { color: false, columns: 80 })).toContain('broker 1 loses power')
  })

  test('colour adds nothing but colour', () => {
    const colored = renderVerdictTable(verdict, { color: true, columns: 90, histories })
    expect(colored).toContain('\u001B[31m')
    const bare = colored.split('\u001B').map((part, at) => (at === 0 ? part : part.replace(/^\[\d+m/, ''))).join('')
    expect(bare).toBe(plain(90))
  })

  test('many findings are cut short, none of the anomalies without an example', () => {
    const [guilty] = verdict.scenarios
    const many = Array.from({ length: 40 }, () => guilty!.findings[0]!)
    const findings = [...many, { ...many[0]!, anomaly: 'poll-skip' }]
    const told = renderVerdictTable({ ...verdict, scenarios: [{ ...guilty!, findings }] }, { color: false, columns: 80 })
    expect(told).toContain('poll-skip')
    expect(told).toContain('… 33 more findings in verdict.json')
  })

  test('any verdict is rendered, no line but a command wider than the terminal, no control character let through', () => {
    fc.assert(
      fc.property(hostileVerdict, hostileHistories, fc.integer({ min: 60, max: 160 }), (verdict, histories, columns) => {
        const commands = new Set(verdict.scenarios.flatMap(({ failure }) => (failure === undefined ? [] : [failure.command])))
        const told = renderVerdictTable(verdict, { color: false, columns, histories })
        expect(told.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cs}]/u)
        if (commands.size > 0) return
        for (const line of told.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(columns)
      }),
    )
  })
})
