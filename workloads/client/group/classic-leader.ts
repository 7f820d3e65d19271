/**
 * What the leader of a classic group does beside being a member: it shares out all partitions of what the members read, and
 * sees when there are more of them than it shared out. A static leader that comes back shares nothing out (KIP-814) and has
 * forgotten what it had: it asks the coordinator, else partitions that came while it was away would be nobody's.
 */
import { MalformedMessage } from '../../../protocol/malformed.ts'
import { apis } from '../../../protocol/apis.ts'
import type { Decoded } from '../../../protocol/message.ts'
import type { BodyOf } from '../broker-connection.ts'
import type { TopicPartition } from '../client.ts'
import type { KafkaCluster } from '../cluster.ts'
import type { Coordinator } from '../coordinator.ts'
import type { AssignedMember } from './assignors/assignor.ts'
import { classicAssignor } from './assignors/assignors.ts'
import { decodeAssignment, decodeSubscription, encodeAssignment } from './embedded-protocol.ts'

type JoinAnswer = Decoded<typeof apis.JoinGroup.response>

export interface SharedOut {
  readonly memberId: string
  readonly assignment: Uint8Array
}

export class LeaderDuty {
  readonly #cluster: KafkaCluster
  /** By topic the members read; empty when this member does not lead. */
  #counts: ReadonlyMap<string, number> = new Map()

  constructor(cluster: KafkaCluster) {
    this.#cluster = cluster
  }

  resign(): void {
    this.#counts = new Map()
  }

  /** The group is as it was when this member led it last. */
  resume({ members }: JoinAnswer, { group, coordinator }: { readonly group: string; readonly coordinator: Coordinator }): void {
    const topics = new Set(members.flatMap(({ metadata }) => readSubscription(metadata).topics))
    for (const topic of topics) this.#cluster.addTopic(topic)
    coordinator.request(apis.DescribeGroups, { body: () => ({ groups: [group], includeAuthorizedOperations: false }) }, (result) => {
      const described = result.ok ? (result.body.groups[0]?.members ?? []) : []
      const counts = new Map([...topics].map((topic) => [topic, 0]))
      for (const { topic, partition } of described.flatMap(({ memberAssignment }) => readAssignment(memberAssignment))) {
        if (counts.has(topic)) counts.set(topic, Math.max(counts.get(topic)!, partition + 1))
      }
      this.#counts = counts
      this.#cluster.refresh()
    })
  }

  /** Partitions came, or a whole topic. */
  isOutdated(): boolean {
    for (const [topic, count] of this.#counts) {
      if ((this.#cluster.topic(topic)?.partitions.length ?? 0) > count) return true
    }
    return false
  }

  /** By what Metadata says now, or, when nobody answers, by what is known. */
  share({ members, protocolName }: JoinAnswer, done: (assignments: readonly SharedOut[]) => void): void {
    const asked = members.map(({ memberId, groupInstanceId, metadata }): AssignedMember => ({
      memberId,
      instanceId: groupInstanceId ?? undefined,
      ...readSubscription(metadata),
    }))
    const topics = [...new Set(asked.flatMap((member) => member.topics))]
    for (const topic of topics) this.#cluster.addTopic(topic)
    const body: BodyOf<typeof apis.Metadata.request> = (version) => ({
      topics: topics.map((name) => ({ name })),
      allowAutoTopicCreation: version < 4,
    })
    this.#cluster.requestAny(apis.Metadata, body, (result) => {
      if (result.ok) this.#cluster.applyMetadata(result.body)
      this.#counts = new Map(topics.map((topic) => [topic, this.#cluster.topic(topic)?.partitions.length ?? 0]))
      const known = new Map([...this.#counts].filter(([, count]) => count > 0))
      const assignment = classicAssignor(protocolName ?? '').assign(asked, known)
      done([...assignment].map(([memberId, partitions]) => ({ memberId, assignment: encodeAssignment(partitions) })))
    })
  }
}

function readAssignment(bytes: Uint8Array): readonly TopicPartition[] {
  try {
    return decodeAssignment(bytes)
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    return []
  }
}

/** A member whose metadata nobody can read gets nothing. */
function readSubscription(metadata: Uint8Array): Omit<AssignedMember, 'memberId' | 'instanceId'> {
  try {
    return decodeSubscription(metadata)
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error
    return { topics: [], owned: [], generation: -1 }
  }
}
