/**
 * What the checkers of observations share: what one leader told of a key under one leaderEpoch, in the order it was
 * told. A broker is asked again only once it has answered, so that order is real time.
 */
import { type Told, toldByKey } from './index/observations.ts'
import type { HistoryIndex } from './history-index.ts'
import type { WitnessStep } from './verdict.ts'

export type ToldOffset = 'highWatermark' | 'lastStableOffset' | 'logStartOffset'

/** What was told later is lower than what was told before. */
export interface StepBack {
  readonly before: Told
  readonly after: Told
}

/** Every step back of `what` under one leader and leaderEpoch, against the highest told before it. */
export function stepsBack({ observations }: HistoryIndex, what: ToldOffset): StepBack[] {
  const steps: StepBack[] = []
  for (const told of toldByKey(observations).values()) {
    const highest = new Map<string, Told>()
    for (const after of told) {
      const offset = after[what]
      if (offset === undefined || !after.isLeader || after.leaderEpoch < 0) continue
      const tenure = `${after.leaderEpoch} ${after.node}`
      const before = highest.get(tenure)
      if (before !== undefined && before[what]! > offset) steps.push({ before, after })
      else highest.set(tenure, after)
    }
  }
  return steps
}

/** A step that an observation is. */
export function toldStep({ ops }: HistoryIndex, told: Told, what?: ToldOffset): WitnessStep {
  const who = `broker ${told.node}, leader under leaderEpoch ${told.leaderEpoch},`
  return {
    op: ops.at(told.at)!.index,
    shows: what === undefined ? `${who} said so of itself` : `${who} told ${what} ${told[what]!}`,
  }
}
