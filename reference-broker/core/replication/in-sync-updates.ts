/** Carries proposed in-sync sets to the controller: one AlterPartition in flight, the rest waits and goes together. */
import { apis } from '../../../protocol/apis.ts'
import type { AlterPartitionResponse } from '../../../protocol/apis/56-alter-partition.ts'
import { errorName } from '../../../protocol/errors.ts'
import { toBigInt } from '../../../protocol/int64.ts'
import type { Loop } from '../../../ports/loop.ts'
import type { ControllerChannel } from '../server/controller-channel.ts'
import type { Partition } from './partition.ts'

interface Update {
  readonly partition: Partition
  readonly inSyncReplicas: readonly number[]
  readonly leaderEpoch: number
  readonly partitionEpoch: number
}

export interface InSyncUpdatesOptions {
  readonly brokerId: number
  readonly brokerEpoch: () => number
  readonly liveEpoch: (brokerId: number) => number | undefined
  readonly loop: Loop
  readonly channel: ControllerChannel
  readonly retryBackoffMs: number
}

export class InSyncUpdates {
  readonly #options: InSyncUpdatesOptions
  #waiting = new Map<Partition, Update>()
  #inFlight: Map<Partition, Update> | undefined

  constructor(options: InSyncUpdatesOptions) {
    this.#options = options
  }

  propose(partition: Partition, inSyncReplicas: readonly number[]): void {
    const { leaderEpoch, partitionEpoch } = partition.image
    this.#waiting.set(partition, { partition, inSyncReplicas, leaderEpoch, partitionEpoch })
    this.#send()
  }

  #send(): void {
    if (this.#inFlight !== undefined || this.#waiting.size === 0) return
    const updates = this.#waiting
    this.#waiting = new Map()
    this.#inFlight = updates
    const { brokerId, brokerEpoch, liveEpoch, channel } = this.#options
    const body = {
      brokerId,
      brokerEpoch: toBigInt(brokerEpoch()),
      topics: [...updates.values()].map(({ partition, inSyncReplicas, leaderEpoch, partitionEpoch }) => ({
        topicId: partition.options.topicId,
        partitions: [{
          partitionIndex: partition.options.index,
          leaderEpoch,
          partitionEpoch,
          newIsrWithEpochs: inSyncReplicas.map((id) => ({
            brokerId: id,
            brokerEpoch: toBigInt(id === brokerId ? brokerEpoch() : (liveEpoch(id) ?? -1)),
          })),
        }],
      })),
    }
    channel.request(apis.AlterPartition, body, (answer) => {
      this.#inFlight = undefined
      const failed = !answer.ok || answer.body.errorCode !== 0
      if (failed) this.#retryLater(updates)
      else this.#answered(updates, answer.body)
      this.#send()
    })
  }

  #retryLater(updates: ReadonlyMap<Partition, Update>): void {
    this.#options.loop.after(this.#options.retryBackoffMs, () => {
      for (const update of updates.values()) this.#again(update)
      this.#send()
    })
  }

  /** Only while nothing newer has been decided or proposed since. */
  #again(update: Update): void {
    const { partition, partitionEpoch, leaderEpoch } = update
    const { image } = partition
    const current = image.partitionEpoch === partitionEpoch && image.leaderEpoch === leaderEpoch
    if (current && partition.isLeader && !this.#waiting.has(partition)) this.#waiting.set(partition, update)
  }

  #answered(updates: ReadonlyMap<Partition, Update>, body: AlterPartitionResponse): void {
    const byId = new Map([...updates.values()].map((update) => [update.partition.options.topicId + update.partition.options.index, update]))
    for (const { topicId, partitions } of body.topics) {
      for (const answered of partitions) {
        const update = byId.get(topicId + answered.partitionIndex)
        if (update === undefined) continue
        const error = errorName(answered.errorCode)
        const { partition } = update
        if (error === 'NONE') {
          const { leaderId: leader, leaderEpoch, isr: inSyncReplicas, partitionEpoch } = answered
          partition.update({ ...partition.image, leader, leaderEpoch, inSyncReplicas, partitionEpoch })
        } else if (error === 'INELIGIBLE_REPLICA') partition.proposalRefused()
        else if (error === 'NOT_CONTROLLER') this.#retryLater(new Map([[partition, update]]))
      }
    }
  }
}
