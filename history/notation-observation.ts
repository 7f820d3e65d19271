/**
 * Reads an observation in the notation: `NODE KEY`, then pairs of a name and a value. What is left out is as plain as
 * can be: the node leads under leaderEpoch 0, alone in sync, and what may be read was asked for just before it was told.
 */
import { HistoryError } from './history-error.ts'
import type { NewOp, Observation } from './op.ts'

type Writable<T> = { -readonly [P in keyof T]: T[P] }

const numbers: ReadonlySet<string> = new Set([
  'leader',
  'leaderEpoch',
  'logStartOffset',
  'highWatermark',
  'lastStableOffset',
  'logEndOffset',
  'since',
])

function readPair(name: string, value: string, line: number): Partial<Observation> {
  if (name === 'inSyncReplicas') return { inSyncReplicas: value.split(',').map(Number) }
  if (numbers.has(name) && /^-?\d+$/.test(value)) return { [name]: Number(value) }
  throw new HistoryError(line, `an observation has NAME VALUE after its key, not "${name} ${value}"`)
}

/** `next` is the index this op gets. */
export function readObservation(text: string, line: number, next: number): NewOp {
  const [word, key, ...rest] = text.split(/\s+/)
  if (key === undefined) throw new HistoryError(line, `an observation is written "NODE KEY", not "${text}"`)
  const node = Number(word)
  const observation: Writable<Observation> = {
    key: /^\d+$/.test(key) ? Number(key) : key,
    leader: node,
    leaderEpoch: 0,
    inSyncReplicas: [node],
  }
  for (let at = 0; at < rest.length; at += 2) Object.assign(observation, readPair(rest[at]!, rest[at + 1] ?? '', line))
  const tellsReadable = observation.highWatermark !== undefined || observation.lastStableOffset !== undefined
  if (tellsReadable) observation.since ??= next
  return { process: 'observer', type: 'info', f: 'observe', value: [observation], node }
}
