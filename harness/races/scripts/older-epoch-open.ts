/** Redpanda #3232, #3247: a new instance of a producer is initialised while the old one has a transaction open, which must end as aborted first. */
import type { Race } from '../race.ts'

export const olderEpochOpen: Race = {
  name: 'older-epoch-open',
  describes: 'A new instance of a producer begins while a transaction of the old one is open.',
  cases: ['Redpanda #3232', 'Redpanda #3247'],
  expects: {
    1: 'the transaction of the old instance is aborted before the new one gets its epoch',
    2: 'the transaction of the old instance is aborted before the new one gets its epoch',
  },
  partitions: 2,
  rules: () => [],
  interleaving: () => [
    { did: 'answered', api: 'Produce', client: 'a' },
    { did: 'answered', api: 'InitProducerId', client: 'b' },
    { did: 'answered', api: 'Produce', client: 'b' },
    { did: 'answered', api: 'EndTxn', client: 'b' },
  ],
  *play(stage) {
    const old = yield* stage.initialised('a', { id: 'shared' })
    const open = stage.begin(old, [0, 1])
    for (const at of [0, 1]) yield* open.send(at)
    const taken = yield* stage.initialised('b', { id: 'shared' })
    open.op.refused('PRODUCER_FENCED')
    const next = stage.begin(taken, [0])
    yield* next.send(0)
    yield* next.commit()
  },
}
