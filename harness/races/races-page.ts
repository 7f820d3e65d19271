/** The races as `docs/races.md` shows them: from the registry, so that the page cannot say otherwise. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defects } from '../../reference-broker/defects/registry.ts'
import { root } from '../checkout.ts'
import type { Race } from './race.ts'
import { races } from './registry.ts'
import { wireAnomalies } from './wire-anomalies.ts'

export const racesPage: string = join(root, 'docs', 'races.md')

function between(page: string, name: string, text: string): string {
  const marks = new RegExp(`(<!-- ${name} -->\\n)[^]*(<!-- /${name} -->)`)
  if (!marks.test(page)) throw new Error(`docs/races.md has lost its marks of ${name}`)
  return page.replace(marks, (_, begin: string, end: string) => `${begin}\n${text}\n\n${end}`)
}

/** The page as it should be: what stands between its marks comes from the registry. */
export function renderRacesPage(): string {
  const page = readFileSync(racesPage, 'utf8')
  const anomalies = Object.entries(wireAnomalies).map(([name, { says, guarantees }]) => `- \`${name}\` (${guarantees.join(', ')}): ${says}`).join('\n')
  return between(between(page, 'races', races.map(section).join('\n\n')), 'anomalies', anomalies)
}

function section(race: Race): string {
  const { name, describes, cases, versions = [2, 1], expects, protocolBug, issue, wrongClient } = race
  const convicted = Object.entries(defects).filter(([, defect]) => defect.race === name).map(([defect]) => `\`${defect}\``)
  const lines = [
    `### ${name}`,
    '',
    describes,
    '',
    `- After ${cases.join(', ')}`,
    ...[...versions].sort().map((version) => `- Under version ${version}: ${expects[version]}`),
    ...(protocolBug === undefined ? [] : [`- Under version ${protocolBug.under} it convicts every broker, as ${protocolBug.issue}; \`--accept ${protocolBug.issue}\` lists it instead`]),
    ...(issue === undefined ? [] : [`- Who fails it is convicted as ${issue}`]),
    ...(wrongClient === undefined ? [] : [`- A client that ${wrongClient.describes} is convicted of ${wrongClient.anomalies.map((each) => `\`${each}\``).join(', ')}, and is to blame`]),
    ...(convicted.length === 0 ? [] : [`- Convicts the planted ${convicted.join(', ')}`]),
    `- Played ${placesOf(race)}`,
  ]
  return lines.join('\n')
}

function placesOf({ needsOurCluster, simulatedDecisions }: Race): string {
  if (simulatedDecisions !== undefined) return 'in the simulator only: getting there would take hours'
  return needsOurCluster === true ? 'in the simulator and on broker processes' : 'in the simulator, on broker processes and on any cluster'
}
