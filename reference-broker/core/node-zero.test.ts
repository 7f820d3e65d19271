import { expect, it } from 'vitest'
import { calmDisk } from '../../simulator/sim-disk.ts'
import { calmNetwork } from '../../simulator/sim-wire.ts'
import { World } from '../../simulator/world.ts'
import { Broker } from './broker.ts'
import { defaultBrokerConfig } from './config/broker-config.ts'
import { storyCommands } from './testing/story-commands.ts'
import type { Stage, StageOptions, StoryCluster } from './testing/story-stage.ts'
import { tellStory } from './testing/story.ts'

const ids = [0, 1, 2]
const nameOf = (id: number): string => `node-${id}`

/** As the stories' cluster, but numbered from 0. */
function newStage({ seed }: StageOptions): Stage {
  const world = new World({ seed, network: calmNetwork, disk: calmDisk })
  const running = new Map<number, Broker>()
  const settings = {
    'controller.quorum.voters': ids.map((id) => `${id}@${nameOf(id)}:9093`).join(','),
    'broker.session.timeout.ms': '1500',
    'broker.heartbeat.interval.ms': '300',
  }
  for (const id of ids) {
    world.addNode(nameOf(id), (ports) => {
      const listeners = `PLAINTEXT://${nameOf(id)}:9092,CONTROLLER://${nameOf(id)}:9093`
      const broker = new Broker({
        config: defaultBrokerConfig({ 'node.id': String(id), listeners, ...settings }),
        ports,
        log: () => undefined,
        onFatal: (reason) => {
          throw new Error(reason)
        },
        onListening: () => undefined,
      })
      running.set(id, broker)
      broker.start()
      return broker
    })
  }
  const cluster: StoryCluster = {
    brokerIds: ids,
    running,
    kill: (id) => {
      running.delete(id)
      world.crash(nameOf(id))
    },
    start: (id) => world.start(nameOf(id)),
    stop: () => undefined,
  }
  return { world, cluster, nameOf }
}

it('a broker may have the number 0, lead, follow and be controller', () => {
  const story = `cluster brokers=3
create @1 t replicas=0,1,2 min.insync.replicas=2
produce @0 t-0:a
metadata @2 t
pause 0
wait leader t-0 not 0
produce @1 t-0:b
resume 0
wait isr t-0 0,1,2
pause 1
wait leader t-0 not 1
produce @0 t-0:c timeout=20000
fetch @0 t-0:0
`
  const printed = tellStory(story, storyCommands(newStage)).split('----\n')[1]!.trim().split('\n')
  expect(printed).toEqual([
    'brokers 0,1,2 are ready',
    't partitions 1 replication 3',
    't-0 offset 0',
    'brokers 0 at node-0:9092, 1 at node-1:9092, 2 at node-2:9092',
    't-0 leader 0 epoch 0 replicas 0,1,2 isr 0,1,2',
    't-0 leader 1 epoch 1 isr 1,2',
    't-0 offset 1',
    't-0 leader 1 epoch 1 isr 1,2,0',
    't-0 leader 0 epoch 2 isr 2,0',
    't-0 offset 2',
    't-0 hw 3: 0@0[a] 1@1[b] 2@2[c]',
  ])
})
