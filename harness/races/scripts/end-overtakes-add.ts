/**
 * franz-go #729, librdkafka #4849: an abort overtakes the first AddPartitionsToTxn. There is nothing to abort yet, so it is refused,
 * and the transaction begins behind it: a client that takes it for aborted commits its records with the next.
 */
import type { Race } from '../race.ts'
import type { RaceProducer } from '../race-producer.ts'
import type { RaceTransaction } from '../race-transaction.ts'
import type { Play } from '../play.ts'
import type { Answer, Stage } from '../stage.ts'

export const endOvertakesAdd: Race = {
  name: 'end-overtakes-add',
  describes: 'An abort arrives before the first partition of its transaction was added.',
  cases: ['franz-go #729', 'librdkafka #4849'],
  expects: {
    1: 'the abort is refused with INVALID_TXN_STATE; asked again once the partition is added, it aborts',
    2: 'partitions are not added by clients, so there is nothing to overtake',
  },
  versions: [1],
  partitions: 1,
  rules: () => [{ name: 'held-add', match: { api: 'AddPartitionsToTxn', client: 'a' }, act: { do: 'hold' } }],
  interleaving: () => [
    { did: 'held', rule: 'held-add' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
    { did: 'answered', api: 'AddPartitionsToTxn', client: 'a' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
  ],
  *play(stage) {
    const { producer, transaction } = yield* overtaken(stage)
    yield* transaction.abort()
    yield* stage.completed(producer)
    yield* next(stage, producer)
  },
  wrongClient: {
    describes: 'takes the refused abort for one',
    anomalies: ['G1a'],
    *play(stage) {
      const { producer, transaction, answer } = yield* overtaken(stage)
      yield* stage.well('Produce', () => transaction.produce(0))
      transaction.takenForAborted(answer)
      yield* next(stage, producer)
    },
  },
}

interface Overtaken {
  readonly producer: RaceProducer
  readonly transaction: RaceTransaction
  readonly answer: Answer
}

function* overtaken(stage: Stage): Play<Overtaken> {
  const producer = yield* stage.initialised('a')
  const transaction = stage.begin(producer, [0])
  let added = false
  stage.spawn((function* () {
    added = (yield* transaction.ask(0)).error === 'NONE'
  })())
  yield* stage.fired('held-add')
  const early = yield* producer.end(false, { connection: 'second' })
  stage.expect(early.error, ['INVALID_TXN_STATE'], { what: 'an abort without a transaction', anomaly: 'wrong-answer' })
  stage.resume('held-add')
  yield* stage.until('the answer to AddPartitionsToTxn', () => added)
  return { producer, transaction, answer: early.error }
}

function* next(stage: Stage, producer: RaceProducer): Play {
  const transaction = stage.begin(producer, [0])
  yield* transaction.send(0)
  yield* transaction.commit()
}
