/** Steps of the stories about groups, and the words they share. Called for kept findings only. */
import type { HistoryIndex } from '../history-index.ts'
import { none, ok } from '../index/codes.ts'
import type { WitnessStep } from '../verdict.ts'
import type { Actor, GrantRow, HeardRow, JoinRow, ReadRow, ReleaseRow, WriteRow } from './group-ops.ts'
import type { Tenure } from './tenures.ts'

/** The client's name, or its process. */
export function memberName({ table }: HistoryIndex, actor: Actor): string {
  const name = table.actors[actor]
  return typeof name === 'number' ? `process ${name}` : (name ?? 'somebody')
}

export function stepAt({ ops }: HistoryIndex, at: number, shows: string): WitnessStep {
  return { op: ops.at(at)!.index, shows }
}

export function grantStep(index: HistoryIndex, { from, actor, key, generation }: Tenure): WitnessStep {
  return stepAt(index, from, `${memberName(index, actor)} was given ${key} in generation ${generation}`)
}

export function assignedStep(index: HistoryIndex, { at, actor, value }: GrantRow): WitnessStep {
  return stepAt(index, at, `${memberName(index, actor)} was given ${value.keys.join(', ')} in generation ${value.generation}`)
}

export function joinStep(index: HistoryIndex, { done, actor, value }: JoinRow): WitnessStep {
  return stepAt(index, done, `${memberName(index, actor)} joined generation ${value.generation}`)
}

export function heardStep(index: HistoryIndex, { at, actor }: HeardRow): WitnessStep {
  return stepAt(index, at, `a heartbeat that ${memberName(index, actor)} sent after that was accepted`)
}

export function releaseStep(index: HistoryIndex, { at, actor, why }: Pick<ReleaseRow, 'at' | 'actor'> & { why: string }): WitnessStep {
  return stepAt(index, at, `${memberName(index, actor)}: ${why}`)
}

export function writeStep(index: HistoryIndex, { asked, done, outcome, actor, kind, key, offset, generation }: WriteRow): WitnessStep {
  const by = generation < 0 ? '' : ` in generation ${generation}`
  const what = kind === 'reset' ? `reset ${key} to ${offset}` : `committed ${offset} of ${key}${by}`
  const who = memberName(index, actor)
  const shows = outcome === ok ? `${who} ${what}` : `${who} ${what}, outcome unknown`
  return stepAt(index, done === none ? asked : done, shows)
}

export function readStep(index: HistoryIndex, { kind, at, actor, key, offset }: ReadRow): WitnessStep {
  const who = memberName(index, actor)
  const told = offset < 0 ? `no committed offset of ${key}` : `${offset} as committed offset of ${key}`
  return stepAt(index, at, kind === 'start' ? `${who} began ${key} at ${offset}` : `${who} was told ${told}`)
}
