/**
 * Who coordinates the groups and transactional ids that a trial uses: the leaders of their partitions of the internal topics,
 * asked for again and again. Which ids are in use the ops tell.
 */
import type { Op } from '../history/op.ts'
import type { TimerId } from '../ports/events.ts'
import type { Loop } from '../ports/loop.ts'
import { partitionOfKey } from '../reference-broker/core/coordinator/key-partition.ts'
import type { WorkloadClient } from '../workloads/client/client.ts'

const topics = { group: '__consumer_offsets', transactionalId: '__transaction_state' } as const
const everyMs = 500
const timeoutMs = 1000

export class Coordinators {
  readonly #loop: Loop
  readonly #client: WorkloadClient
  /** By internal topic. */
  readonly #ids = new Map<string, Set<string>>()
  readonly #leaders = new Map<string, ReadonlySet<number>>()
  #timer: TimerId | undefined

  constructor(loop: Loop, client: WorkloadClient) {
    this.#loop = loop
    this.#client = client
  }

  get nodes(): ReadonlySet<number> {
    return new Set([...this.#leaders.values()].flatMap((nodes) => [...nodes]))
  }

  see({ f, type, value }: Op): void {
    if (type !== 'ok' || (f !== 'join' && f !== 'init-transactions')) return
    for (const [field, topic] of Object.entries(topics)) {
      const id = (value as Record<string, unknown>)[field]
      if (typeof id === 'string') this.#use(topic, id)
    }
  }

  close(): void {
    if (this.#timer !== undefined) this.#loop.cancel(this.#timer)
  }

  #use(topic: string, id: string): void {
    const known = this.#ids.get(topic) ?? new Set()
    this.#ids.set(topic, known.add(id))
    if (this.#timer === undefined) this.#ask()
  }

  #ask(): void {
    this.#timer = this.#loop.after(everyMs, () => this.#ask())
    for (const [topic, ids] of this.#ids) {
      this.#client.admin.metadata([topic], timeoutMs, (result) => {
        const partitions = result.ok ? result.value.topics[0]!.partitions : []
        if (partitions.length === 0) return
        const leaders = [...ids].map((id) => partitions[partitionOfKey(id, partitions.length)]!.leader)
        this.#leaders.set(topic, new Set(leaders.filter((leader) => leader >= 0)))
      })
    }
  }
}
