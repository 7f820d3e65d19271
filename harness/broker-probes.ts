/**
 * Records that exactly one broker holds: a topic of its own for each broker, with LogAppendTime. What a probe tells, a
 * broker's wall clock or that it can write, is then the word of that broker and of nobody else. Synced before they are
 * answered, so that no loss of power can take back what a probe saw.
 */
import type { ClockReading } from '../nemesis/control.ts'
import type { Loop } from '../ports/loop.ts'
import type { NewTopic, WorkloadClient, WorkloadProducer } from '../workloads/client/client.ts'
import { producerDefaults } from '../workloads/client/defaults.ts'

const answerWithinMs = 1000

function topicOf(brokerId: number): string {
  return `probe-${brokerId}`
}

export function probeTopics(brokerIds: readonly number[]): NewTopic[] {
  return brokerIds.map((id) => ({
    name: topicOf(id),
    partitions: 1,
    replicationFactor: 1,
    assignments: [[id]],
    configs: { 'message.timestamp.type': 'LogAppendTime', 'flush.messages': '1', 'min.insync.replicas': '1' },
  }))
}

export class BrokerProbes {
  readonly #loop: Loop
  readonly #client: WorkloadClient
  #producer: WorkloadProducer | undefined

  constructor(loop: Loop, client: WorkloadClient) {
    this.#loop = loop
    this.#client = client
  }

  /** undefined when the broker did not answer within a second. */
  write(brokerId: number, done: (reading: ClockReading | undefined) => void): void {
    this.#producer ??= this.#client.producer({
      ...producerDefaults,
      acks: 1,
      idempotence: false,
      lingerMs: 0,
      deliveryTimeoutMs: answerWithinMs,
      maxBlockMs: answerWithinMs,
    })
    const { clock } = this.#loop.ports
    const sentMs = clock.wallNow()
    this.#producer.send({ topic: topicOf(brokerId), partition: 0, key: null, value: null }, (outcome) => {
      if (outcome.type !== 'ok' || outcome.timestamp === undefined) return done(undefined)
      return done({ sentMs, answeredMs: clock.wallNow(), brokerMs: outcome.timestamp })
    })
  }
}
