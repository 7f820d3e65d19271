/**
 * KAFKA-18227: while a cluster is upgraded a producer ends one transaction by the old version of the protocol and begins the next
 * by the new one. The partition of the next must not end up in the one before.
 */
import type { Race } from '../race.ts'

export const mixedVersions: Race = {
  name: 'mixed-versions',
  describes: 'A producer goes over from version 1 of transactions to version 2 between two of them.',
  cases: ['KAFKA-18227'],
  expects: {
    1: 'there is nothing to go over to',
    2: 'each transaction ends whole, by the version it was begun in',
  },
  versions: [2],
  partitions: 2,
  rules: () => [],
  interleaving: () => [
    { did: 'answered', api: 'AddPartitionsToTxn', client: 'a' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
    { did: 'answered', api: 'Produce', client: 'a' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
  ],
  *play(stage) {
    const producer = yield* stage.initialised('a')
    producer.speaks = 1
    const first = stage.begin(producer, [0])
    yield* first.send(0)
    yield* first.commit()
    producer.speaks = 2
    const second = stage.begin(producer, [0, 1])
    for (const at of [0, 1]) yield* second.send(at)
    yield* second.commit()
    const third = stage.begin(producer, [1, 0])
    for (const at of [0, 1]) yield* third.send(at)
    yield* third.abort()
  },
}
