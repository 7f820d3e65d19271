/** What is said of the planted defects: the page follows the registry, and each names a published bug and where it is convicted. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { checkers } from '../checkers/registry.ts'
import { defects } from '../reference-broker/defects/registry.ts'
import { defectsPage, renderDefectsPage } from './defects-page.ts'
import { wireAnomalies } from './races/wire-anomalies.ts'
import { processScenario } from './scenarios.ts'

const all = Object.entries(defects)
const onProcesses = all.filter(([, defect]) => defect.onProcesses !== undefined)
const anomalies = [...checkers.map(({ name }) => name), ...Object.keys(wireAnomalies), 'broker-failure']
/** An issue, a KIP, or a report that has a name. */
const published = /(KAFKA|KIP)-\d+|[\w/-]+ #\d+|Jepsen|Bufstream 0\.1\.0/

it('docs/defects.md says what the registry says (else: npm run defects)', () => {
  expect(readFileSync(defectsPage, 'utf8')).toBe(renderDefectsPage())
})

it('there are at least fifteen, and at least six are convicted on processes', () => {
  expect(all.length).toBeGreaterThanOrEqual(15)
  expect(onProcesses.length).toBeGreaterThanOrEqual(6)
})

it.each(all)('%s names the published bug it imitates, and anomalies that exist', (_name, { imitates, anomalies: own }) => {
  expect(imitates).toMatch(published)
  expect(own.length).toBeGreaterThan(0)
  expect(anomalies).toEqual(expect.arrayContaining([...own]))
})

/** What no broker can do to a client: max.poll.records is the client's to keep, and so is what it puts aside. */
const clientsOnly: ReadonlySet<string> = new Set(['overfull-poll', 'lost-dead-letter', 'false-dead-letter', 'blocked-partition'])
const ofGroups = checkers.filter(({ guarantees, name }) => guarantees.some((id) => id.startsWith('GRP-')) && !clientsOnly.has(name))

it.each(ofGroups.map(({ name }) => name))('%s has a planted defect', (name) => {
  expect(all.filter(([, defect]) => defect.anomalies.includes(name))).not.toEqual([])
})

it.each(onProcesses)('%s names a scenario on processes', (_name, defect) => {
  expect(processScenario(defect.onProcesses!).name).toBe(defect.onProcesses)
})
