import { describe, expect, test } from 'vitest'
import type { CommitOutcome, GroupMemberOptions } from '../workloads/client/client.ts'
import { GroupWorld, type TestMember } from './group-members.testing.ts'

interface Kind {
  readonly name: string
  readonly options: Partial<GroupMemberOptions>
  readonly isIncremental: boolean
}

const kinds: readonly Kind[] = [
  ...['range', 'roundrobin', 'sticky'].map((name) => ({ name, options: { assignors: [name] }, isIncremental: false })),
  { name: 'cooperative-sticky', options: { assignors: ['cooperative-sticky'] }, isIncremental: true },
  { name: 'KIP-848', options: { protocol: 'consumer' as const, assignors: [] }, isIncremental: true },
]

const all = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
const owned = (members: readonly TestMember[]): number[] => members.flatMap(({ numbers }) => numbers).sort((a, b) => a - b)
const sizes = (members: readonly TestMember[]): number[] => members.map(({ numbers }) => numbers.length).sort()

/** Everything is owned once, as evenly as can be. */
function isShared(members: readonly TestMember[], partitions: number): boolean {
  const counts = sizes(members)
  return owned(members).join() === all(partitions).join() && counts.at(-1)! - counts[0]! <= 1
}

function commit(stage: GroupWorld, { member }: TestMember, offset: number, timeoutMs = 5000): CommitOutcome {
  return stage.wait((done) => member.commit([{ topic: 't', partition: 0, offset, leaderEpoch: -1 }], timeoutMs, done))
}

function committed(stage: GroupWorld): number {
  const result = stage.wait<Parameters<Parameters<typeof stage.client.admin.fetchOffsets>[3]>[0]>((done) =>
    stage.client.admin.fetchOffsets('g', [{ topic: 't', partition: 0 }], 30_000, done))
  if (!result.ok) throw new Error(result.error.code)
  return result.value[0]!.offset
}

describe.each(kinds)('members of a group by $name', ({ options, isIncremental }) => {
  function stageWith(partitions: number): GroupWorld {
    const stage = new GroupWorld()
    stage.topic('t', partitions)
    return stage
  }

  test('share out six partitions, again when one joins, leaves or dies, and when partitions come', () => {
    const stage = stageWith(6)
    const [a, b] = [stage.member('a', options), stage.member('b', options)]
    expect(stage.runUntil(() => isShared([a, b], 6))).toBeDefined()
    const c = stage.member('c', options)
    expect(stage.runUntil(() => isShared([a, b, c], 6))).toBeDefined()
    stage.wait((done) => b.member.leave(done))
    expect(stage.runUntil(() => isShared([a, c], 6), 10_000)).toBeDefined()
    c.client.close()
    expect(stage.runUntil(() => isShared([a], 6), 10_000)).toBeGreaterThan(1500)
    stage.wait((done) => stage.client.admin.createPartitions('t', 9, 10_000, done))
    expect(stage.runUntil(() => isShared([a], 9), 10_000)).toBeDefined()
  })

  test('read from what is committed, and who is left alone reads all', () => {
    const stage = stageWith(2)
    stage.send('t', 0, ['1', '2', '3'])
    const a = stage.member('a', options)
    expect(stage.runUntil(() => a.read.length === 3)).toBeDefined()
    expect(commit(stage, a, 2)).toMatchObject({ type: 'ok', attempts: 1 })
    a.client.close()
    const b = stage.member('b', options)
    expect(stage.runUntil(() => b.read.length > 0)).toBeDefined()
    expect(b.read).toEqual(['t-0@2'])
    expect(committed(stage)).toBe(2)
  })

  test('keep what they have while another joins, where the protocol lets them', () => {
    const stage = stageWith(4)
    const a = stage.member('a', options)
    expect(stage.runUntil(() => isShared([a], 4))).toBeDefined()
    const before = a.told.length
    const b = stage.member('b', options)
    expect(stage.runUntil(() => isShared([a, b], 4))).toBeDefined()
    const revoked = a.told.slice(before).filter((word) => word.startsWith('revoked'))
    expect(revoked.map((word) => word.split(' ').length - 1)).toEqual([isIncremental ? 2 : 4])
  })

  test('that were held past their session cannot commit, are told so, and come back', () => {
    const stage = stageWith(2)
    const [a, b] = [stage.member('a', options), stage.member('b', options)]
    expect(stage.runUntil(() => isShared([a, b], 2))).toBeDefined()
    const zombie = a.numbers.includes(0) ? a : b
    const other = zombie === a ? b : a
    zombie.member.hold()
    expect(stage.runUntil(() => isShared([other], 2), 10_000)).toBeGreaterThan(1500)
    expect(commit(stage, other, 7)).toMatchObject({ type: 'ok' })
    expect(commit(stage, zombie, 5)).toMatchObject({ type: 'fail', error: { definite: true } })
    expect(committed(stage)).toBe(7)
    zombie.member.release()
    expect(stage.runUntil(() => isShared([a, b], 2), 10_000)).toBeDefined()
    expect(zombie.told.some((word) => word.startsWith('lost t-0'))).toBe(true)
  })

  test('outlive their coordinator', () => {
    const stage = stageWith(3)
    const members = ['a', 'b', 'c'].map((name) => stage.member(name, options))
    expect(stage.runUntil(() => isShared(members, 3))).toBeDefined()
    const first = members.find(({ numbers }) => numbers.includes(0))!
    commit(stage, first, 1)
    const { coordinator } = stage
    stage.cluster.kill(coordinator)
    expect(commit(stage, first, 2, 20_000)).toMatchObject({ type: 'ok' })
    const d = stage.member('d', options)
    expect(stage.runUntil(() => isShared([...members, d], 3), 20_000)).toBeDefined()
    expect(committed(stage)).toBe(2)
  })

  test('with an instance id come back without a rebalance', () => {
    const stage = stageWith(4)
    const [a, b] = [stage.member('a', options), stage.member('b', { ...options, instanceId: 'i' })]
    expect(stage.runUntil(() => isShared([a, b], 4))).toBeDefined()
    const had = b.numbers
    const told = a.told.length
    if (options.protocol === 'consumer') stage.wait((done) => b.member.leave(done))
    b.client.close()
    const again = stage.member('b2', { ...options, instanceId: 'i' })
    expect(stage.runUntil(() => again.numbers.length === 2, 10_000)).toBeDefined()
    stage.run(5000)
    expect(again.numbers).toEqual(had)
    expect(a.told.slice(told)).toEqual([])
  })

  test('who does not poll for too long is out, until it polls again', () => {
    const stage = stageWith(2)
    const [a, b] = [stage.member('a', options), stage.member('b', { ...options, maxPollIntervalMs: 2000 })]
    expect(stage.runUntil(() => isShared([a, b], 2))).toBeDefined()
    b.polls = false
    expect(stage.runUntil(() => isShared([a], 2), 10_000)).toBeDefined()
    expect(b.told.at(-1)).toMatch(/^lost t-\d by POLL_TIMEOUT$/)
    b.member.poll(1, 1000, () => undefined)
    expect(stage.runUntil(() => isShared([a, b], 2), 10_000)).toBeDefined()
  })

  test('that ask for other topics get them', () => {
    const stage = stageWith(2)
    stage.topic('u', 2)
    const [a, b] = [stage.member('a', options), stage.member('b', options)]
    expect(stage.runUntil(() => isShared([a, b], 2))).toBeDefined()
    b.member.subscribe(['u'])
    expect(stage.runUntil(() => a.owned.size === 2 && b.owned.size === 2, 10_000)).toBeDefined()
    expect([[...a.owned].sort(), [...b.owned].sort()]).toEqual([['t-0', 't-1'], ['u-0', 'u-1']])
  })
})

describe('an instance id taken by another', () => {
  test('fences the one before it, in a classic group', () => {
    const stage = new GroupWorld()
    stage.topic('t', 1)
    const a = stage.member('a', { instanceId: 'i' })
    expect(stage.runUntil(() => isShared([a], 1))).toBeDefined()
    const b = stage.member('b', { instanceId: 'i' })
    expect(stage.runUntil(() => isShared([b], 1))).toBeDefined()
    expect(commit(stage, a, 1)).toMatchObject({ type: 'fail', error: { code: 'FENCED_INSTANCE_ID' } })
    stage.run(2000)
    expect(a.told.slice(-2)).toEqual(['lost t-0 by FENCED_INSTANCE_ID', 'error FENCED_INSTANCE_ID'])
  })

  test('must wait for it in a consumer group', () => {
    const stage = new GroupWorld()
    stage.topic('t', 1)
    const options = { protocol: 'consumer' as const, assignors: [], instanceId: 'i' }
    const a = stage.member('a', options)
    expect(stage.runUntil(() => isShared([a], 1))).toBeDefined()
    const b = stage.member('b', options)
    stage.run(1000)
    expect(b.told).toContain('refused UNRELEASED_INSTANCE_ID')
    a.client.close()
    expect(stage.runUntil(() => isShared([b], 1), 10_000)).toBeDefined()
  })
})

describe('committed offsets of a group without members', () => {
  test('are set, told and led back for replay by an administrator; with members they are not', () => {
    const stage = new GroupWorld()
    stage.topic('t', 1)
    stage.send('t', 0, ['1', '2', '3'])
    const { admin } = stage.client
    stage.wait((done) => admin.commitOffsets('g', [{ topic: 't', partition: 0, offset: 2, leaderEpoch: -1 }], 10_000, done))
    expect(committed(stage)).toBe(2)
    const reset = stage.wait((done) => admin.resetOffsets('g', [{ topic: 't', partition: 0, timestamp: -2 }], 10_000, done))
    expect(reset).toMatchObject({ ok: true, value: [{ offset: 0 }] })
    expect(committed(stage)).toBe(0)
    const a = stage.member('a')
    expect(stage.runUntil(() => a.read.length === 3)).toBeDefined()
    const refused = stage.wait((done) => admin.commitOffsets('g', [{ topic: 't', partition: 0, offset: 2, leaderEpoch: -1 }], 10_000, done))
    expect(refused).toMatchObject({ ok: false, error: { code: 'UNKNOWN_MEMBER_ID', definite: true } })
    expect(stage.wait((done) => admin.fetchOffsets('none', null, 10_000, done))).toMatchObject({ ok: true, value: [] })
  })
})

test('without a committed offset the reset policy says where to begin', () => {
  const stage = new GroupWorld()
  stage.topic('t', 1)
  stage.send('t', 0, ['1', '2', '3'])
  const started = (resetPolicy: 'earliest' | 'latest' | 'none'): string[] => {
    const consumer = { isolation: 'read_uncommitted', resetPolicy, maxWaitMs: 100, minBytes: 1, maxBytes: 1e6, partitionMaxBytes: 1e6, retryBackoffMs: 100, maxBufferedRecords: 100 } as const
    const member = stage.member(resetPolicy, { group: `g-${resetPolicy}`, consumer })
    stage.run(5000)
    return member.told.slice(2)
  }
  expect(started('earliest')).toEqual(['assigned t-0@0'])
  expect(started('latest')).toEqual(['assigned t-0@3'])
  expect(started('none')).toEqual(['error NO_OFFSET', 'assigned t-0@-1'])
})
