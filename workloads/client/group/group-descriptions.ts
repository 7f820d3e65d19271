/** What coordinators say of groups: DescribeGroups for classic ones, ConsumerGroupDescribe for those of KIP-848. */
import { apis } from '../../../protocol/apis.ts'
import { errorByCode, errorCode, errorName } from '../../../protocol/errors.ts'
import { MalformedMessage } from '../../../protocol/malformed.ts'
import type { AdminRetry, Attempt } from '../admin-retry.ts'
import type { AdminResult, DescribedMember, GroupDescription, TopicPartition } from '../client.ts'
import type { KafkaCluster } from '../cluster.ts'
import { Coordinator } from '../coordinator.ts'
import { decodeAssignment } from './embedded-protocol.ts'

type Done = (result: AdminResult<GroupDescription>) => void

export class GroupDescriptions {
  readonly #cluster: KafkaCluster
  readonly #retry: AdminRetry
  readonly #retryBackoffMs: number
  readonly #coordinators = new Map<string, Coordinator>()

  constructor(cluster: KafkaCluster, retry: AdminRetry, retryBackoffMs: number) {
    this.#cluster = cluster
    this.#retry = retry
    this.#retryBackoffMs = retryBackoffMs
  }

  describe(group: string, protocol: 'classic' | 'consumer', timeoutMs: number, done: Done): void {
    this.#retry.run<GroupDescription>(timeoutMs, done, (attempt) => {
      this.#asked(group, (coordinator) => {
        if (protocol === 'classic') this.#describeClassic(group, coordinator, attempt)
        else this.#describeConsumer(group, coordinator, attempt)
      })
    })
  }

  close(): void {
    for (const coordinator of this.#coordinators.values()) coordinator.close()
  }

  #asked(group: string, then: (coordinator: Coordinator) => void): void {
    let coordinator = this.#coordinators.get(group)
    if (coordinator === undefined) {
      coordinator = new Coordinator(this.#cluster, { kind: 'group', key: group, retryBackoffMs: this.#retryBackoffMs })
      this.#coordinators.set(group, coordinator)
    }
    const found = coordinator
    found.find(() => then(found))
  }

  #describeClassic(group: string, coordinator: Coordinator, attempt: Attempt<GroupDescription>): void {
    const body = () => ({ groups: [group] })
    coordinator.request(apis.DescribeGroups, { body }, (result, node) => {
      if (!result.ok) return attempt.lost(result)
      const told = result.body.groups[0]
      if (told === undefined || told.errorCode !== errorCode.NONE) return refused(attempt, coordinator, told?.errorCode, node)
      const members = told.members.map(({ memberId, clientId, memberAssignment }) => {
        return { memberId, clientId, partitions: partitionsOf(memberAssignment) }
      })
      return attempt.succeed({ node, state: told.groupState, generation: -1, members })
    })
  }

  #describeConsumer(group: string, coordinator: Coordinator, attempt: Attempt<GroupDescription>): void {
    const body = () => ({ groupIds: [group], includeAuthorizedOperations: false })
    coordinator.request(apis.ConsumerGroupDescribe, { body }, (result, node) => {
      if (!result.ok) return attempt.lost(result)
      const told = result.body.groups[0]
      if (told === undefined || told.errorCode !== errorCode.NONE) return refused(attempt, coordinator, told?.errorCode, node)
      const members = told.members.map(({ memberId, clientId, assignment }): DescribedMember => {
        const partitions = assignment.topicPartitions.flatMap(({ topicName: topic, partitions }) => {
          return partitions.map((partition) => ({ topic, partition }))
        })
        return { memberId, clientId, partitions }
      })
      return attempt.succeed({ node, state: told.groupState, generation: told.groupEpoch, members })
    })
  }
}

function refused(attempt: Attempt<GroupDescription>, coordinator: Coordinator, code: number | undefined, node: number): void {
  const is = code ?? errorCode.UNKNOWN_SERVER_ERROR
  coordinator.forgetBy(is, node)
  if (errorByCode(is)?.retriable === true) attempt.again(errorName(is), '')
  else attempt.fail(errorName(is), '')
}

/** Of assignors that write otherwise than Kafka's own, nothing is known. */
function partitionsOf(assignment: Uint8Array): readonly TopicPartition[] {
  try {
    return decodeAssignment(assignment)
  } catch (error) {
    if (error instanceof MalformedMessage) return []
    throw error
  }
}
