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
    const lawful = says.endsWith(' allowed')
    const names = says.split(' ').filter(name => name !== 'allowed')
    if (says === 'valid') expect({ valid, convicts, allowed, reasons }).toEqual({ valid: true, convicts: [], allowed: [], reasons: [] })
    else if (says === 'unknown') expect({ valid, convicts, allowed }).toEqual({ valid: 'unknown', convicts: [], allowed: [] })
    else if (lawful) expect({ valid, convicts, allowed }).toEqual({ valid: true, convicts: [], allowed: names })
    else expect({ valid, convicts, allowed }).toEqual({ valid: false, convicts: names, allowed: [] })
  })

  it.each(checkers.map(({ name }) => name))('explains %s and shows it, next to a good history', name => {
    const [, section] = new RegExp(`\n### ${name}\n([\\s\\S]*?)(\n##|$)`).exec(document) ?? []
    expect(section).toContain(`\`\`\`history ${name}`)
    expect(section).toContain('```history valid')
  })
})
