/** KIP-890, part 1: a record comes to a partition that was never added to its transaction, so no marker will ever come there. */
import type { Race } from '../race.ts'

export const unaddedRecord: Race = {
  name: 'unadded-record',
  describes: 'A record of an open transaction comes to a partition that was not added to it.',
  cases: ['KAFKA-14402', 'KIP-890'],
  issue: 'KAFKA-14402',
  expects: {
    1: 'the leader asks the coordinator, and refuses the record',
    2: 'leaders add partitions by themselves, so there is nothing to show',
  },
  versions: [1],
  partitions: 2,
  rules: () => [],
  interleaving: () => [
    { did: 'answered', api: 'AddPartitionsToTxn', client: 'a' },
    { did: 'answered', api: 'Produce', client: 'a' },
    { did: 'answered', api: 'Produce', client: 'a' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
  ],
  *play(stage) {
    const producer = yield* stage.initialised('a')
    const transaction = stage.begin(producer, [0, 1])
    yield* transaction.send(0)
    const unadded = yield* stage.again(() => transaction.produce(1))
    stage.expect(unadded.error, ['INVALID_TXN_STATE', 'TRANSACTION_ABORTABLE'], { what: 'a record to a partition that is not in its transaction', anomaly: 'zombie-write' })
    yield* transaction.abort()
  },
}
