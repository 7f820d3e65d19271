/** The wire client: our own Kafka client, over one set of connections. It runs in the simulator and against real brokers. */
import type { Loop } from '../../ports/loop.ts'
import { WireAdmin } from './admin.ts'
import type { ConsumerOptions, GroupMemberOptions, ProducerOptions, TransactionalOptions, WorkloadClient } from './client.ts'
import { KafkaCluster } from './cluster.ts'
import type { ClusterOptions } from './cluster.ts'
import { WireConsumer } from './consumer.ts'
import { producerDefaults } from './defaults.ts'
import { GroupMember } from './group/group-member.ts'
import { WireProducer } from './producer.ts'
import { WireTransactionalProducer } from './transactional-producer.ts'

export class WireClient implements WorkloadClient {
  readonly cluster: KafkaCluster
  readonly admin: WireAdmin
  readonly #parts: { close(): void }[] = []

  constructor(loop: Loop, options: ClusterOptions) {
    this.cluster = new KafkaCluster(loop, options)
    this.admin = new WireAdmin(this.cluster, producerDefaults.retryBackoffMs)
  }

  producer(options: ProducerOptions): WireProducer {
    const producer = new WireProducer(this.cluster, options)
    this.#parts.push(producer)
    return producer
  }

  transactionalProducer(options: TransactionalOptions): WireTransactionalProducer {
    const producer = new WireTransactionalProducer(this.cluster, options)
    this.#parts.push(producer)
    return producer
  }

  consumer(options: ConsumerOptions): WireConsumer {
    const consumer = new WireConsumer(this.cluster, options)
    this.#parts.push(consumer)
    return consumer
  }

  groupMember(options: GroupMemberOptions): GroupMember {
    const consumer = this.consumer(options.consumer)
    const member = new GroupMember({ cluster: this.cluster, consumer, admin: this.admin }, options)
    this.#parts.push(member)
    return member
  }

  close(): void {
    for (const part of this.#parts.splice(0)) part.close()
    this.admin.close()
    this.cluster.close()
  }
}
