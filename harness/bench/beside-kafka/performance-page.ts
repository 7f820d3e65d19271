/** `docs/performance.md`: what stands between its marks is the last result; the lessons beside it are written by hand. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../checkout.ts'
import { renderTables } from './performance-table.ts'
import type { BenchResult } from './result.ts'

export const performancePage: string = join(root, 'docs', 'performance.md')
const marks = /(<!-- bench -->\n)[^]*(<!-- \/bench -->)/

/** Throws when the page has lost its marks. */
export function withTables(page: string, result: BenchResult): string {
  if (!marks.test(page)) throw new Error('docs/performance.md has lost its marks')
  return page.replace(marks, (_, begin: string, end: string) => `${begin}\n${renderTables(result)}\n\n${end}`)
}

export function writePerformancePage(result: BenchResult): void {
  writeFileSync(performancePage, withTables(readFileSync(performancePage, 'utf8'), result))
}
