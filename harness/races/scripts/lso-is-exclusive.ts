/** Redpanda #3036: the last stable offset is the first that readers of committed records may not see; taken for the last they may, it shows what is open. */
import type { Race } from '../race.ts'
import type { Stage } from '../stage.ts'
import type { Play } from '../play.ts'

export const lsoIsExclusive: Race = {
  name: 'lso-is-exclusive',
  describes: 'Readers of committed records look at the last stable offset, with a transaction open there and behind another\'s end.',
  cases: ['Redpanda #3036'],
  expects: {
    1: 'nothing at or behind the last stable offset is given out, and what is aborted never',
    2: 'nothing at or behind the last stable offset is given out, and what is aborted never',
  },
  partitions: 1,
  rules: () => [],
  interleaving: () => [
    { did: 'answered', api: 'Produce', client: 'a' },
    { did: 'answered', api: 'Produce', client: 'b' },
    { did: 'answered', api: 'EndTxn', client: 'b' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
  ],
  *play(stage) {
    const a = yield* stage.initialised('a')
    const b = yield* stage.initialised('b')
    const open = stage.begin(a, [0])
    const { offset } = yield* open.send(0)
    yield* nothingFrom(stage, offset)
    const other = stage.begin(b, [0])
    yield* other.send(0)
    yield* other.commit()
    yield* stage.completed(b)
    yield* nothingFrom(stage, offset)
    yield* open.abort()
    yield* stage.completed(a)
    const { values } = yield* stage.fetch(0, 0, 'read_committed')
    if (values.includes(open.value(0))) stage.convict('G1a', 'a reader of committed records was given one that had been aborted')
  },
}

function* nothingFrom(stage: Stage, offset: number): Play {
  const { values, lastStableOffset } = yield* stage.fetch(0, offset, 'read_committed')
  if (values.length > 0) stage.convict('precommitted-read', `a reader of committed records was given ${values.join(', ')} from offset ${offset} on, where a transaction is open`)
  if (lastStableOffset > offset) stage.convict('precommitted-read', `the last stable offset was told as ${lastStableOffset}, and a transaction is open from ${offset} on`)
}
