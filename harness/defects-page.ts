/** The planted defects as `docs/defects.md` shows them: from the registry, so that the page cannot say otherwise. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defects } from '../reference-broker/defects/registry.ts'
import { root } from './checkout.ts'

export const defectsPage: string = join(root, 'docs', 'defects.md')
const marks = /(<!-- defects -->\n)[^]*(<!-- \/defects -->)/

/** The page as it should be: what stands between its marks comes from the registry. */
export function renderDefectsPage(): string {
  const page = readFileSync(defectsPage, 'utf8')
  if (!marks.test(page)) throw new Error('docs/defects.md has lost its marks')
  return page.replace(marks, (_, begin: string, end: string) => `${begin}\n${renderDefects()}\n${end}`)
}

function renderDefects(): string {
  return Object.entries(defects)
    .map(([name, { describes, imitates, anomalies, onProcesses, scenario, race }]) => {
      const lines = [
        `### ${name}`,
        '',
        describes,
        '',
        `- Imitates ${imitates}`,
        `- Convicted of ${anomalies.map((anomaly) => `\`${anomaly}\``).join(', ')}`,
        ...(scenario === undefined ? [] : [`- In the simulator by \`${scenario}\``]),
        ...(race === undefined ? [] : [`- By the race \`${race}\``]),
        ...(onProcesses === undefined ? [] : [`- On processes by \`${onProcesses}\``]),
      ]
      return `${lines.join('\n')}\n`
    })
    .join('\n')
}
