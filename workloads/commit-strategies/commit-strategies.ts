/**
 * The ways to commit, each in a group of its own whose members die at every boundary between two steps: synchronously,
 * asynchronously and automatically after the work, and before it; beginning at the first record, at the last, or nowhere without a
 * committed offset. Beside them groups that are led back to read again, and a consumer without a group, which none of them notices.
 */
import { GroupWork, type Companion, type GroupChurnOptions } from '../group-churn/group-churn.ts'
import type { KeyedAppendContext } from '../keyed-append/options.ts'
import { Reading } from '../keyed-append/reading.ts'
import type { About, Workload, WorkloadContext } from '../workload.ts'
import { Replay, type ReplayOptions } from './replay.ts'

export const aboutCommitStrategies: About = {
  name: 'commit-strategies',
  describes: 'Consumers commit before or after the work, waiting or not, die at every boundary, and are led back to read again.',
}

/** Chooses its partitions itself, and commits nothing. */
class Standalone implements Companion {
  readonly #reading: Reading

  constructor(context: KeyedAppendContext) {
    this.#reading = new Reading(context, 'standalone')
  }

  stop(done: () => void): void {
    this.#reading.stop()
    done()
  }

  close(): void {
    this.#reading.stop()
  }
}

export function commitStrategies(options: GroupChurnOptions & { readonly replays: readonly ReplayOptions[] }): Workload {
  return {
    ...aboutCommitStrategies,
    start: (context: WorkloadContext) => new GroupWork(context, options, [
      ...options.replays.map((replay) => new Replay(context, replay)),
      new Standalone({ ...context, options: options.traffic }),
    ]),
  }
}
