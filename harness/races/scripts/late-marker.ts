/**
 * KIP-1228: the marker of a transaction arrives a second time, when the next transaction of the producer is open. Under version 2
 * each marker has an epoch of its own, so a leader can tell that it is late.
 */
import type { Race } from '../race.ts'

export const lateMarker: Race = {
  name: 'late-marker',
  describes: 'A coordinator\'s marker arrives again, in the middle of the producer\'s next transaction.',
  cases: ['KIP-1228'],
  expects: {
    1: 'the protocol has no way to know, and nothing is claimed',
    2: 'the marker is no newer than the records, and is refused',
  },
  versions: [2],
  needsOurCluster: true,
  partitions: 3,
  rules: () => [{ name: 'old-marker', match: { api: 'WriteTxnMarkers', partition: 0 }, act: { do: 'capture' } }],
  interleaving: () => [
    { did: 'captured', rule: 'old-marker' },
    { did: 'answered', api: 'Produce', client: 'a' },
    { did: 'released', rule: 'old-marker' },
    { did: 'swallowed', rule: 'old-marker' },
    { did: 'answered', api: 'Produce', client: 'a' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
  ],
  *play(stage) {
    const producer = yield* stage.initialised('a')
    const first = stage.begin(producer, [0])
    yield* first.send(0)
    yield* first.commit()
    yield* stage.completed(producer)

    const second = stage.begin(producer, [0, 1])
    yield* second.send(0)
    const late = yield* stage.release('old-marker')
    const due = ['INVALID_PRODUCER_EPOCH', 'TRANSACTION_COORDINATOR_FENCED'] as const
    stage.expect(late, due, { what: 'a marker of the transaction before', anomaly: 'zombie-write' })
    yield* second.send(1)
    yield* second.abort()
  },
}
