/** Who coordinates each group that is asked about: looked for once, and again when it says that it is another. */
import type { KafkaCluster } from '../cluster.ts'
import { Coordinator } from '../coordinator.ts'

export class GroupCoordinators {
  readonly #cluster: KafkaCluster
  readonly #retryBackoffMs: number
  readonly #known = new Map<string, Coordinator>()

  constructor(cluster: KafkaCluster, retryBackoffMs: number) {
    this.#cluster = cluster
    this.#retryBackoffMs = retryBackoffMs
  }

  find(group: string, then: (coordinator: Coordinator) => void): void {
    const coordinator = this.of(group)
    coordinator.find(() => then(coordinator))
  }

  of(group: string): Coordinator {
    let coordinator = this.#known.get(group)
    if (coordinator === undefined) {
      coordinator = new Coordinator(this.#cluster, { kind: 'group', key: group, retryBackoffMs: this.#retryBackoffMs })
      this.#known.set(group, coordinator)
    }
    return coordinator
  }

  close(): void {
    for (const coordinator of this.#known.values()) coordinator.close()
  }
}
