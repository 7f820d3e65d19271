/**
 * KAFKA-17754: an EndTxn that was believed lost arrives when the producer's next transaction is open, and ends that one. Under
 * version 1 nothing in the request tells the two apart.
 */
import { CannotPlay, type Race } from '../race.ts'

export const lateEndTxn: Race = {
  name: 'late-end-txn',
  describes: 'A commit that was asked again arrives a second time, in the middle of the next transaction.',
  cases: ['KAFKA-17754'],
  expects: {
    1: 'the protocol has no way to know: the late commit ends the next transaction half way, which convicts as KAFKA-17754',
    2: 'the late commit comes with an epoch that is over, and is refused',
  },
  protocolBug: { issue: 'KAFKA-17754', under: 1, anomalies: ['G1a', 'torn-transaction', 'lost-write', 'zombie-write', 'unseen'] },
  partitions: 2,
  rules: () => [{ name: 'late-commit', match: { api: 'EndTxn', client: 'a' }, act: { do: 'hold' } }],
  interleaving: () => [
    { did: 'held', rule: 'late-commit' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
    { did: 'answered', api: 'Produce', client: 'a' },
    { did: 'released', rule: 'late-commit' },
    { did: 'swallowed', rule: 'late-commit' },
    { did: 'answered', api: 'Produce', client: 'a' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
  ],
  *play(stage) {
    const producer = yield* stage.initialised('a')
    const first = stage.begin(producer, [0])
    yield* first.send(0)
    stage.spawn(producer.end(true))
    yield* stage.fired('late-commit')
    producer.raw.disconnect()
    yield* first.commit()

    const second = stage.begin(producer, [0, 1])
    yield* second.send(0)
    const late = yield* stage.release('late-commit')
    if (late === 'NO_ANSWER') throw new CannotPlay('the late EndTxn was not answered')
    const due = ['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH', 'INVALID_TXN_STATE'] as const
    stage.expect(late, due, { what: 'an EndTxn of the transaction before', anomaly: 'zombie-write' })
    yield* second.send(1)
    yield* second.abort()
  },
}
