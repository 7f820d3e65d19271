import { expect, it } from 'vitest'
import { apis } from '../../protocol/apis.ts'
import { offLines, whatIsOff } from './abilities.ts'
import type { Attached } from './attach.ts'

const broker = (id: number): Attached['brokers'][number] => ({ id, host: 'there', port: 9092 })
const attached: Attached = {
  clusterId: null,
  brokers: [broker(1), broker(2), broker(3)],
  versions: Object.fromEntries(Object.keys(apis).map((name) => [name, 1])),
  features: {},
  topics: [],
  quorumError: undefined,
  uncoordinated: {},
}

function namesOff(changes: Partial<Attached> = {}): readonly string[] {
  return whatIsOff({ ...attached, ...changes }, 'wire').flatMap(({ names }) => names)
}

function without(...names: readonly string[]): Partial<Attached> {
  return { versions: Object.fromEntries(Object.entries(attached.versions).filter(([name]) => !names.includes(name))) }
}

it('no check is off where everything is served', () => {
  for (const name of ['double-owner', 'lost-commit', 'torn-transaction', 'lost-write', 'stuck']) expect(namesOff()).not.toContain(name)
})

it('the checks of groups, and of transactions, are off by name where those are not served', () => {
  const groupless = namesOff(without('SyncGroup'))
  for (const name of ['double-owner', 'orphan-partition', 'lost-commit', 'offset-regression', 'stuck-rebalance']) expect(groupless).toContain(name)
  for (const name of ['lost-write', 'duplicate', 'torn-transaction', 'stuck']) expect(groupless).not.toContain(name)
  expect(offLines(whatIsOff({ ...attached, ...without('SyncGroup') }, 'wire'))).toMatch(/^off: .*double-owner.* \(no consumer groups: SyncGroup not served\)/m)
  expect(namesOff({ uncoordinated: { groups: 'COORDINATOR_NOT_AVAILABLE' } })).toContain('double-owner')
  expect(namesOff(without('EndTxn'))).toContain('torn-transaction')
  expect(namesOff(without('ConsumerGroupHeartbeat'))).toContain('groups of the KIP-848 protocol')
})

it('the checks of groups and transactions are off by name where another client sends', () => {
  const off = whatIsOff(attached, 'kafkajs').flatMap(({ names }) => names)
  for (const name of ['double-owner', 'torn-transaction', 'cut-clients']) expect(off).toContain(name)
  expect(off).not.toContain('lost-write')
})

it('what is not served is off', () => {
  expect(namesOff()).not.toContain('changes of the controller')
  expect(namesOff({ versions: {} })).toEqual(expect.arrayContaining(['idempotent producers', 'changes of the controller', 'truncation seen by consumers']))
  expect(namesOff({ brokers: [broker(1)] })).toContain('replication')
})
