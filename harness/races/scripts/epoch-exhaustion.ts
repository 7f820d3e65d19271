/**
 * KAFKA-18660, KAFKA-19367: a producer id has 32767 epochs, and under version 2 every transaction takes one. At the last one comes
 * a new id, also when somebody takes the producer over just then; what that does to epochs twice leaves the producer fenced.
 */
import type { Race } from '../race.ts'
import type { RaceProducer } from '../race-producer.ts'
import type { Stage } from '../stage.ts'
import type { Play } from '../play.ts'

const firstEpoch = 32_764
const transactions = 5

export const epochExhaustion: Race = {
  name: 'epoch-exhaustion',
  describes: 'A producer uses up the epochs of its id, once by itself and once with a transaction open.',
  cases: ['KAFKA-18660', 'KAFKA-19367'],
  expects: {
    1: 'initialising at the last epoch gives a new producer id',
    2: 'the end of a transaction at the last epoch gives a new producer id, and so does taking over',
  },
  simulatedDecisions: { firstEpoch: () => firstEpoch },
  partitions: 1,
  rules: () => [],
  interleaving: () => [
    { did: 'answered', api: 'EndTxn', client: 'a' },
    { did: 'answered', api: 'InitProducerId', client: 'b' },
    { did: 'answered', api: 'InitProducerId', client: 'c' },
  ],
  *play(stage) {
    yield* usesUp(stage, yield* stage.initialised('a'))
    yield* isTakenOver(stage)
  },
}

function* usesUp(stage: Stage, producer: RaceProducer): Play {
  const { producerId } = producer
  for (let i = 0; i < transactions; i++) {
    const transaction = stage.begin(producer, [0])
    yield* transaction.send(0)
    yield* transaction.commit()
    if (stage.version === 1) yield* stage.well('InitProducerId', () => producer.init(producer.identity))
  }
  if (producer.producerId === producerId) stage.convict('wrong-answer', `producer ${producerId} went on beyond its epochs, at ${producer.producerEpoch}`)
}

/** At its last epoch, with a transaction open. */
function* isTakenOver(stage: Stage): Play {
  const before = yield* stage.initialised('b', { id: 'taken' })
  while (before.producerEpoch < firstEpoch + 2) yield* stage.well('InitProducerId', () => before.init(before.identity))
  const open = stage.begin(before, [0])
  yield* open.send(0)
  const after = yield* stage.initialised('c', { id: 'taken' })
  open.op.refused('PRODUCER_FENCED')
  if (after.producerId === before.producerId) stage.convict('wrong-answer', `producer ${after.producerId} was given again, with epoch ${after.producerEpoch}`)
  const next = stage.begin(after, [0])
  yield* next.send(0)
  yield* next.commit()
}
