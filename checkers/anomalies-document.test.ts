/** docs/anomalies.md is executed: every block is judged and shows exactly what it says. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkers } from './registry.ts'
import { judged } from './testing/judged.ts'

const document = readFileSync(new URL('../docs/anomalies.md', import.meta.url), 'utf8')
const blocks = [...document.matchAll(/```history ([^\n]+)\n([\s\S]*?)```/g)].map(([, says, text]) => {
  return { says: says!, text: text! }
})

describe('docs/anomalies.md', () => {
  it.each(blocks)('says $says (%#)', ({ says, text }) => {
    const { valid, convicts, allowed, reasons } = judged(text)
    const [first, lawful] = says.endsWith(' allowed') ? ['', ...says.slice(0, -' allowed'.length).split(', ')].slice(-2) : [says, '']
    const words = (names: string | undefined): string[] => (names ?? '').split(' ').filter(name => name !== '')
    if (says === 'valid') expect({ valid, convicts, allowed, reasons }).toEqual({ valid: true, convicts: [], allowed: [], reasons: [] })
    else if (says === 'unknown') expect({ valid, convicts, allowed }).toEqual({ valid: 'unknown', convicts: [], allowed: [] })
    else expect({ valid, convicts, allowed }).toEqual({ valid: words(first).length === 0, convicts: words(first), allowed: words(lawful) })
  })

  it.each(checkers.map(({ name }) => name))('explains %s and shows it, next to a good history', name => {
    const [, section] = new RegExp(`\n### ${name}\n([\\s\\S]*?)(\n##|$)`).exec(document) ?? []
    expect(section).toMatch(new RegExp(`\`\`\`history ([^\n]* )?${name}[ ,\n]`))
    expect(section).toContain('```history valid')
  })
})
