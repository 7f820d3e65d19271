import { expect, it } from 'vitest'
import { offLines, whatIsOff } from './abilities.ts'
import type { Attached } from './attach.ts'

const broker = (id: number): Attached['brokers'][number] => ({ id, host: 'there', port: 9092 })
const attached: Attached = {
  clusterId: null,
  brokers: [broker(1), broker(2), broker(3)],
  versions: { InitProducerId: 4, DescribeQuorum: 1, OffsetForLeaderEpoch: 4 },
  features: {},
  topics: [],
  quorumError: undefined,
}

function namesOff(changes: Partial<Attached> = {}): readonly string[] {
  return whatIsOff({ ...attached, ...changes }, 'wire').flatMap(({ names }) => names)
}

it('every check of consumer groups is off by name, and none of what else is tried', () => {
  const off = namesOff()
  for (const name of ['double-owner', 'orphan-partition', 'lost-commit', 'offset-regression', 'stuck-rebalance', 'unbalanced-assignment']) expect(off).toContain(name)
  for (const name of ['lost-write', 'duplicate', 'torn-transaction', 'stuck']) expect(off).not.toContain(name)
  expect(offLines(whatIsOff(attached, 'wire'))).toMatch(/^off: .*double-owner.* \(no consumer groups are tried there: /m)
})

it('what is not served is off', () => {
  expect(namesOff()).not.toContain('changes of the controller')
  expect(namesOff({ versions: {} })).toEqual(expect.arrayContaining(['idempotent producers', 'changes of the controller', 'truncation seen by consumers']))
  expect(namesOff({ brokers: [broker(1)] })).toContain('replication')
})
