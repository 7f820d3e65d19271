/** What a coordinator says that was deposed and cannot have heard of it. */
import { expect, test } from 'vitest'
import type { AdminResult, CommittedOffset, WorkloadAdmin } from '../workloads/client/client.ts'
import { GroupWorld } from './group-members.testing.ts'
import { brokerName } from './sim-cluster.ts'

const partition = { topic: 't', partition: 0 }

function commit(stage: GroupWorld, admin: WorkloadAdmin, offset: number): boolean {
  const commits = [{ ...partition, offset, leaderEpoch: -1 }]
  return stage.wait<AdminResult<null>>((done) => admin.commitOffsets('g', commits, 20_000, done)).ok
}

function committed(stage: GroupWorld, admin: WorkloadAdmin): { readonly offset: number; readonly node: number | undefined } {
  const result = stage.wait<AdminResult<readonly CommittedOffset[]>>((done) => admin.fetchOffsets('g', [partition], 20_000, done))
  if (!result.ok) throw new Error(result.error.code)
  return { offset: result.value[0]!.offset, node: result.node }
}

test('a coordinator that is cut off tells what it knew, and nobody commits there', () => {
  const stage = new GroupWorld()
  stage.topic('t', 1)
  const { admin } = stage.client
  expect(commit(stage, admin, 100)).toBe(true)
  const deposed = stage.coordinator
  expect(committed(stage, admin)).toEqual({ offset: 100, node: deposed })
  const others = [1, 2, 3].filter((id) => id !== deposed)
  const { network } = stage.world
  for (const id of others) {
    network.block(brokerName(deposed), brokerName(id))
    network.block(brokerName(id), brokerName(deposed))
  }
  const leads = (): number => stage.coordinatorBy(others[0]!)
  expect(stage.runUntil(() => leads() !== deposed)).toBeDefined()
  const another = stage.member('another', { group: 'elsewhere' }).client.admin
  expect(commit(stage, another, 200)).toBe(true)
  expect(committed(stage, another)).toEqual({ offset: 200, node: leads() })
  expect(committed(stage, admin)).toEqual({ offset: 100, node: deposed })
})
