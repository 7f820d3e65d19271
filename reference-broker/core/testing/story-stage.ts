/** What a story plays on, as far as the commands need it: the simulator's World and SimCluster are one. */
import type { PortEvent } from '../../../ports/events.ts'
import type { ClientPorts } from '../../../ports/ports.ts'
import type { Broker } from '../broker.ts'
import type { ClusterImage, PartitionImage, TopicImage } from '../metadata/image.ts'
import type { Partition } from '../replication/partition.ts'

export interface StoryWorld {
  now(): number
  run(options: { readonly untilMs?: number; readonly while?: () => boolean }): void
  addClient(name: string, boot: (ports: ClientPorts) => { step(event: PortEvent): void }): void
  pause(name: string): void
  resume(name: string): void
  isPaused(name: string): boolean
  readonly network: { block(from: string, to: string): void; unblock(from: string, to: string): unknown }
  /** Nodes that threw. */
  readonly failures: readonly { readonly node: string; readonly error: unknown }[]
}

export interface StoryCluster {
  readonly brokerIds: readonly number[]
  readonly running: ReadonlyMap<number, Broker>
  kill(id: number): void
  start(id: number): void
  /** Asks the broker to shut down; `done` when its process has ended. */
  stop(id: number, done: () => void): void
}

export interface Stage {
  readonly world: StoryWorld
  readonly cluster: StoryCluster
  /** The machine of a broker, as the world calls it. */
  readonly nameOf: (brokerId: number) => string
}

export interface StageOptions {
  /** Decides who becomes the controller, among other things. */
  readonly seed: number
  readonly brokers: number
  readonly settings: Readonly<Record<string, string>>
  /** Larger frames never reach a broker. */
  readonly maxFrameBytes: number | undefined
}

/** What is committed, as the best informed broker that runs knows it. */
export function imageOf(stage: Stage): ClusterImage | undefined {
  let best: ClusterImage | undefined
  for (const [id, { image }] of stage.cluster.running) {
    if (stage.world.isPaused(stage.nameOf(id))) continue
    if (image !== undefined && (best === undefined || image.endOffset > best.endOffset)) best = image
  }
  return best
}

/** `t-0` as topic and partition. */
export function parsePartition(text: string): { readonly topic: string; readonly index: number } {
  const dash = text.lastIndexOf('-')
  const index = Number(text.slice(dash + 1))
  if (dash < 1 || !Number.isInteger(index)) throw new Error(`${text} is no partition; write t-0`)
  return { topic: text.slice(0, dash), index }
}

export function topicNamed(stage: Stage, name: string): TopicImage | undefined {
  return imageOf(stage)?.topicsByName.get(name)
}

export function partitionImage(stage: Stage, text: string): PartitionImage | undefined {
  const { topic, index } = parsePartition(text)
  return topicNamed(stage, topic)?.partitions[index]
}

/** The replica of one broker, while that runs. */
export function replicaAt(stage: Stage, text: string, brokerId: number): Partition | undefined {
  const { topic, index } = parsePartition(text)
  const broker = stage.cluster.running.get(brokerId)
  const topicId = broker?.image?.topicsByName.get(topic)?.id
  return topicId === undefined ? undefined : broker?.replicas?.get(topicId, index)
}
