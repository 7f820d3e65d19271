/** For tests of this room: metadata logs that can be, and what they fold into. */
import fc from 'fast-check'
import { ClusterImage } from './image.ts'
import type { MetadataRecord } from './records.ts'

export const topicIds: readonly string[] = ['AAAAAAAAAAAAAAAAAAAAAQ', 'AAAAAAAAAAAAAAAAAAAAAg', 'AAAAAAAAAAAAAAAAAAAAAw']
const config = fc.constantFrom('1', '2', '3').map((value) => [{ name: 'retention.ms', value }])
const brokerId = fc.integer({ min: 1, max: 3 })
const which = fc.nat(2)

/** Records that follow from each other: whatever names something names something that is there. */
export const anyHistory: fc.Arbitrary<readonly MetadataRecord[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('register' as const), brokerId, which, rack: fc.option(fc.constant('r1')), before: fc.integer({ min: -1, max: 9 }) }),
    fc.record({ do: fc.constant('state' as const), brokerId, fenced: fc.boolean(), inControlledShutdown: fc.boolean() }),
    fc.record({ do: fc.constant('create' as const), which, config }),
    fc.record({ do: fc.constant('remove' as const), which }),
    fc.record({ do: fc.constant('partition' as const), which, leader: brokerId, epoch: fc.nat(5) }),
    fc.record({ do: fc.constant('configure' as const), which, config }),
    fc.record({ do: fc.constant('defaults' as const), config }),
    fc.record({ do: fc.constant('ids' as const), next: fc.nat(9000) }),
    fc.record({ do: fc.constant('feature' as const), name: fc.constantFrom('a.version', 'b.version'), level: fc.nat(3) }),
  ),
  { maxLength: 40 },
).map((steps) => {
  const records: MetadataRecord[] = []
  const partitionsOf = new Map<string, number>()
  const registered = new Set<number>()
  for (const step of steps) {
    const topicId = 'which' in step ? topicIds[step.which]! : ''
    const count = partitionsOf.get(topicId)
    if (step.do === 'register') {
      registered.add(step.brokerId)
      const listeners = [{ name: 'PLAINTEXT', host: `h${step.which}`, port: 9092 }]
      records.push({ kind: 'broker-registered', brokerId: step.brokerId, incarnationId: topicId, previousBrokerEpoch: BigInt(step.before), rack: step.rack, listeners })
    } else if (step.do === 'state' && registered.has(step.brokerId)) {
      const { brokerId, fenced, inControlledShutdown } = step
      records.push({ kind: 'broker-state', brokerId, fenced, inControlledShutdown })
    } else if (step.do === 'create' && count === undefined) {
      partitionsOf.set(topicId, 0)
      records.push({ kind: 'topic-created', name: `t${step.which}`, topicId, configs: step.config })
    } else if (step.do === 'remove' && partitionsOf.delete(topicId)) {
      records.push({ kind: 'topic-removed', topicId })
    } else if (step.do === 'partition' && count !== undefined) {
      const partitionIndex = step.epoch % (count + 1)
      partitionsOf.set(topicId, Math.max(count, partitionIndex + 1))
      const { leader, epoch } = step
      const lists = { replicas: [leader], inSyncReplicas: [leader], eligibleLeaderReplicas: epoch > 3 ? [7] : [] }
      const epochs = { leaderEpoch: epoch, partitionEpoch: epoch }
      records.push({ kind: 'partition', topicId, partitionIndex, ...lists, leader, ...epochs, lastKnownLeader: leader })
    } else if (step.do === 'configure' && count !== undefined) {
      records.push({ kind: 'topic-configs', topicId, configs: step.config })
    } else if (step.do === 'defaults') records.push({ kind: 'cluster-configs', configs: step.config })
    else if (step.do === 'ids') records.push({ kind: 'producer-ids', nextProducerId: BigInt(step.next) })
    else if (step.do === 'feature') records.push({ kind: 'feature-level', name: step.name, level: step.level })
  }
  return records
})

export function fold(records: readonly MetadataRecord[], image: ClusterImage = new ClusterImage(), from = 0): ClusterImage {
  for (const [i, record] of records.entries()) image.apply(record, from + i)
  return image
}
