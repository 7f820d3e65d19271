/** Redpanda #3501, #21340: the answer to an EndTxn is lost, and it is asked again. It was done: whoever is told otherwise takes a commit for an abort. */
import type { Race } from '../race.ts'
import type { Stage } from '../stage.ts'
import type { Play } from '../play.ts'

export const lostEndAck: Race = {
  name: 'lost-end-ack',
  describes: 'The answer to an EndTxn is lost, and the producer asks again: once for a commit, once for an abort.',
  cases: ['Redpanda #3501', 'Redpanda #21340'],
  expects: {
    1: 'the same end again is answered without an error',
    2: 'the same end again, with the epoch before, is answered without an error and with the epoch to go on with',
  },
  partitions: 1,
  rules: () => [
    { name: 'lost-commit', match: { api: 'EndTxn', client: 'a' }, act: { do: 'cut' } },
    { name: 'lost-abort', match: { api: 'EndTxn', client: 'b' }, act: { do: 'cut' } },
  ],
  interleaving: () => [
    { did: 'cut', rule: 'lost-commit' },
    { did: 'answered', api: 'EndTxn', client: 'a' },
    { did: 'cut', rule: 'lost-abort' },
    { did: 'answered', api: 'EndTxn', client: 'b' },
  ],
  *play(stage) {
    yield* endTwice(stage, 'a', true)
    yield* endTwice(stage, 'b', false)
  },
}

function* endTwice(stage: Stage, name: string, committed: boolean): Play {
  const producer = yield* stage.initialised(name)
  const transaction = stage.begin(producer, [0])
  yield* transaction.send(0)
  yield* producer.end(committed)
  const again = yield* stage.again(() => producer.end(committed))
  transaction.endedWith(again.error, committed)
  stage.expect(again.error, ['NONE'], { what: `EndTxn(${committed ? 'commit' : 'abort'}), asked again,`, anomaly: 'wrong-answer' })
  if (again.error !== 'NONE') return
  const next = stage.begin(producer, [0])
  yield* next.send(0)
  yield* next.commit()
}
