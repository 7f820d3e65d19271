/** KAFKA-14034: of two batches under way the second is refused for good. The first keeps its identity until it is known what became of it. */
import { interleavingInFlight, resolved, rulesInFlight, sentAnew, twoInFlight } from '../in-flight.ts'
import type { Race } from '../race.ts'

const refusal = 'INVALID_RECORD'

export const sequenceResetInFlight: Race = {
  name: 'sequence-reset-in-flight',
  describes: 'The acknowledgement of one batch is lost, and the next is refused for good, with an idempotent producer.',
  cases: ['KAFKA-14034'],
  expects: {
    1: 'the first batch, sent again, is answered with its offset, and the sequence goes on',
    2: 'the first batch, sent again, is answered with its offset, and the sequence goes on',
  },
  partitions: 1,
  rules: () => rulesInFlight(refusal),
  interleaving: () => interleavingInFlight,
  *play(stage) {
    const flight = yield* twoInFlight(stage)
    flight.second.op.refused(refusal)
    yield* resolved(stage, flight)
    const next = stage.beginSend(flight.producer, 0)
    yield* stage.well('Produce', () => next.produce(0, { isTransactional: false, baseSequence: 1 }))
    next.op.committed()
  },
  wrongClient: {
    describes: 'takes a new epoch with the first batch still open, and sends that one anew',
    anomalies: ['duplicate'],
    *play(stage) {
      yield* sentAnew(stage, yield* twoInFlight(stage), 'first')
    },
  },
}
