/**
 * Redpanda #3039: the acknowledgement of a batch is lost, and the batch sent again. It is there already: its offset is the
 * answer, and anything else makes producers write it twice.
 */
import type { Race } from '../race.ts'

export const droppedProduceAck: Race = {
  name: 'dropped-produce-ack',
  describes: 'The acknowledgement of a batch is lost, and the producer sends the batch again.',
  cases: ['Redpanda #3039'],
  expects: {
    1: 'the offset of the first copy is answered, and nothing appended',
    2: 'the offset of the first copy is answered, and nothing appended',
  },
  partitions: 1,
  rules: () => [{ name: 'lost-ack', match: { api: 'Produce', client: 'a', of: 'answer', error: 'NONE' }, act: { do: 'drop' } }],
  interleaving: () => [
    { did: 'dropped', rule: 'lost-ack' },
    { did: 'forwarded', api: 'Produce', client: 'a' },
    { did: 'answered', api: 'Produce', client: 'a' },
  ],
  *play(stage) {
    const producer = yield* stage.initialised('a')
    const transaction = stage.begin(producer, [0, 0])
    yield* stage.well('AddPartitionsToTxn', () => transaction.ask(0))
    stage.spawn(stage.again(() => transaction.produce(0)))
    yield* stage.fired('lost-ack')
    producer.raw.disconnect()
    const end = (yield* stage.fetch(0, 0, 'read_uncommitted')).highWatermark
    const repeated = yield* transaction.produce(0)
    stage.expect(repeated.error, ['NONE'], { what: 'a batch that was there already', anomaly: 'wrong-answer' })
    if (repeated.error === 'NONE' && repeated.offset !== end - 1) {
      stage.convict('duplicate', `a batch at offset ${end - 1} was sent again and answered with offset ${repeated.offset}`)
    }
    yield* transaction.send(1)
    yield* transaction.commit()
  },
}
