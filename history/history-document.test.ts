/** docs/history.md is executed: what it shows is what is written and read. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkValue } from './value-checksum.ts'
import { parseHistory, renderOp } from './jsonl.ts'
import { parseNotation } from './notation.ts'
import type { MicroOp, Op } from './op.ts'

const document = readFileSync(new URL('../docs/history.md', import.meta.url), 'utf8')
const blocks = [...document.matchAll(/```(jsonl|jsonl foreign|jsonl refused|notation)\n([\s\S]*?)\n```/g)].map(
  ([, kind, text]) => ({ kind: kind!, text: text! }),
)

function rendered(ops: readonly Op[]): string {
  return ops.map(renderOp).join('\n')
}

describe('docs/history.md', () => {
  it('has examples of every kind', () => {
    const kinds = new Set(blocks.map(({ kind }) => kind))
    expect([...kinds].sort()).toEqual(['jsonl', 'jsonl foreign', 'jsonl refused', 'notation'])
  })

  it.each(blocks.filter(({ kind }) => kind === 'jsonl'))('shows exactly what is written: %#', ({ text }) => {
    expect(rendered(parseHistory(text))).toBe(text)
  })

  it.each(blocks.flatMap((block, at) => (block.kind === 'jsonl foreign' ? [[block.text, blocks[at + 1]!.text]] : [])))(
    'reads a foreign history as the block after it says: %#',
    (foreign, ours) => expect(rendered(parseHistory(foreign))).toBe(ours),
  )

  it.each(blocks.flatMap((block, at) => (block.kind === 'notation' ? [[block.text, blocks[at + 1]!.text]] : [])))(
    'reads the short notation as the block after it says: %#',
    (short, ours) => expect(rendered(parseNotation(short))).toBe(ours),
  )

  it.each(blocks.filter(({ kind }) => kind === 'jsonl refused'))('refuses with the last line: %#', ({ text }) => {
    const lines = text.split('\n')
    expect(() => parseHistory(lines.slice(0, -1))).toThrow(lines.at(-1))
  })

  it('shows values whose checksum is right', () => {
    const [first] = blocks
    const values = parseHistory(first!.text).flatMap(({ f, value }) => (f === 'send' ? (value as MicroOp[]) : []))
    expect(values.map(micro => micro.f === 'send' && checkValue(micro.value))).toEqual([true, true])
  })
})
