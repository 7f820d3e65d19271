/**
 * Redpanda #18852, #6630, #13364: what plain requests are told around an abort. Readers of all records are told of no aborted ones
 * and get them all; a marker takes exactly one offset.
 */
import type { Race } from '../race.ts'

export const abortedAsTold: Race = {
  name: 'aborted-as-told',
  describes: 'Readers of both kinds look at what an abort leaves behind.',
  cases: ['Redpanda #18852', 'Redpanda #6630', 'Redpanda #13364'],
  expects: {
    1: 'read_uncommitted gets the record and no list of aborted transactions, read_committed the list; the marker takes one offset',
    2: 'read_uncommitted gets the record and no list of aborted transactions, read_committed the list; the marker takes one offset',
  },
  partitions: 1,
  rules: () => [],
  interleaving: () => [
    { did: 'answered', api: 'Produce', client: 'a' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
  ],
  *play(stage) {
    const producer = yield* stage.initialised('a')
    const transaction = stage.begin(producer, [0])
    const { offset } = yield* transaction.send(0)
    yield* transaction.abort()
    yield* stage.completed(producer)
    const all = yield* stage.fetch(0, 0, 'read_uncommitted')
    if (!all.values.includes(transaction.value(0))) stage.convict('wrong-answer', 'a reader of all records was not given one that was aborted')
    if ((all.aborted ?? 0) > 0) stage.convict('wrong-answer', 'a reader of all records was told of aborted transactions')
    if (all.highWatermark !== offset + 2) {
      stage.convict('stuck-transaction', `an aborted record at offset ${offset} and its marker end at ${all.highWatermark}, where ${offset + 2} is due`)
    }
    const committed = yield* stage.fetch(0, 0, 'read_committed')
    if (committed.values.length > 0) stage.convict('G1a', 'a reader of committed records was given one that was aborted')
    if (committed.lastStableOffset === committed.highWatermark && committed.aborted !== 1) {
      stage.convict('wrong-answer', `a reader of committed records was told of ${committed.aborted ?? 0} aborted transactions, and there is one`)
    }
  },
}
