import { expect, test } from 'vitest'
import { errorCode } from '../../../protocol/errors.ts'
import { TestCluster } from '../../testing/cluster.testing.ts'
import { TestWorld } from '../../testing/world.testing.ts'
import type { CommitOutcome } from '../client.ts'
import { KafkaCluster } from '../cluster.ts'
import { Coordinator } from '../coordinator.ts'
import { clusterDefaults } from '../defaults.ts'
import { OffsetCommits } from './offset-commits.ts'

const retryBackoffMs = 100
const identity = { memberId: 'm', generation: 1, instanceId: undefined }

class Stage {
  readonly world: TestWorld = new TestWorld(4)
  readonly brokers: TestCluster
  readonly commits: OffsetCommits
  readonly outcomes: Record<number, CommitOutcome> = {}

  constructor() {
    this.brokers = new TestCluster(this.world, { topics: { t: 2 }, topicIds: false })
    const bootstrap = [{ host: 'b1', port: 9092 }]
    const cluster = new KafkaCluster(this.world.client(), { ...clusterDefaults, bootstrap, clientId: 'c' })
    const coordinator = new Coordinator(cluster, { kind: 'group', key: 'g', retryBackoffMs })
    this.commits = new OffsetCommits(cluster, coordinator, { group: 'g', retryBackoffMs })
  }

  commit(partition: number, offset: number): void {
    const offsets = [{ topic: 't', partition, offset, leaderEpoch: -1 }]
    this.commits.commit(identity, { offsets, timeoutMs: 5000 }, (outcome) => (this.outcomes[offset] = outcome))
  }

  /** Errors of the first requests, in the order they come. */
  refuse(...codes: number[]): void {
    this.brokers.transactions.onCall = ({ api }) => {
      const error = api === 'OffsetCommit' ? codes.shift() : undefined
      return error === undefined ? undefined : { error }
    }
  }

  committed(partition: number): number | undefined {
    return this.brokers.transactions.offsets.get(`g t-${partition}`)
  }
}

test('a commit is tried again while the coordinator loads', () => {
  const stage = new Stage()
  stage.refuse(errorCode.COORDINATOR_LOAD_IN_PROGRESS, errorCode.NOT_COORDINATOR)
  stage.commit(0, 5)
  stage.world.runFor(2000)
  expect(stage.outcomes[5]).toMatchObject({ type: 'ok', attempts: 3 })
  expect(stage.committed(0)).toBe(5)
})

test('a commit that a later one has overtaken is not tried again: it would set the group back', () => {
  const stage = new Stage()
  stage.refuse(errorCode.COORDINATOR_LOAD_IN_PROGRESS)
  stage.commit(0, 5)
  stage.commit(0, 7)
  stage.world.runFor(2000)
  expect(stage.outcomes[7]).toMatchObject({ type: 'ok', attempts: 1 })
  expect(stage.outcomes[5]).toEqual({ type: 'fail', error: { code: 'COORDINATOR_LOAD_IN_PROGRESS', definite: true }, attempts: 1 })
  expect(stage.committed(0)).toBe(7)
})

test('a later commit of another partition overtakes nothing', () => {
  const stage = new Stage()
  stage.refuse(errorCode.COORDINATOR_LOAD_IN_PROGRESS)
  stage.commit(0, 5)
  stage.commit(1, 7)
  stage.world.runFor(2000)
  expect(stage.outcomes[5]).toMatchObject({ type: 'ok', attempts: 2 })
  expect([stage.committed(0), stage.committed(1)]).toEqual([5, 7])
})
