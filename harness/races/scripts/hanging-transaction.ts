/**
 * KAFKA-14402: a Produce that was believed lost arrives after its transaction was aborted. Appended, it would open a transaction
 * that its coordinator knows nothing of and will never end: readers of committed records stand still for ever.
 */
import type { Race } from '../race.ts'

export const hangingTransaction: Race = {
  name: 'hanging-transaction',
  describes: 'A record arrives after its transaction was aborted, and its marker written.',
  cases: ['KAFKA-14402', 'KIP-890'],
  issue: 'KAFKA-14402',
  expects: {
    1: 'the leader asks the coordinator, hears that the partition is in no transaction, and refuses the record',
    2: 'the epoch of the record is over, and it is refused',
  },
  partitions: 2,
  rules: () => [{ name: 'late-record', match: { api: 'Produce', client: 'a', partition: 1 }, act: { do: 'hold' } }],
  interleaving: () => [
    { did: 'held', rule: 'late-record' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
    { did: 'released', rule: 'late-record' },
    { did: 'swallowed', rule: 'late-record' },
  ],
  *play(stage) {
    const producer = yield* stage.initialised('a')
    const first = stage.begin(producer, [0, 1])
    yield* first.send(0)
    yield* stage.well('AddPartitionsToTxn', () => first.ask(1))
    stage.spawn(first.produce(1))
    yield* stage.fired('late-record')
    producer.raw.disconnect()
    yield* first.abort()
    yield* stage.completed(producer)
    const late = yield* stage.release('late-record')
    if (late === 'NONE') stage.convict('zombie-write', 'a record was appended after its transaction had been aborted')
  },
}
