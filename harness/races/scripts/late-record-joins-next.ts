/**
 * The other end of KAFKA-14402: the late record arrives when the producer's next transaction has added its partition. Under
 * version 1 the leader has no way to know that it belongs to the one before, and it is committed with the next.
 */
import type { Race } from '../race.ts'

export const lateRecordJoinsNext: Race = {
  name: 'late-record-joins-next',
  describes: 'A record of an aborted transaction arrives after the next one has added its partition.',
  cases: ['KAFKA-14402', 'KIP-890'],
  expects: {
    1: 'the protocol has no way to know: the record is committed with the next transaction, which convicts as KAFKA-14402',
    2: 'the epoch of the record is over, and it is refused',
  },
  protocolBug: { issue: 'KAFKA-14402', under: 1, anomalies: ['zombie-write', 'G1a', 'torn-transaction'] },
  partitions: 2,
  rules: () => [{ name: 'late-record', match: { api: 'Produce', client: 'a', partition: 1 }, act: { do: 'hold' } }],
  interleaving: (version) => [
    { did: 'held', rule: 'late-record' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
    version === 1 ? { did: 'answered', api: 'AddPartitionsToTxn', client: 'a' } : { did: 'answered', api: 'Produce', client: 'a' },
    { did: 'released', rule: 'late-record' },
    { did: 'swallowed', rule: 'late-record' },
    { did: 'answered', api: 'Produce', client: 'a' },
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

    const second = stage.begin(producer, [0, 1])
    yield* second.send(0)
    yield* stage.well('AddPartitionsToTxn', () => second.ask(1))
    const late = yield* stage.release('late-record')
    if (late === 'NONE') stage.convict('zombie-write', 'a record was appended to the transaction after its own')
    // Its sequence was used for the late one; under version 2 each transaction begins again.
    if (stage.version === 1) producer.setSequence(1, 1)
    yield* second.send(1)
    yield* second.commit()
  },
}
