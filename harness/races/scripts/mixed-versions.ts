/**
 * KAFKA-18227: while a cluster is upgraded a producer ends one transaction by the old version of the protocol and begins the next
 * by the new one, before the markers of the last are written. The partition of the next must not end up in the one before.
 */
import { CannotPlay, type Race } from '../race.ts'

export const mixedVersions: Race = {
  name: 'mixed-versions',
  describes: 'A producer goes over from version 1 of transactions to version 2 between two of them.',
  cases: ['KAFKA-18227'],
  expects: {
    1: 'there is nothing to go over to',
    2: 'the first record is refused for now, and each transaction ends whole, by the version it was begun in',
  },
  versions: [2],
  needsOurCluster: true,
  partitions: 2,
  rules: () => [{ name: 'held-marker', match: { api: 'WriteTxnMarkers' }, act: { do: 'hold' } }],
  interleaving: () => [
    { did: 'answered', api: 'AddPartitionsToTxn', client: 'a' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
    { did: 'answered', api: 'Produce', client: 'a' },
    { did: 'forwarded', api: 'WriteTxnMarkers' },
    { did: 'answered', api: 'Produce', client: 'a' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
  ],
  *play(stage) {
    const producer = yield* stage.initialised('a')
    producer.speaks = 1
    const first = stage.begin(producer, [0])
    yield* first.send(0)
    const ended = yield* producer.end(true)
    if (ended.error !== 'NONE') throw new CannotPlay(`EndTxn(commit) was answered ${ended.error}`)
    first.op.committed()
    yield* stage.fired('held-marker')

    producer.speaks = 2
    const second = stage.begin(producer, [1, 0])
    const early = yield* second.produce(0)
    const due = ['CONCURRENT_TRANSACTIONS', 'NOT_ENOUGH_REPLICAS', 'COORDINATOR_NOT_AVAILABLE'] as const
    stage.expect(early.error, due, { what: 'the first record of the new version while the last transaction is ending', anomaly: 'torn-transaction' })
    stage.resume('held-marker')
    for (const at of [0, 1]) yield* second.send(at)
    yield* second.commit()
    const third = stage.begin(producer, [1, 0])
    for (const at of [0, 1]) yield* third.send(at)
    yield* third.abort()
  },
}
