/** Refuses a configuration of which a checker would read something else than was meant: what is missing is fine, what is wrong is not. */
import { HistoryError } from './history-error.ts'
import { shown } from './shown.ts'

interface Field {
  readonly must: string
  readonly isSound: (value: unknown) => boolean
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value)
const isCount = (value: unknown): boolean => typeof value === 'number' && value >= 0
const isText = (value: unknown): boolean => typeof value === 'string'

function oneOf(...values: readonly unknown[]): Field {
  return { must: `be one of ${values.join(', ')}`, isSound: (value) => values.includes(value) }
}

function listOf(what: string, isSound: (value: unknown) => boolean): Field {
  return { must: `be a list of ${what}`, isSound: (value) => Array.isArray(value) && value.every(isSound) }
}

const flag: Field = oneOf(true, false)
const count: Field = { must: 'be a number from 0', isSound: isCount }
const text: Field = { must: 'be a text', isSound: isText }

const groupFields: Readonly<Record<string, Field>> = {
  group: text,
  topics: listOf('topics', isText),
  sessionTimeoutMs: count,
  rebalanceTimeoutMs: count,
  delivery: oneOf('at-most-once', 'at-least-once', 'exactly-once'),
  resetPolicy: oneOf('earliest', 'latest', 'none'),
  maxPollRecords: count,
  cooperative: flag,
}

/** Only what checkers read; a run may keep more. */
const fields: Readonly<Record<string, Field>> = {
  acks: oneOf(-1, 0, 1),
  idempotence: flag,
  isolation: oneOf('read_uncommitted', 'read_committed'),
  minInSyncReplicas: count,
  replicationFactor: count,
  uncleanLeaderElection: flag,
  transactional: flag,
  transactionTimeoutMs: count,
  recoveryMs: count,
  beyondPromises: text,
  rebalanceBoundMs: count,
  groups: listOf('groups, each with its name as "group"', (each) => isObject(each) && isText(each['group'])),
  deadLetters: listOf('groups, each with the topic it puts records aside in', (each) => isObject(each) && isText(each['group']) && isText(each['topic'])),
  floors: { must: 'be figures by name, each a number from 0', isSound: (value) => isObject(value) && Object.values(value).every(isCount) },
}

function check(given: Readonly<Record<string, unknown>>, known: Readonly<Record<string, Field>>, line: number): void {
  for (const [name, { must, isSound }] of Object.entries(known)) {
    const value = given[name]
    if (value !== undefined && value !== null && !isSound(value)) throw new HistoryError(line, `"${name}" of the configuration must ${must}, not ${shown(value)}`)
  }
}

/** Throws HistoryError. */
export function checkConfig(value: unknown, line: number): void {
  if (!isObject(value)) return
  check(value, fields, line)
  for (const group of (value['groups'] ?? []) as readonly Readonly<Record<string, unknown>>[]) check(group, groupFields, line)
}
