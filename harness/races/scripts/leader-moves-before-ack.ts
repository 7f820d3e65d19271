/**
 * KAFKA-13574: a leader appends, and is gone before it answers. The record survives, so whatever the producer is told (mostly
 * NOT_LEADER_OR_FOLLOWER, or nothing) is no promise that it does not; asked again, the next leader must know it.
 */
import type { Race } from '../race.ts'

export const leaderMovesBeforeAck: Race = {
  name: 'leader-moves-before-ack',
  describes: 'A leader dies after it appended a batch and before its producer hears of it; the batch is sent to the next one.',
  cases: ['KAFKA-13574', 'Redpanda #3039'],
  expects: {
    1: 'the next leader answers with the offset of the first copy',
    2: 'the next leader answers with the offset of the first copy',
  },
  needsOurCluster: true,
  partitions: 1,
  rules: () => [{ name: 'lost-ack', match: { api: 'Produce', client: 'a', of: 'answer', error: 'NONE' }, act: { do: 'drop' } }],
  interleaving: () => [
    { did: 'dropped', rule: 'lost-ack' },
    { did: 'answered', api: 'Produce', client: 'a' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
  ],
  *play(stage) {
    const producer = yield* stage.initialised('a')
    const transaction = stage.begin(producer, [0, 0])
    yield* stage.well('AddPartitionsToTxn', () => transaction.ask(0))
    stage.spawn(stage.again(() => transaction.produce(0)))
    yield* stage.fired('lost-ack')
    producer.raw.disconnect()
    const end = (yield* stage.fetch(0, 0, 'read_uncommitted')).highWatermark
    const leader = yield* stage.leaderOf(0)
    yield* stage.kill(leader)
    yield* stage.movedFrom(leader, () => stage.leaderOf(0))
    const repeated = yield* stage.again(() => transaction.produce(0))
    stage.expect(repeated.error, ['NONE'], { what: 'a batch that was there already', anomaly: 'wrong-answer' })
    if (repeated.error === 'NONE' && repeated.offset !== end - 1) {
      stage.convict('duplicate', `a batch at offset ${end - 1} was sent again and answered with offset ${repeated.offset}`)
    }
    yield* transaction.send(1)
    yield* transaction.commit()
    yield* stage.start(leader)
  },
}
