/** What coordinators say of groups: DescribeGroups for classic ones, ConsumerGroupDescribe for those of KIP-848. */
import { apis } from '../../../protocol/apis.ts'
import { errorByCode, errorCode, errorName } from '../../../protocol/errors.ts'
import { MalformedMessage } from '../../../protocol/malformed.ts'
import type { AdminRetry, Attempt } from '../admin-retry.ts'
import type { AdminResult, DescribedMember, GroupDescription, TopicPartition } from '../client.ts'
import type { KafkaCluster } from '../cluster.ts'
import type { Coordinator } from '../coordinator.ts'
import { decodeAssignment } from './embedded-protocol.ts'
import { GroupCoordinators } from './group-coordinators.ts'

type Done = (result: AdminResult<GroupDescription>) => void

export class GroupDescriptions {
  readonly #retry: AdminRetry
  readonly #coordinators: GroupCoordinators

  constructor(cluster: KafkaCluster, retry: AdminRetry, retryBackoffMs: number) {
    this.#retry = retry
    this.#coordinators = new GroupCoordinators(cluster, retryBackoffMs)
  }

  describe(group: string, protocol: 'classic' | 'consumer', timeoutMs: number, done: Done): void {
    this.#retry.run<GroupDescription>(timeoutMs, done, (attempt) => {
      this.#coordinators.find(group, (coordinator) => {
        if (protocol === 'classic') this.#describeClassic(group, coordinator, attempt)
        else this.#describeConsumer(group, coordinator, attempt)
      })
    })
  }

  close(): void {
    this.#coordinators.close()
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
