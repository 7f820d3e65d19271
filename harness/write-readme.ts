/** `npm run readme`: puts the verdict of the last run into the README, between its marks. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Verdict } from '../checkers/verdict.ts'
import { renderVerdictTable } from '../reports/terminal.ts'
import { root } from './checkout.ts'

const verdict = JSON.parse(readFileSync(join(root, 'runs', 'latest', 'verdict.json'), 'utf8')) as Verdict
/** The table and the closing sentence; what is allowed and listed would only be long here. */
const scenarios = verdict.scenarios.map((scenario) => ({ ...scenario, findings: scenario.findings.filter(({ allowed }) => !allowed) }))
const table = renderVerdictTable({ ...verdict, scenarios }, { color: false, columns: 110 }).trim()
const file = join(root, 'README.md')
const marks = /(<!-- verdict -->\n)[^]*(<!-- \/verdict -->)/
writeFileSync(file, readFileSync(file, 'utf8').replace(marks, (_, begin: string, end: string) => `${begin}\n\`\`\`\n${table}\n\`\`\`\n\n${end}`))
