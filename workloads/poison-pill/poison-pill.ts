/**
 * Records that their consumers cannot process: each is tried again with growing backoff while other partitions go on, then buried
 * on a dead-letter topic, and the records behind it are processed. A second group works through the dead letters.
 */
import { GroupWork, type GroupChurnOptions } from '../group-churn/group-churn.ts'
import type { About, Workload } from '../workload.ts'
import { DeadLetters, type DeadLetterOptions } from './dead-letters.ts'

export const aboutPoisonPill: About = {
  name: 'poison-pill',
  describes: 'Some records cannot be processed: they are tried again, buried on a dead-letter topic, and worked through there.',
}

export function poisonPill(options: GroupChurnOptions & { readonly deadLetters: DeadLetterOptions }): Workload {
  return { ...aboutPoisonPill, start: (context) => new GroupWork(context, options, [new DeadLetters(context, options.deadLetters)]) }
}
