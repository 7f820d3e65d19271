import { describe, expect, it } from 'vitest'
import { FindingList, keptPerAspect } from './finding-list.ts'
import type { Finding } from './verdict.ts'

function finding(message: string): Finding {
  return { anomaly: 'any', guarantees: [], message, witness: [] }
}

describe('a list of findings', () => {
  it('keeps the smallest of each aspect, smallest first, and counts the others', () => {
    const list = new FindingList()
    const sizes = Array.from({ length: 100 }, (_, at) => (at * 37) % 100)
    for (const size of sizes) list.add(size, 'many', () => finding(String(size)))
    list.add(1000, 'one', () => finding('large'))
    const { findings, omitted } = list.result()
    expect(findings.map(({ message }) => message)).toEqual([...Array.from({ length: keptPerAspect }, (_, at) => String(at)), 'large'])
    expect(omitted).toBe(100 - keptPerAspect)
  })

  it('makes only what it keeps', () => {
    const list = new FindingList()
    let made = 0
    for (let size = 0; size < 1000; size++) {
      list.add(size, '', () => {
        made++
        return finding('')
      })
    }
    list.result()
    expect(made).toBe(keptPerAspect)
  })
})
