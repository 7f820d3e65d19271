/**
 * KAFKA-14904: the next transaction begins while the markers of the last are still on their way. It has to wait: a partition that
 * joined now would get no marker, and its records would belong to a transaction that is over.
 */
import { CannotPlay, type Race } from '../race.ts'

export const writeWhileEnding: Race = {
  name: 'write-while-ending',
  describes: 'A producer begins its next transaction before the markers of the last are written.',
  cases: ['KAFKA-14904'],
  expects: {
    1: 'partitions are not added until the last transaction has ended, and the producer asks again',
    2: 'the first record is refused for now, and appended once the last transaction has ended',
  },
  needsOurCluster: true,
  partitions: 3,
  rules: () => [{ name: 'held-marker', match: { api: 'WriteTxnMarkers' }, act: { do: 'hold' } }],
  interleaving: (version) => [
    { did: 'answered', api: 'EndTxn', client: 'a' },
    { did: 'answered', api: version === 1 ? 'AddPartitionsToTxn' : 'Produce', client: 'a' },
    { did: 'forwarded', api: 'WriteTxnMarkers' },
    { did: 'answered', api: 'Produce', client: 'a' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
  ],
  *play(stage) {
    const producer = yield* stage.initialised('a')
    const first = stage.begin(producer, [0, 1])
    for (const at of [0, 1]) yield* first.send(at)
    const ended = yield* producer.end(true)
    if (ended.error !== 'NONE') throw new CannotPlay(`EndTxn(commit) was answered ${ended.error}`)
    first.op.committed()
    yield* stage.fired('held-marker')

    const second = stage.begin(producer, [2, 0])
    const early = stage.version === 1 ? yield* second.ask(0) : yield* second.produce(0)
    const due = ['CONCURRENT_TRANSACTIONS', 'NOT_ENOUGH_REPLICAS', 'COORDINATOR_NOT_AVAILABLE'] as const
    stage.expect(early.error, due, { what: 'what begins a transaction while the last is ending', anomaly: 'torn-transaction' })
    stage.resume('held-marker')
    for (const at of [0, 1]) yield* second.send(at)
    yield* second.commit()
  },
}
