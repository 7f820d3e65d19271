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
  /** Of transactions, by partition: who led last. */
  readonly #led = new Map<number, number>()
  #timer: TimerId | undefined
  /** Whether transactions were seen to be coordinated by one broker after another. */
  hasMoved = false

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
        const used = new Set([...ids].map((id) => partitionOfKey(id, partitions.length)))
        const led = [...used].map((index) => ({ index, leader: partitions[index]!.leader })).filter(({ leader }) => leader >= 0)
        this.#leaders.set(topic, new Set(led.map(({ leader }) => leader)))
        if (topic === topics.transactionalId) led.forEach(({ index, leader }) => this.#leads(index, leader))
      })
    }
  }

  #leads(index: number, leader: number): void {
    this.hasMoved ||= (this.#led.get(index) ?? leader) !== leader
    this.#led.set(index, leader)
  }
}
