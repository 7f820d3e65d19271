/** TXN-3, KIP-360: an instance that was replaced goes on as if nothing had happened. Nothing it does may count. */
import type { Race } from '../race.ts'
import type { Answer } from '../stage.ts'

const fenced: readonly Answer[] = ['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH']

export const zombieProducer: Race = {
  name: 'zombie-producer',
  describes: 'An instance of a producer that was replaced goes on adding, sending and committing.',
  cases: ['KIP-360', 'KIP-447'],
  expects: {
    1: 'each of its requests is refused as fenced',
    2: 'each of its requests is refused as fenced',
  },
  partitions: 2,
  rules: () => [],
  interleaving: () => [
    { did: 'answered', api: 'InitProducerId', client: 'b' },
    { did: 'answered', api: 'Produce', client: 'b' },
    { did: 'answered', api: 'Produce', client: 'a' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
    { did: 'answered', api: 'EndTxn', client: 'b' },
  ],
  *play(stage) {
    const old = yield* stage.initialised('a', { id: 'shared' })
    const dead = stage.begin(old, [0, 1])
    yield* dead.send(0)
    const next = yield* stage.initialised('b', { id: 'shared' })
    const live = stage.begin(next, [0, 1])
    yield* live.send(0)
    if (stage.version === 1) {
      const added = yield* dead.ask(1)
      stage.expect(added.error, fenced, { what: 'AddPartitionsToTxn of a fenced producer', anomaly: 'zombie-write' })
    }
    const sent = yield* dead.produce(1)
    stage.expect(sent.error, fenced, { what: 'Produce of a fenced producer', anomaly: 'zombie-write' })
    const ended = yield* old.end(true)
    stage.expect(ended.error, fenced, { what: 'EndTxn(commit) of a fenced producer', anomaly: 'zombie-write' })
    dead.op.refused(ended.error === 'NONE' ? 'PRODUCER_FENCED' : ended.error)
    yield* live.send(1)
    yield* live.commit()
  },
}
