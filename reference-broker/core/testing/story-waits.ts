/** Letting time pass in a story until something is so, and printing how the cluster stands. */
import type { Partition } from '../replication/partition.ts'
import { imageOf, partitionImage, replicaAt, type Stage } from './story-stage.ts'
import type { StoryLine } from './story.ts'

const patienceMs = 60_000
/** After which every broker knows what one of them knows of the cluster. */
export const spreadMs = 100

/** `5s` or `200ms`. */
export function durationMs(text: string): number {
  const found = /^(\d+)(ms|s)$/.exec(text)
  if (found === null) throw new Error(`${text} is no duration; write 200ms or 5s`)
  return Number(found[1]) * (found[2] === 's' ? 1000 : 1)
}

export function advance({ world }: Stage, ms: number): void {
  world.run({ untilMs: world.now() + ms, while: () => world.failures.length === 0 })
}

/** Prints how it is then; or that it never came to be. */
export function waitFor(stage: Stage, line: StoryLine): string {
  const { world } = stage
  const isSo = conditionOf(stage, line)
  world.run({ untilMs: world.now() + patienceMs, while: () => !isSo() && world.failures.length === 0 })
  const [what, which = ''] = line.words
  if (!isSo()) return 'gave up waiting'
  if (what === 'end' || what === 'hw') return ''
  advance(stage, spreadMs)
  return what === 'leader' || what === 'isr' ? printPartition(stage, which) : ''
}

function conditionOf(stage: Stage, line: StoryLine): () => boolean {
  const [what = '', which = '', how = '', ...rest] = line.words
  if (what === 'leader') {
    const leader = (): number | undefined => partitionImage(stage, which)?.leader
    if (how === 'is') return () => leader() === Number(rest[0])
    if (how === 'none') return () => leader() === -1
    return () => (leader() ?? -1) >= 0 && leader() !== Number(rest[0] ?? -1)
  }
  if (what === 'isr') return () => partitionImage(stage, which)?.inSyncReplicas.toSorted().join(',') === how
  if (what === 'fenced' || what === 'unfenced') {
    return () => imageOf(stage)?.brokers.get(Number(which))?.fenced === (what === 'fenced')
  }
  if (what === 'end' || what === 'hw') {
    const has = (partition: Partition): number => (what === 'end' ? partition.log.logEndOffset : partition.highWatermark)
    return () => {
      const partition = replicaAt(stage, which, Number(rest[1]))
      return partition !== undefined && has(partition) === Number(how)
    }
  }
  throw new Error(`wait for what? ${what}`)
}

function printPartition(stage: Stage, which: string): string {
  const image = partitionImage(stage, which)
  if (image === undefined) return `${which} does not exist`
  return `${which} leader ${image.leader} epoch ${image.leaderEpoch} isr ${image.inSyncReplicas}`
}

export function printReplicas(stage: Stage, which: string): string {
  const lines = stage.cluster.brokerIds.flatMap((id) => {
    const partition = replicaAt(stage, which, id)
    if (partition === undefined) return stage.cluster.running.has(id) ? [`${id} has none`] : []
    const { log, highWatermark, image } = partition
    const epochs = log.epochs.entries.map(({ epoch, startOffset }) => `${epoch} from ${startOffset}`).join(', ')
    const role = partition.isLeading ? 'leads' : `follows ${image.leader}`
    return [`${id} ${role} in epoch ${image.leaderEpoch}: end ${log.logEndOffset} hw ${highWatermark} epochs ${epochs || 'none'}`]
  })
  return lines.join('\n')
}
