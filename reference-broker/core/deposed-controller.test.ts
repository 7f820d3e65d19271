import { expect, it } from 'vitest'
import { nodeName, RoleCluster } from '../../simulator/role-cluster.testing.ts'
import { apis } from '../../protocol/apis.ts'
import { errorName } from '../../protocol/errors.ts'
import { toBigInt } from '../../protocol/int64.ts'
import { metadataTopic } from './raft/metadata-topic.ts'

const controllerPort = 9093

it('a controller that steps down answers what waits behind the request it could not commit as what it is now', () => {
  const cluster = new RoleCluster({ roles: ['both', 'both', 'both'] })
  cluster.untilUp()
  const deposed = cluster.controllerId!
  const others = cluster.nodeIds.filter((id) => id !== deposed)
  for (const id of others) {
    cluster.world.network.block(nodeName(id), nodeName(deposed))
    cluster.world.network.block(nodeName(deposed), nodeName(id))
  }
  const answers: string[] = []
  for (const name of ['first', 'second']) {
    const topics = [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]
    cluster.send(deposed, apis.CreateTopics, { topics, timeoutMs: 30_000 }, {
      version: apis.CreateTopics.versions.max,
      port: controllerPort,
      done: (answer) => answers.push(answer.ok ? errorName(answer.body.topics[0]!.errorCode) : answer.reason),
    })
  }
  cluster.until(() => answers.length === 2, 'both answers')
  expect(answers).toEqual(['NOT_CONTROLLER', 'NOT_CONTROLLER'])
})

it('a quorum leader that steps down takes no more records from what waits behind a fetch it parked', () => {
  const cluster = new RoleCluster({ roles: ['both', 'both', 'both'] })
  cluster.untilUp()
  const deposed = cluster.controllerId!
  const raft = cluster.running.get(deposed)!.raft!
  for (const id of cluster.nodeIds) {
    if (id === deposed) continue
    cluster.world.network.block(nodeName(id), nodeName(deposed))
    cluster.world.network.block(nodeName(deposed), nodeName(id))
  }
  const answers: string[] = []
  const partition = { partition: 0, currentLeaderEpoch: raft.epoch, fetchOffset: toBigInt(raft.log.logEndOffset), partitionMaxBytes: 1000 }
  cluster.send(deposed, apis.Fetch, {
    clusterId: null,
    replicaState: { replicaId: 9, replicaEpoch: -1n },
    maxWaitMs: 30_000,
    minBytes: 1,
    maxBytes: 1000,
    topics: [{ topicId: metadataTopic.id, partitions: [{ ...partition, lastFetchedEpoch: raft.log.epochs.latest, highWatermark: toBigInt(raft.highWatermark) }] }],
    forgottenTopicsData: [],
  }, {
    version: apis.Fetch.versions.max,
    port: controllerPort,
    done: () => answers.push(`fetched as ${raft.role}`),
  })
  const topics = [{ name: 'late', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]
  const { logEndOffset } = raft.log
  cluster.send(deposed, apis.CreateTopics, { topics, timeoutMs: 30_000 }, {
    version: apis.CreateTopics.versions.max,
    port: controllerPort,
    done: (answer) => answers.push(answer.ok ? errorName(answer.body.topics[0]!.errorCode) : answer.reason),
  })
  cluster.until(() => answers.length === 2, 'both answers')
  cluster.pass(100)
  expect(answers[1]).toBe('NOT_CONTROLLER')
  expect(raft.log.logEndOffset).toBe(logEndOffset)
})
