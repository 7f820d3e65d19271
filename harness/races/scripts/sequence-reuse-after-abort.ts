/**
 * Redpanda #5026: a batch is applied, and its producer told an error. It aborts, takes its next epoch, and uses the same sequence
 * for other records: they are no duplicate of what was aborted, and must be appended.
 */
import type { Race } from '../race.ts'

export const sequenceReuseAfterAbort: Race = {
  name: 'sequence-reuse-after-abort',
  describes: 'After an abort the next transaction uses the sequence of an aborted batch for other records.',
  cases: ['Redpanda #5026'],
  expects: {
    1: 'in the epoch that the producer asked for after the abort, the batch is new, and is appended',
    2: 'in the epoch that the abort gave, the batch is new, and is appended',
  },
  partitions: 1,
  rules: () => [{ name: 'told-an-error', match: { api: 'Produce', client: 'a', of: 'answer', error: 'NONE' }, act: { do: 'answer', error: 'REQUEST_TIMED_OUT' } }],
  interleaving: () => [
    { did: 'replaced', rule: 'told-an-error' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
    { did: 'answered', api: 'Produce', client: 'a' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
  ],
  *play(stage) {
    const producer = yield* stage.initialised('a')
    const first = stage.begin(producer, [0])
    yield* stage.well('AddPartitionsToTxn', () => first.ask(0))
    yield* first.produce(0)
    yield* stage.fired('told-an-error')
    yield* first.abort()
    if (stage.version === 1) yield* stage.well('InitProducerId', () => producer.init(producer.identity))
    yield* stage.completed(producer)
    const end = (yield* stage.fetch(0, 0, 'read_uncommitted')).highWatermark
    const second = stage.begin(producer, [0])
    const { offset } = yield* second.send(0)
    if (offset < end) stage.convict('lost-write', `a new batch was acknowledged at offset ${offset}, where an aborted one had been`)
    yield* second.commit()
  },
}
