/**
 * Producers that are faster than their consumers for as long as they write: the lag grows, no consumer takes more at once than it
 * asked for (max.poll.records, the bounds of a fetch), partitions are paused and go on where they stood, and when the producers
 * stop the lag drains. The lag is in the history: what is committed (`offsets`) against the ends that the observer tells.
 */
import { GroupWork, type GroupChurnOptions } from '../group-churn/group-churn.ts'
import type { About, Workload } from '../workload.ts'

export const aboutSlowConsumer: About = {
  name: 'slow-consumer',
  describes: 'Producers outpace consumers that take a few records at a time and pause partitions; the lag drains when they stop.',
}

export function slowConsumer(options: GroupChurnOptions): Workload {
  return { ...aboutSlowConsumer, start: (context) => new GroupWork(context, options) }
}
