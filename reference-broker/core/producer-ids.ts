/** Producer ids for this broker's clients, from blocks the controller hands out and never takes back (KIP-730). */
import { apis } from '../../protocol/apis.ts'
import { toBigInt, toNumber } from '../../protocol/int64.ts'
import type { ControllerChannel } from './server/controller-channel.ts'

export interface ProducerIdsOptions {
  readonly brokerId: number
  readonly brokerEpoch: () => number
  readonly channel: ControllerChannel
}

export class ProducerIds {
  readonly #options: ProducerIdsOptions
  #next = 0
  #end = 0
  #waiting: ((producerId: number | undefined) => void)[] = []

  constructor(options: ProducerIdsOptions) {
    this.#options = options
  }

  /** A producer id never given before; undefined when the controller could not be asked: try again. */
  take(done: (producerId: number | undefined) => void): void {
    if (this.#next < this.#end) return done(this.#next++)
    this.#waiting.push(done)
    if (this.#waiting.length === 1) this.#refill()
    return undefined
  }

  #refill(): void {
    const { brokerId, brokerEpoch, channel } = this.#options
    const body = { brokerId, brokerEpoch: toBigInt(brokerEpoch()) }
    channel.request(apis.AllocateProducerIds, body, (answer) => {
      const waiting = this.#waiting
      this.#waiting = []
      if (answer.ok && answer.body.errorCode === 0) {
        this.#next = toNumber(answer.body.producerIdStart)
        this.#end = this.#next + answer.body.producerIdLen
      }
      for (const done of waiting) done(this.#next < this.#end ? this.#next++ : undefined)
    })
  }
}
