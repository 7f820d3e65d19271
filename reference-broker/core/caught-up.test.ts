import { expect, it } from 'vitest'
import { nodeName, RoleCluster } from '../../simulator/role-cluster.testing.ts'
import { apis } from '../../protocol/apis.ts'
import { errorName } from '../../protocol/errors.ts'
import { zeroUuid } from '../../protocol/uuid.ts'

/** Longer than a broker takes to come back, shorter than a client waits. */
const whileCutMs = 5000

it('a broker that comes back tells clients nothing before it has caught up with the metadata', () => {
  const cluster = new RoleCluster({ roles: ['controller', 'broker', 'broker'] })
  cluster.untilUp()
  cluster.create('t', { replicationFactor: 2 })
  cluster.kill(3)
  cluster.create('late', { replicationFactor: 1 })
  const { network } = cluster.world
  const between = [nodeName(1), nodeName(3)] as const
  network.block(between[0], between[1])
  network.block(between[1], between[0])
  cluster.start(3)
  const answers: string[] = []
  const topics = ['t', 'late'].map((name) => ({ name, topicId: zeroUuid }))
  cluster.pass(100)
  cluster.send(3, apis.Metadata, { topics, allowAutoTopicCreation: false }, {
    version: apis.Metadata.versions.max,
    port: 9092,
    done: (answer) => answers.push(...(answer.ok ? answer.body.topics.map((topic) => `${topic.name} ${errorName(topic.errorCode)}`) : [answer.reason])),
  })
  cluster.pass(whileCutMs)
  expect(answers).toEqual([])
  network.unblock(between[0], between[1])
  network.unblock(between[1], between[0])
  cluster.until(() => answers.length > 0, 'an answer')
  expect(answers).toEqual(['t NONE', 'late NONE'])
})
