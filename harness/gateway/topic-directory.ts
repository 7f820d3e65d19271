/**
 * Which topics there are. What is known of a topic is asked of the cluster once and kept until somebody misses something;
 * those who miss something at the same time share one question.
 */
import type { AdminResult, ClusterInfo, TopicInfo, WorkloadAdmin } from '../../workloads/client/client.ts'
import { ofKafka, unknownTopic } from './rest-error.ts'

export class TopicDirectory {
  readonly #admin: WorkloadAdmin
  readonly #timeoutMs: number
  readonly #partitions = new Map<string, number>()
  #asking: Promise<ClusterInfo> | undefined

  constructor(admin: WorkloadAdmin, timeoutMs: number) {
    this.#admin = admin
    this.#timeoutMs = timeoutMs
  }

  /** What the cluster says now. Throws RestError. */
  cluster(): Promise<ClusterInfo> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  async topic(name: string): Promise<TopicInfo> {
    const { topics } = await this.cluster()
    const found = topics.find((topic) => topic.name === name)
    if (found === undefined) throw unknownTopic()
    return found
  }

  /** How many partitions, if that is known without asking. */
  partitionsKnown(topic: string): number | undefined {
    return this.#partitions.get(topic)
  }

  forget(topic: string): void {
    this.#partitions.delete(topic)
  }

  async #ask(): Promise<ClusterInfo> {
    const result = await new Promise<AdminResult<ClusterInfo>>((done) => this.#admin.metadata(null, this.#timeoutMs, done))
    if (!result.ok) throw ofKafka(result.error)
    for (const { name, partitions } of result.value.topics) this.#partitions.set(name, partitions.length)
    return result.value
  }
}
